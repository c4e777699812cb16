/** What a message costs whose answer the edge itself brings back: every request and row of both objects, counted. Only Meta is played. */
import { env, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, inject, it, vi } from "vitest";
import type { Bot } from "../../../durable-objects/bot/durable-object.ts";
import { botsOf } from "../../../durable-objects/bot/stub.ts";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Conversation } from "../../../durable-objects/conversation/durable-object.ts";
import { conversationsOf, showConversation } from "../../../durable-objects/conversation/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { utf8 } from "../../../src/core/bytes.ts";
import { TURN_CONTENT_TYPE, type Turn } from "../../../src/core/turn.ts";
import { commitOf } from "../../support/conversation.ts";

const edge = env as unknown as Env;
const { origin } = inject("answering");
const ACCOUNT = "whatsapp:sales";
const ref = { key: `${ACCOUNT}/chat/US.1` };
const GRAPH = "https://graph.test/";
const MESSAGES = 100;

let sent = 0;

beforeEach(async () => {
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => {
    if (!String(input instanceof Request ? input.url : input).startsWith(GRAPH)) return real(input as RequestInfo, init as RequestInit);
    sent += 1;
    return Promise.resolve(Response.json({ messages: [{ id: `wamid.${sent}` }] }));
  });
  const realNow = Date.now.bind(Date);
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + laterMs);
  const document = {
    accounts: {
      [ACCOUNT]: { pool: "sales", phoneNumberId: "1", secrets: { app: "TG_SECRET", verify: "TG_SECRET", token: "TG_TOKEN" } },
    },
    instances: { "us-1": { url: `${origin}/chat/whole` } },
    pools: { sales: { instances: ["us-1"], agent: "sales-public" } },
  };
  expect((await configOf(edge).push(JSON.stringify(document))).status).toBe("accepted");
});

afterEach(() => vi.restoreAllMocks());

const conversation: DurableObjectStub<Conversation> = objectOf(edge, edge.CONVERSATION, ref.key);
const bot: DurableObjectStub<Bot> = objectOf(edge, edge.BOT, ACCOUNT);

async function say(): Promise<void> {
  const { messageId, key } = commitOf();
  const turn: Turn = { text: "hello", media: [], messageId };
  const body = utf8(JSON.stringify(turn));
  const bent = { ref, account: ACCOUNT, pool: "sales", chat: { id: "US.1", kind: "direct" }, key: `${ACCOUNT}/${key}` } as const;
  const arrivedAtMs = Date.now();
  await conversationsOf(edge).commit(commitOf({ ...bent, messageId, arrivedAtMs, body, contentType: TURN_CONTENT_TYPE }));
}

const states = async () => (await showConversation(edge, ref, 200)).messages.map(({ state }) => state);
const answered = async (): Promise<number> => (await states()).filter((state) => state === "answered").length;

/** Time goes on between messages, so that WhatsApp's pace for one person is kept. */
let laterMs = 0;

function passTime(ms: number): void {
  laterMs += ms;
}

/** WhatsApp says that it arrived. Statuses are not part of the budget: the request is taken off again. */
const tellDelivered = () => botsOf(edge).statuses(ACCOUNT, [{ messageId: `wamid.${sent}`, status: "delivered" }]);

const cost = async () => {
  const of = await runInDurableObject(conversation, (object) => ({
    rows: object.storage.rowsWritten + object.clock.rows,
    requests: object.requests,
  }));
  const its = await runInDurableObject(bot, (object) => ({
    rows: object.storage.rowsWritten + object.rows.rowsWritten + object.clock.rows,
    requests: object.requests,
  }));
  return { rows: of.rows + its.rows, requests: of.requests + its.requests };
};

it("a message with its reply costs at most 5 object requests and 9 rows", async () => {
  const exchange = async (index: number): Promise<void> => {
    passTime(7_000);
    const before = sent;
    await say();
    // The read mark, then the answer.
    await expect.poll(() => sent - before, { interval: 2 }).toBe(2);
    await tellDelivered();
    await expect.poll(answered, { interval: 2 }).toBe(index);
  };
  await exchange(1);
  const before = await cost();
  for (let index = 2; index <= MESSAGES + 1; index += 1) await exchange(index);
  await runDurableObjectAlarm(conversation);
  await runDurableObjectAlarm(bot);
  const after = await cost();
  const flushes = 1;
  const requests = after.requests - before.requests - MESSAGES + flushes;
  const each = { requests: requests / MESSAGES, rows: (after.rows - before.rows) / MESSAGES };
  console.log(`a message with its reply: ${JSON.stringify(each)}`);
  expect(each.requests).toBeLessThanOrEqual(5);
  expect(each.rows).toBeLessThanOrEqual(9);
});
