/** A pool that keeps its answers, with people who write to it, in real workerd: the gateway is a server, and only Meta is played. */
import { env, runInDurableObject } from "cloudflare:test";
import { expect, inject, vi } from "vitest";
import { botsOf } from "../../../durable-objects/bot/stub.ts";
import { setIn } from "../../../durable-objects/config/judge.ts";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Conversation } from "../../../durable-objects/conversation/durable-object.ts";
import { conversationsOf, showConversation } from "../../../durable-objects/conversation/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { SHARD_COUNT } from "../../../durable-objects/shard/stub.ts";
import { train } from "../../../src/classify/intents/train.ts";
import { utf8 } from "../../../src/core/bytes.ts";
import type { Commit } from "../../../src/core/commit.ts";
import { TURN_CONTENT_TYPE, type Turn } from "../../../src/core/turn.ts";
import { commitOf } from "../../support/conversation.ts";

export const edge = env as unknown as Env;
const { origin } = inject("answering");
const ACCOUNT = "whatsapp:sales";
const GRAPH = "https://graph.test/";

/** What the gateway was asked, what people were told, and what was logged. */
export const scene = {
  asked: [] as string[],
  told: [] as string[],
  lines: [] as Readonly<Record<string, unknown>>[],
  /** Time only goes on: the bot keeps a pace over all tests. */
  laterMs: 0,
  sent: 0,
  serial: 0,
};
let users = 0;
let configNumber = 0;

export const poolName = (): string => `sales-${scene.serial}`;

/** The gateway says what it was told, over a real connection. */
export function setScene(): void {
  Object.assign(scene, { asked: [], told: [], lines: [], serial: scene.serial + 1 });
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    const body = await new Response(init?.body as BodyInit).text();
    if (!url.startsWith(GRAPH)) {
      scene.asked.push(JSON.parse(body).messages[0].content);
      return real(input as RequestInfo, init as RequestInit);
    }
    const text = JSON.parse(body).text?.body;
    if (text !== undefined) scene.told.push(text);
    scene.sent += 1;
    return Response.json({ messages: [{ id: `wamid.${scene.sent}` }] });
  });
  const realNow = Date.now.bind(Date);
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + scene.laterMs);
  vi.spyOn(console, "log").mockImplementation((line: string) => void scene.lines.push(JSON.parse(line)));
}

export async function push(
  pool: object,
  { path = "/picky", more = {} }: { readonly path?: string; readonly more?: object } = {},
): Promise<void> {
  const secrets = { app: "TG_SECRET", verify: "TG_SECRET", token: "TG_TOKEN" };
  const document = {
    accounts: { [ACCOUNT]: { pool: poolName(), phoneNumberId: "1", secrets } },
    instances: { [`us-${scene.serial}`]: { url: `${origin}${path}` } },
    pools: { [poolName()]: { instances: [`us-${scene.serial}`], agent: "sales-public", ...pool } },
    ...more,
  };
  const text = JSON.stringify(document);
  const pushed = await configOf(edge).push(text, undefined, "intents" in more ? train(setIn(text)) : undefined);
  if (pushed.status !== "accepted") throw new Error(JSON.stringify(pushed));
  configNumber = pushed.number;
}

/** A push that every object has heard of. */
export async function spread(pool: object): Promise<void> {
  await push(pool);
  await say(someone(), "too late", {}, { expiresAtMs: 1 });
}

const refOf = (user: string) => ({ key: `${ACCOUNT}/chat/${user}` });
export const conversationOf = (user: string): DurableObjectStub<Conversation> => objectOf(edge, edge.CONVERSATION, refOf(user).key);

export async function say(user: string, text: string, more: Partial<Turn> = {}, bent: Partial<Commit> = {}): Promise<void> {
  const { messageId, key } = commitOf();
  const body = utf8(JSON.stringify({ text, media: [], messageId, ...more }));
  const named = {
    ref: refOf(user),
    account: ACCOUNT,
    pool: poolName(),
    chat: { id: user, kind: "direct" } as const,
    senderId: user,
  };
  const facts = { key: `${ACCOUNT}/${key}`, messageId, arrivedAtMs: Date.now(), configNumber, body, contentType: TURN_CONTENT_TYPE };
  await conversationsOf(edge).commit(commitOf({ ...named, ...facts, ...bent }));
}

export const messagesOf = async (user: string) => (await showConversation(edge, refOf(user), 20)).messages;

/** Says it, and waits until the person has the answer. */
export async function exchange(user: string, text: string, more: Partial<Turn> = {}, bent: Partial<Commit> = {}): Promise<void> {
  await ask(user, text, more, bent);
  await have(user);
}

/** Until the answer is sent. */
export async function ask(user: string, text: string, more: Partial<Turn> = {}, bent: Partial<Commit> = {}): Promise<void> {
  scene.laterMs += 7000;
  const before = scene.told.length;
  await say(user, text, more, bent);
  await expect.poll(() => scene.told.length - before, { interval: 5 }).toBe(1);
}

/** The newest that was sent. */
export async function have(user: string): Promise<void> {
  await botsOf(edge).statuses(ACCOUNT, [{ messageId: `wamid.${scene.sent}`, status: "delivered" }]);
  await expect.poll(async () => (await messagesOf(user)).map(({ state }) => state), { interval: 5 }).not.toContain("replying");
}

export const someone = (): string => {
  users += 1;
  return `US.${users}`;
};

const shards = Array.from({ length: SHARD_COUNT }, (_, index) => objectOf(edge, edge.SHARD, `shard-${index}`));

/** What is kept of this test's pool, over all shards. */
async function textsIn(table: "answers" | "near_answers"): Promise<readonly string[]> {
  const query = `SELECT text FROM ${table} WHERE pool = ?`;
  const rows = shards.map((shard) =>
    runInDurableObject(shard, (_, state) => state.storage.sql.exec<{ text: string }>(query, poolName()).toArray()),
  );
  return (await Promise.all(rows)).flat().map(({ text }) => text);
}

export const kept = () => textsIn("answers");
export const keptNear = () => textsIn("near_answers");

/** How often the first messages of this test's pool ended so. */
export async function countOf(result: "hit" | "similar" | "miss"): Promise<number> {
  const counts = await Promise.all(shards.map(async (shard) => (await shard.read(Date.now())).delta));
  return counts.reduce((sum, delta) => sum + (delta[`clawedge_answer_cache_total{pool="${poolName()}",result="${result}"}`] ?? 0), 0);
}
