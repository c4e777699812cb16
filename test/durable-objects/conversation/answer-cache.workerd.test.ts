/** The answer cache in real workerd: who gets an answer that was given before, who does not, and what it costs. Only Meta is played. */
import { env, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { botsOf } from "../../../durable-objects/bot/stub.ts";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Conversation } from "../../../durable-objects/conversation/durable-object.ts";
import { conversationsOf, showConversation } from "../../../durable-objects/conversation/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { Shard } from "../../../durable-objects/shard/durable-object.ts";
import { SHARD_COUNT } from "../../../durable-objects/shard/stub.ts";
import { utf8 } from "../../../src/core/bytes.ts";
import type { Commit } from "../../../src/core/commit.ts";
import { TURN_CONTENT_TYPE, type Turn } from "../../../src/core/turn.ts";
import { commitOf } from "../../support/conversation.ts";

const edge = env as unknown as Env;
const { origin } = inject("answering");
const ACCOUNT = "whatsapp:sales";
const GRAPH = "https://graph.test/";
const HOUR_MS = 3_600_000;

let asked: string[] = [];
let told: string[] = [];
let lines: Readonly<Record<string, unknown>>[] = [];
/** Time only goes on: the bot keeps a pace over all tests. */
let laterMs = 0;
let sent = 0;
let serial = 0;
let users = 0;
let configNumber = 0;

/** The gateway says what it was told, over a real connection. */
beforeEach(() => {
  [asked, told, lines] = [[], [], []];
  serial += 1;
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    const body = await new Response(init?.body as BodyInit).text();
    if (!url.startsWith(GRAPH)) {
      asked.push(JSON.parse(body).messages[0].content);
      return real(input as RequestInfo, init as RequestInit);
    }
    const text = JSON.parse(body).text?.body;
    if (text !== undefined) told.push(text);
    sent += 1;
    return Response.json({ messages: [{ id: `wamid.${sent}` }] });
  });
  const realNow = Date.now.bind(Date);
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + laterMs);
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(JSON.parse(line)));
});

afterEach(() => vi.restoreAllMocks());

async function push(pool: object, path = "/picky"): Promise<void> {
  const secrets = { app: "TG_SECRET", verify: "TG_SECRET", token: "TG_TOKEN" };
  const document = {
    accounts: { [ACCOUNT]: { pool: `sales-${serial}`, phoneNumberId: "1", secrets } },
    instances: { [`us-${serial}`]: { url: `${origin}${path}` } },
    pools: { [`sales-${serial}`]: { instances: [`us-${serial}`], agent: "sales-public", ...pool } },
  };
  const pushed = await configOf(edge).push(JSON.stringify(document));
  if (pushed.status !== "accepted") throw new Error(JSON.stringify(pushed));
  configNumber = pushed.number;
}

const refOf = (user: string) => ({ key: `${ACCOUNT}/chat/${user}` });
const conversationOf = (user: string): DurableObjectStub<Conversation> => objectOf(edge, edge.CONVERSATION, refOf(user).key);

async function say(user: string, text: string, more: Partial<Turn> = {}, bent: Partial<Commit> = {}): Promise<void> {
  const { messageId, key } = commitOf();
  const body = utf8(JSON.stringify({ text, media: [], messageId, ...more }));
  const named = {
    ref: refOf(user),
    account: ACCOUNT,
    pool: `sales-${serial}`,
    chat: { id: user, kind: "direct" } as const,
    senderId: user,
  };
  const facts = { key: `${ACCOUNT}/${key}`, messageId, arrivedAtMs: Date.now(), configNumber, body, contentType: TURN_CONTENT_TYPE };
  await conversationsOf(edge).commit(commitOf({ ...named, ...facts, ...bent }));
}

const messagesOf = async (user: string) => (await showConversation(edge, refOf(user), 20)).messages;

/** Says it, and waits until the person has the answer. */
async function exchange(user: string, text: string, more: Partial<Turn> = {}, bent: Partial<Commit> = {}): Promise<void> {
  laterMs += 7000;
  const before = told.length;
  await say(user, text, more, bent);
  await expect.poll(() => told.length - before, { interval: 5 }).toBe(1);
  await botsOf(edge).statuses(ACCOUNT, [{ messageId: `wamid.${sent}`, status: "delivered" }]);
  await expect.poll(async () => (await messagesOf(user)).map(({ state }) => state), { interval: 5 }).not.toContain("replying");
}

const someone = (): string => {
  users += 1;
  return `US.${users}`;
};

const shards = Array.from({ length: SHARD_COUNT }, (_, index) => objectOf(edge, edge.SHARD, `shard-${index}`));

/** What is kept of this test's pool, over all shards. */
const kept = async (): Promise<readonly string[]> => {
  const query = "SELECT text FROM answers WHERE pool = ?";
  const rows = shards.map((shard) =>
    runInDurableObject(shard, (_, state) => state.storage.sql.exec<{ text: string }>(query, `sales-${serial}`).toArray()),
  );
  return (await Promise.all(rows)).flat().map(({ text }) => text);
};

/** Of every shard: looks, and answers to keep. */
function cacheRequests(): () => readonly number[] {
  const [looks, words] = [vi.spyOn(Shard.prototype, "answer"), vi.spyOn(Shard.prototype, "keepAnswer")];
  const before = [looks.mock.calls.length, words.mock.calls.length] as const;
  return () => [looks.mock.calls.length - before[0], words.mock.calls.length - before[1]];
}

describe("an answer that was given before", () => {
  it("is given again to whoever begins with the same words, and no gateway is asked", async () => {
    await push({ answerCache: {} });
    const [anna, ben] = [someone(), someone()];
    await exchange(anna, "What are your opening hours?");
    await expect.poll(kept).toEqual(["What are your opening hours?"]);
    await exchange(ben, "  what are your OPENING hours!! ");
    expect(asked).toEqual(["What are your opening hours?"]);
    expect(told).toEqual(["What are your opening hours?", "What are your opening hours?"]);
    expect(await messagesOf(ben)).toMatchObject([{ state: "answered", outcome: "cached: delivered", instance: null, attempts: 0 }]);
    expect(lines.filter(({ event }) => event === "message.settled").map(({ outcome }) => outcome)).toEqual([
      "delivered",
      "cached: delivered",
    ]);
  });

  it("counts, and so does one that was not there", async () => {
    await push({ answerCache: {} });
    const people = [someone(), someone(), someone()];
    for (const person of people) {
      await exchange(person, "Where are you?");
      await expect.poll(kept).toHaveLength(1);
    }
    for (const person of people) await runDurableObjectAlarm(conversationOf(person));
    const counts = await Promise.all(shards.map(async (shard) => (await shard.read(Date.now())).delta));
    const of = (result: string): number =>
      counts.reduce((sum, delta) => sum + (delta[`clawedge_answer_cache_total{pool="sales-${serial}",result="${result}"}`] ?? 0), 0);
    expect([of("hit"), of("miss")]).toEqual([2, 1]);
  });

  it("is not known to the agent that gets the next message, unless the pool hands over what was said", async () => {
    await push({ answerCache: {}, handover: { key: "HANDOVER_KEY" } });
    const ben = someone();
    await exchange(someone(), "Where are you?");
    await expect.poll(kept).toHaveLength(1);
    await exchange(ben, "where are you");
    expect(asked).toHaveLength(1);
    await exchange(ben, "And on Sundays?");
    expect(asked).toHaveLength(3);
    expect(asked[1]?.split("\n").slice(1, -1)).toEqual(['They: "where are you"', 'You: "Where are you?"']);
    expect(asked[2]).toBe("And on Sundays?");
  });
});

describe("an agent is asked", () => {
  /** After this, Anna's answer would be given to whoever asks the same of the same pool. */
  async function begin(pool: object = {}): Promise<void> {
    await push({ answerCache: {}, ...pool });
    await exchange(someone(), "Where are you?");
    await expect.poll(kept).toHaveLength(1);
    asked = [];
  }

  it("by a second message", async () => {
    await begin();
    const ben = someone();
    await exchange(ben, "Hello");
    await exchange(ben, "Where are you?");
    expect(asked).toEqual(["Hello", "Where are you?"]);
  });

  it.each<readonly [string, Partial<Turn>, Partial<Commit>]>([
    ["in another language", { language: "de" }, {}],
    ["in a group", {}, { chat: { id: "-1", kind: "group" } }],
    ["with a picture", { media: [{ id: "1", kind: "sticker", mimeType: "image/webp" }] }, {}],
  ])("%s", async (_, more, bent) => {
    await begin();
    await exchange(someone(), "Where are you?", more, bent);
    expect(asked).toHaveLength(1);
  });

  it.each<readonly [string, object]>([
    ["of another version", { answerCache: { version: "2" } }],
    ["where another agent answers now", { agent: "sales-deep" }],
    ["where nothing is kept any more", { answerCache: undefined }],
  ])("%s", async (_, pool) => {
    await begin();
    await push({ answerCache: {}, ...pool });
    await exchange(someone(), "Where are you?");
    expect(asked).toEqual(["Where are you?"]);
  });

  it("once the answer is too old", async () => {
    await begin({ answerCache: { maxAgeMs: HOUR_MS } });
    laterMs += HOUR_MS;
    await exchange(someone(), "Where are you?");
    expect(asked).toEqual(["Where are you?"]);
  });

  it("while the cache cannot be asked", async () => {
    await begin();
    const broken = vi.spyOn(edge.SHARD, "get").mockImplementation(() => {
      throw new Error("no shard");
    });
    await exchange(someone(), "Where are you?");
    broken.mockRestore();
    expect(asked).toEqual(["Where are you?"]);
  });
});

describe("an answer is not kept", () => {
  it.each<readonly [string, string, Partial<Turn>]>([
    ["that names the person", "Dear Anna-Lena", { senderName: "Anna Müller" }],
    ["that names their number", "Call +1 US.491 701 234-567", {}],
    ["to a story", "and then ".repeat(40), {}],
  ])("%s", async (_, text, more) => {
    await push({ answerCache: {} });
    await exchange(text.includes("491") ? "491701234567" : someone(), text, more);
    await exchange(someone(), "Where are you?");
    await expect.poll(kept).toEqual(["Where are you?"]);
  });

  it("that ended for want of room", async () => {
    await push({ answerCache: {} }, "/chat/length");
    await exchange(someone(), "Tell me everything");
    await push({ answerCache: {} });
    await exchange(someone(), "Where are you?");
    await expect.poll(kept).toEqual(["Where are you?"]);
  });

  it("where the pool does not ask for it: no shard is asked", async () => {
    await push({});
    const requests = cacheRequests();
    await exchange(someone(), "Where are you?");
    expect(requests()).toEqual([0, 0]);
  });
});

it("the cache costs a first message a look and, once it is answered, a word to a shard; a second one nothing", async () => {
  const written = (user: string) => runInDurableObject(conversationOf(user), (object) => object.storage.rowsWritten);
  const costOf = async (user: string, text: string) => {
    const requests = cacheRequests();
    const before = await written(user);
    await exchange(user, text);
    return { rows: (await written(user)) - before, requests: requests() };
  };
  await push({});
  const anna = someone();
  const first = await costOf(anna, "Where are you?");
  const second = await costOf(anna, "And on Sundays?");
  await push({ answerCache: {} });
  const ben = someone();
  expect(await costOf(ben, "Where are you?")).toEqual({ ...first, requests: [1, 1] });
  expect(await costOf(ben, "And on Sundays?")).toEqual(second);
});
