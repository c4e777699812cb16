/** A pool that asks for repeats gets them, and each is counted: over `/v1` nobody but this counter can tell. Only Meta and one silence are played. */
import { env, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, expect, inject, it, vi } from "vitest";
import { configOf } from "../../../durable-objects/config/stub.ts";
import { conversationsOf, showConversation } from "../../../durable-objects/conversation/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { readShards } from "../../../durable-objects/shard/stub.ts";
import { utf8 } from "../../../src/core/bytes.ts";
import { TURN_CONTENT_TYPE } from "../../../src/core/turn.ts";
import { commitOf } from "../../support/conversation.ts";

const edge = env as unknown as Env;
const { origin } = inject("answering");
const ACCOUNT = "whatsapp:sales";
const ref = { key: `${ACCOUNT}/chat/US.1` };
/** Turns that the agent was asked for; the first is never answered. */
let asked = 0;

beforeEach(async () => {
  const real = globalThis.fetch;
  const silence = (signal: AbortSignal | null | undefined) =>
    new Promise<Response>((_resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    if (url.startsWith("https://graph.test/")) return Promise.resolve(Response.json({ messages: [{ id: "wamid.1" }] }));
    if (url.includes("/v1/")) asked += 1;
    return url.includes("/v1/") && asked === 1 ? silence(init?.signal) : real(input as RequestInfo, init as RequestInit);
  });
  const document = {
    accounts: {
      [ACCOUNT]: { pool: "sales", phoneNumberId: "1", secrets: { app: "TG_SECRET", verify: "TG_SECRET", token: "TG_TOKEN" } },
    },
    instances: { "us-1": { url: `${origin}/chat/whole` } },
    pools: { sales: { instances: ["us-1"], agent: "sales-public", failover: { ambiguous: "resend", attemptMs: 500 } } },
  };
  expect((await configOf(edge).push(JSON.stringify(document))).status).toBe("accepted");
});

afterEach(() => vi.restoreAllMocks());

it("a turn that may have been run and is asked for again counts as one repeat", async () => {
  const body = utf8(JSON.stringify({ text: "hello", media: [], messageId: "wamid.u1" }));
  const turn = { body, contentType: TURN_CONTENT_TYPE, chat: { id: "US.1", kind: "direct" }, arrivedAtMs: Date.now() } as const;
  await conversationsOf(edge).commit(commitOf({ ref, account: ACCOUNT, pool: "sales", key: `${ACCOUNT}/u1`, ...turn }));
  const states = async () => (await showConversation(edge, ref, 9)).messages.map(({ state }) => state);
  await expect.poll(states).toEqual(["replying"]);
  expect(asked).toBe(2);

  await conversationsOf(edge).replied(ref, 1, { state: "answered", outcome: "sent", parts: 1, repeats: 0 });
  const counted = async () => {
    await runDurableObjectAlarm(objectOf(edge, edge.CONVERSATION, ref.key));
    return Object.entries((await readShards(edge, [])).delta).filter(([series]) => series.startsWith("clawedge_repeats_total"));
  };
  await expect.poll(counted).toEqual([['clawedge_repeats_total{instance="us-1"}', 1]]);
});
