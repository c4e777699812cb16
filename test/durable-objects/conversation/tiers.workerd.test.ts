/** Tiers in real workerd: which agent a gateway is asked for, in which session, and that the tables know it. */
import { env, evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, inject, it, vi } from "vitest";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Conversation } from "../../../durable-objects/conversation/durable-object.ts";
import { conversationsOf, showConversation } from "../../../durable-objects/conversation/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { utf8 } from "../../../src/core/bytes.ts";
import { TURN_CONTENT_TYPE } from "../../../src/core/turn.ts";
import { commitOf } from "../../support/conversation.ts";

const edge = env as unknown as Env;
const { origin } = inject("answering");
const ACCOUNT = "whatsapp:sales";
const GRAPH = "https://graph.test/";

let asked: string[] = [];
let serial = 0;
let sent = 0;

beforeEach(async () => {
  asked = [];
  serial += 1;
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    if (url.startsWith(GRAPH)) {
      sent += 1;
      return Response.json({ messages: [{ id: `wamid.${sent}` }] });
    }
    const { model } = JSON.parse(await new Response(init?.body as BodyInit).text());
    asked.push(`${model} ${new Headers(init?.headers).get("x-openclaw-session-key")?.split(":")[1]}`);
    return real(input as RequestInfo, init as RequestInit);
  });
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  const document = {
    accounts: {
      [ACCOUNT]: { pool: "sales", phoneNumberId: "1", secrets: { app: "TG_SECRET", verify: "TG_SECRET", token: "TG_TOKEN" } },
    },
    instances: { [`us-${serial}`]: { url: `${origin}/chat/whole` } },
    pools: { sales: { instances: [`us-${serial}`], agent: "sales-public", tiers: { complex: "sales-deep" } } },
  };
  expect((await configOf(edge).push(JSON.stringify(document))).status).toBe("accepted");
});

afterEach(() => vi.restoreAllMocks());

async function exchange(user: string, isComplex?: true): Promise<void> {
  const ref = { key: `${ACCOUNT}/chat/${user}` };
  const { messageId, key } = commitOf();
  const body = utf8(JSON.stringify({ text: "hello", media: [], messageId }));
  const chat = { id: user, kind: "direct" } as const;
  const bent = { ref, account: ACCOUNT, pool: "sales", chat, key: `${ACCOUNT}/${key}`, messageId, arrivedAtMs: Date.now() };
  const commit = { ...bent, body, contentType: TURN_CONTENT_TYPE, ...(isComplex === undefined ? {} : { isComplex }) };
  await conversationsOf(edge).commit(commitOf(commit));
  const states = async () => (await showConversation(edge, ref, 200)).messages.map(({ state }) => state);
  await expect.poll(states, { interval: 5 }).not.toContain("waiting");
}

it("a conversation goes to the complex agent, in a session of that agent, and stays there when its object is gone meanwhile", async () => {
  await exchange("US.1");
  await exchange("US.1", true);
  await evictDurableObject(objectOf(edge, edge.CONVERSATION, `${ACCOUNT}/chat/US.1`) satisfies DurableObjectStub<Conversation>);
  await exchange("US.1");
  expect(asked).toEqual(["openclaw/sales-public sales-public", "openclaw/sales-deep sales-deep", "openclaw/sales-deep sales-deep"]);
});
