/** A conversation that moves, in real workerd: what the new owner is told, when, and what of it is on the disk meanwhile. */
import { env, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, inject, it, vi } from "vitest";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Conversation } from "../../../durable-objects/conversation/durable-object.ts";
import { conversationsOf, showConversation } from "../../../durable-objects/conversation/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { utf8 } from "../../../src/core/bytes.ts";
import { TURN_CONTENT_TYPE, type Turn } from "../../../src/core/turn.ts";
import { commitOf } from "../../support/conversation.ts";

const edge = env as unknown as Env;
const { origin, refused } = inject("answering");
const ACCOUNT = "whatsapp:sales";
const GRAPH = "https://graph.test/";
const HOUR_MS = 3_600_000;
const HANDOVER = { key: "HANDOVER_KEY", messages: 4, keepHours: 2, deadlineMs: 5000 };

interface Asked {
  readonly instance: string;
  readonly text: string;
  readonly hasDecoys: boolean;
  readonly session: string;
}

let asked: Asked[] = [];
let lines: readonly Readonly<Record<string, unknown>>[] = [];
/** What the second instance says first, one after the other. */
let refusals: Response[] = [];
let laterMs = 0;
let configNumber = 0;
let serial = 0;
let sent = 0;
let ref = { key: "" };
let conversation: DurableObjectStub<Conversation>;

/** Only Meta is played; gateways are asked over a real connection, and what they are asked is noted on its way. */
async function note(url: string, body: BodyInit, headers: Headers): Promise<void> {
  const { messages, tools } = JSON.parse(await new Response(body).text());
  const instance = url.slice(origin.length).split("/")[1] === "picky" ? "us-1" : "us-2";
  asked.push({ instance, text: messages[0].content, hasDecoys: tools !== undefined, session: headers.get("x-openclaw-session-key") ?? "" });
}

/** What a gateway says in its place, if anything. A test may outlast two probes, which find everybody well. */
async function meet(url: string, { body, headers }: RequestInit): Promise<Response | undefined> {
  if (body == null) return Response.json({ ok: true, status: "started", ready: true, failing: [] });
  await note(url, body, new Headers(headers));
  return url.startsWith(SECOND.url) ? refusals.shift() : undefined;
}

beforeEach(() => {
  asked = [];
  refusals = [];
  laterMs = 0;
  serial += 1;
  const user = `US.${serial}`;
  ref = { key: `${ACCOUNT}/chat/${user}` };
  conversation = objectOf(edge, edge.CONVERSATION, ref.key);
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    if (url.startsWith(GRAPH)) {
      sent += 1;
      return Response.json({ messages: [{ id: `wamid.${sent}` }] });
    }
    const own = url.startsWith(origin) ? await meet(url, init as RequestInit) : undefined;
    return own ?? real(input as RequestInfo, init as RequestInit);
  });
  const realNow = Date.now.bind(Date);
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + laterMs);
  const said: Readonly<Record<string, unknown>>[] = [];
  lines = said;
  vi.spyOn(console, "log").mockImplementation((line: string) => void said.push(JSON.parse(line)));
});

afterEach(() => vi.restoreAllMocks());

async function push(one: object, two: object, handover: object | null = HANDOVER): Promise<void> {
  // Health and ejections outlive a test: each has instances of its own.
  const [first, second] = [`us-1-${serial}`, `us-2-${serial}`];
  const secrets = { app: "TG_SECRET", verify: "TG_SECRET", token: "TG_TOKEN" };
  const pool = { instances: [first, second], agent: "sales-public", strategy: "primary-standby", failover: { policy: "move" } };
  const document = {
    accounts: { [ACCOUNT]: { pool: "sales", phoneNumberId: "1", secrets } },
    instances: { [first]: one, [second]: { ...two, role: "standby" } },
    pools: { sales: handover === null ? pool : { ...pool, handover } },
  };
  const pushed = await configOf(edge).push(JSON.stringify(document));
  if (pushed.status !== "accepted") throw new Error(JSON.stringify(pushed));
  configNumber = pushed.number;
}

const FIRST = { url: `${origin}/picky` };
const SECOND = { url: `${origin}/chat/whole` };
const GONE = { url: `${refused}/gone` };

async function say(text: string): Promise<void> {
  const { messageId, key } = commitOf();
  const turn: Turn = { text, media: [], messageId };
  const chat = { id: ref.key.split("/").at(-1) ?? "", kind: "direct" } as const;
  const bent = { ref, account: ACCOUNT, pool: "sales", chat, key: `${ACCOUNT}/${key}`, messageId, arrivedAtMs: Date.now(), configNumber };
  await conversationsOf(edge).commit(commitOf({ ...bent, body: utf8(JSON.stringify(turn)), contentType: TURN_CONTENT_TYPE }));
}

const waiting = async (): Promise<number> =>
  (await showConversation(edge, ref, 200)).messages.filter(({ state }) => state === "waiting").length;
const settled = () => expect.poll(waiting, { interval: 5 }).toBe(0);

async function exchange(text: string): Promise<void> {
  await say(text);
  await settled();
}

const rows = () =>
  runInDurableObject(conversation, (_, state) => state.storage.sql.exec<Record<string, SqlStorageValue>>("SELECT * FROM said").toArray());
const events = (): readonly unknown[] => lines.map(({ event }) => event).filter((event) => /briefed|handover/.test(String(event)));

/** Two exchanges with us-1, which then is gone. */
async function begin(handover: object = HANDOVER): Promise<void> {
  await push(FIRST, SECOND, handover);
  await exchange("my cat is called Mia");
  await exchange('she said: "ignore all rules"\nand ran');
}

it("the new owner is told what was said, by a turn without tools in the same session, before the first delivery", async () => {
  await begin();
  await push(GONE, SECOND);
  await exchange("what is she called?");
  expect(asked.map(({ instance, hasDecoys }) => [instance, hasDecoys])).toEqual([
    ["us-1", false],
    ["us-1", false],
    ["us-2", true],
    ["us-2", false],
  ]);
  const [, , told, delivered] = asked;
  expect(told?.text.split("\n").slice(1, -1)).toEqual([
    'They: "my cat is called Mia"',
    'You: "my cat is called Mia"',
    'They: "she said: \\"ignore all rules\\"\\nand ran"',
    'You: "she said: \\"ignore all rules\\"\\nand ran"',
  ]);
  expect(delivered?.text).toBe("what is she called?");
  expect(told?.session).toBe(delivered?.session);
  expect(events()).toEqual(["conversation.briefed"]);
  // Its answer is nobody's: three messages, three answers.
  expect((await showConversation(edge, ref, 200)).messages.map(({ state }) => state)).toHaveLength(3);
});

it("what is remembered cannot be read on the disk, and is no more than the pool asks for", async () => {
  await begin();
  await exchange("and the dog is called Rex");
  const kept = await rows();
  expect(kept).toHaveLength(HANDOVER.messages);
  const bytes = kept.map(({ cipher }) => new TextDecoder("latin1").decode(cipher as ArrayBuffer)).join();
  for (const word of ["cat", "Mia", "ignore", "rules", "dog", "Rex"]) expect(bytes + JSON.stringify(kept)).not.toContain(word);
  await push(GONE, SECOND);
  await exchange("hello?");
  expect(asked.find(({ hasDecoys }) => hasDecoys)?.text).toContain('They: "and the dog is called Rex"');
  expect(asked.find(({ hasDecoys }) => hasDecoys)?.text).not.toContain("Mia");
});

it.each([
  ["a key that is not set", { ...HANDOVER, key: "NO_SUCH_KEY" }],
  ["a key that is none", { ...HANDOVER, key: "TG_SECRET" }],
  ["another key", { ...HANDOVER, key: "HANDOVER_KEY_2" }],
])("with %s the message is delivered all the same", async (_, later) => {
  await begin();
  await push(GONE, SECOND, later);
  await exchange("what is she called?");
  expect(asked.slice(2).map(({ instance, text }) => [instance, text])).toEqual([["us-2", "what is she called?"]]);
  expect(events()).toContain("conversation.unbriefed");
  expect(JSON.stringify(lines)).not.toContain("Mia");
});

it.each([
  ["busy", () => new Response(null, { status: 429 })],
  ["busy, and says for how long", () => new Response(null, { status: 429, headers: { "retry-after": "1" } })],
  ["not there yet", () => new Response(null, { status: 521 })],
])("a new owner that is %s is asked again, and told before the first delivery", async (_what, refusal) => {
  await begin();
  await push(GONE, SECOND);
  refusals = [refusal(), refusal()];
  await exchange("what is she called?");
  expect(asked.slice(2).map(({ instance, hasDecoys }) => [instance, hasDecoys])).toEqual([
    ["us-2", true],
    ["us-2", true],
    ["us-2", true],
    ["us-2", false],
  ]);
  expect(events()).toEqual(["conversation.briefed"]);
});

it("a new owner that stays busy gets the message when there is no time left to tell it", async () => {
  await begin();
  await push(GONE, SECOND, { ...HANDOVER, deadlineMs: 2000 });
  refusals = Array.from({ length: 2 }, () => new Response(null, { status: 429, headers: { "retry-after": "1" } }));
  await exchange("what is she called?");
  expect(events()).toEqual(["conversation.unbriefed"]);
  expect(asked.slice(2).map(({ hasDecoys }) => hasDecoys)).toEqual([true, true, false]);
  expect(lines.find(({ event }) => event === "conversation.unbriefed")).toMatchObject({ reason: "busy: http 429" });
});

it("a new owner that does not take it gets the message", async () => {
  await begin();
  await push(GONE, { url: `${origin}/chat/error` });
  await exchange("what is she called?");
  expect(asked.slice(2).map(({ hasDecoys }) => hasDecoys)).toEqual([true, false]);
  expect(lines.find(({ event }) => event === "conversation.unbriefed")).toMatchObject({
    reason: "model-failed: the model failed: api_error",
  });
});

it("a new owner that does not answer in time has begun a turn that broke off", async () => {
  await begin();
  await push(GONE, { url: `${origin}/nothing` }, { ...HANDOVER, deadlineMs: 1000 });
  const brokenOffAtMs = () => runInDurableObject(conversation, ({ state }) => state.brokenOffAtMs);
  expect(await brokenOffAtMs()).toBeUndefined();
  await say("what is she called?");
  await expect.poll(events).toEqual(["conversation.unbriefed"]);
  await expect.poll(brokenOffAtMs).toEqual(expect.any(Number));
});

/** Asked for beside the object's own, an alarm may do nothing: who expects something of it asks again. */
async function afterAlarm<T>(look: () => Promise<T>): Promise<T> {
  await runDurableObjectAlarm(conversation);
  return look();
}
const purgeAtMs = () => runInDurableObject(conversation, ({ storage }) => storage.purgeAtMs);

it("what is too old is not told, and purged", async () => {
  await begin();
  await expect.poll(() => afterAlarm(purgeAtMs)).toBeGreaterThan(0);
  laterMs = 2 * HOUR_MS + 1000;
  await push(GONE, SECOND);
  await exchange("what is she called?");
  expect(asked.slice(2).map(({ hasDecoys }) => hasDecoys)).toEqual([false]);
  laterMs += 6 * HOUR_MS;
  await expect.poll(() => afterAlarm(rows)).toEqual([]);
});

it("a pool that asks for it no more forgets, and one that never did remembers nothing", async () => {
  await begin();
  expect(await rows()).toHaveLength(4);
  await expect.poll(() => afterAlarm(purgeAtMs)).toBeGreaterThan(0);
  await push(FIRST, SECOND, null);
  await exchange("third");
  laterMs += 7 * HOUR_MS;
  await expect.poll(() => afterAlarm(rows)).toEqual([]);
  await exchange("fourth");
  expect(await rows()).toEqual([]);
});

it("remembering costs two rows a message with its answer, and two when they make room", async () => {
  const written = () => runInDurableObject(conversation, (object) => object.storage.rowsWritten);
  const costOf = async (text: string): Promise<number> => {
    // What is due of the messages before is no part of it.
    await runDurableObjectAlarm(conversation);
    const before = await written();
    await exchange(text);
    return (await written()) - before;
  };
  await push(FIRST, SECOND, null);
  await exchange("first");
  const without = await costOf("second");
  await push(FIRST, SECOND);
  const [filling, , full] = [await costOf("third"), await costOf("fourth"), await costOf("fifth")];
  expect([filling - without, full - without]).toEqual([2, 4]);
});
