/** The conversation object in real workerd: real SQLite, real alarms, real hand-overs to a server on loopback. */
import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Conversation } from "../../../durable-objects/conversation/durable-object.ts";
import { step } from "../../../durable-objects/conversation/machine.ts";
import { emptyState } from "../../../durable-objects/conversation/state.ts";
import { ConversationStorage } from "../../../durable-objects/conversation/storage.ts";
import { conversationsOf, replayDead, showConversation } from "../../../durable-objects/conversation/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { listDead, readShards, shardsOf } from "../../../durable-objects/shard/stub.ts";
import type { Commit } from "../../../src/core/commit.ts";
import { deadId } from "../../../src/core/dead-id.ts";
import { commitOf, deliveryRules } from "../../support/conversation.ts";

const edge = env as unknown as Env;
const conversations = conversationsOf(edge);
const { origin, refused } = inject("answering");

/** The second account is one test's alone, which counts what becomes of its messages. */
const listener = (path: string) =>
  Object.fromEntries(["telegram:support", "telegram:stuck"].map((account) => [account, { url: path, secret: "LISTENER_SECRET" }]));
const POOLS: Readonly<Record<string, string>> = {
  good: `${origin}/durable`,
  away: `${refused}/telegram-webhook`,
  hung: `${origin}/nothing`,
  mute: `${origin}/nothing`,
  sick: `${origin}/status/500`,
  strict: `${origin}/status/400`,
  plain: `${origin}/html`,
  capped: `${origin}/durable`,
};

async function put(bent: object = {}): Promise<void> {
  const document = {
    accounts: Object.fromEntries(
      ["telegram:support", "telegram:stuck"].map((account) => [
        account,
        { pool: "good", secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } },
      ]),
    ),
    instances: Object.fromEntries(Object.entries(POOLS).map(([name, url]) => [name, { url: `${origin}/started`, native: listener(url) }])),
    pools: Object.fromEntries(
      Object.keys(POOLS).map((name) => [
        name,
        { instances: [name], failover: { attemptMs: 500 }, ...(name === "capped" ? { concurrency: 1 } : {}) },
      ]),
    ),
    // A message enters only pools that some rule of its account leads to.
    rules: Object.keys(POOLS).map((name) => ({ name: `to ${name}`, when: { command: name }, pool: name })),
    ...bent,
  };
  const answer = await configOf(edge).push(JSON.stringify(document));
  if (answer.status === "rejected") throw new Error(JSON.stringify(answer));
}

beforeAll(() => put());

let chats = 0;
function conversation() {
  chats += 1;
  const ref = { key: `telegram:support/chat/${chats}` };
  const stub: DurableObjectStub<Conversation> = objectOf(edge, edge.CONVERSATION, ref.key);
  const commit = (bent: Partial<Commit> = {}) => conversations.commit(commitOf({ ref, pool: "good", arrivedAtMs: Date.now(), ...bent }));
  const show = () => showConversation(edge, ref, 200);
  const states = async () => (await show()).messages.map((message) => message.state);
  return { ref, stub, commit, show, states };
}

type Stub = ReturnType<typeof conversation>["stub"];

/** Asked for beside the object's own, an alarm may do nothing: who expects something of it asks again. */
async function afterAlarm<T>(stub: Stub, look: () => Promise<T>): Promise<T> {
  await runDurableObjectAlarm(stub);
  return look();
}
/** 0 while there is none, as when it rings. */
const nextAlarmInMs = async (stub: Stub): Promise<number> =>
  ((await runInDurableObject(stub, (_object, state) => state.storage.getAlarm())) ?? 0) - Date.now();

it("a committed message is delivered from storage and its pin is kept", async () => {
  const { commit, show, states } = conversation();
  expect(await commit()).toEqual({ state: "stored", seq: 1 });
  await expect.poll(states).toEqual(["delivered"]);
  expect(await show()).toMatchObject({ waiting: 0, pins: [{ pool: "good", instance: "good", epoch: 1, isUsed: true }] });
});

it("a repeat is a duplicate, also after the object was evicted", async () => {
  const { commit, states, stub } = conversation();
  await commit({ key: "telegram:support/u-same", messageId: "u-same" });
  await expect.poll(states).toEqual(["delivered"]);
  await evictDurableObject(stub);
  expect(await commit({ key: "telegram:support/u-same", messageId: "u-same" })).toEqual({ state: "duplicate", seq: 1 });
});

it("a turn that broke off is known from its row, until a later message was answered", async () => {
  const { commit, states, stub } = conversation();
  await commit({ messageId: "lost" });
  await commit({ messageId: "next" });
  await expect.poll(states).toEqual(["delivered", "delivered"]);
  const brokenOffAtMs = (first: string, second: string) =>
    runInDurableObject(stub, (object, state) => {
      const change = "UPDATE messages SET state = ?, outcome = ?, ended_at_ms = ? WHERE message_id = ?";
      for (const [index, end] of [first, second].entries())
        state.storage.sql.exec(change, end.split(" ")[0], end.split(" ")[1], index + 1, index === 0 ? "lost" : "next");
      return object.storage.load(Date.now()).brokenOffAtMs;
    });
  expect(await brokenOffAtMs("dead cut-off:", "ignored other")).toBe(1);
  expect(await brokenOffAtMs("dead cut-off:", "dead ambiguous:")).toBe(2);
  expect(await brokenOffAtMs("dead cut-off:", "answered sent")).toBeUndefined();
  expect(await brokenOffAtMs("dead poison:", "dead refused:")).toBeUndefined();
});

it("who was left with a message that they may have owes it after a restart too, until they took a later one", async () => {
  const { commit, states, stub } = conversation();
  await commit();
  await expect.poll(states).toEqual(["delivered"]);
  const accepted = (seq: number) =>
    runInDurableObject(stub, (object, state) => {
      state.storage.sql.exec("UPDATE messages SET ended_at_ms = 77");
      object.storage.write([{ row: "debt", instance: "good", seq, atMs: 5 }]);
      object.storage.write([{ row: "debt", instance: "sick", seq, atMs: 5 }]);
      return object.storage.load(Date.now()).accepted;
    });
  expect(await accepted(3)).toEqual({ good: { seq: 3, atMs: 5 }, sick: { seq: 3, atMs: 5 } });
  expect(await accepted(0)).toEqual({ good: { seq: 1, atMs: 77 }, sick: { seq: 0, atMs: 5 } });
});

it("whoever has it in a pool that the document lost is not heard beside one that serves, and is alone", async () => {
  const { ref, stub } = conversation();
  const pin = (pool: string, instance: string) => ({ pool, instance, epoch: 1, atMs: 1, isUsed: true });
  const hear = async (instance: string) =>
    (await conversations.speak(ref, { instance, account: "telegram:support", class: "send", chat: { id: "7", kind: "direct" } })).verdict;
  await stub.adopt([pin("vanished", "sick")], undefined, ref.key);
  expect(await hear("sick")).toBe("owner");
  await stub.adopt([pin("good", "good")], undefined, ref.key);
  expect([await hear("sick"), await hear("good")]).toEqual(["suppressed", "owner"]);
});

it("a start reads as little of a long history as of a short one", async () => {
  const { commit, states, stub } = conversation();
  await commit();
  await expect.poll(states).toEqual(["delivered"]);
  const rowsRead = (count: number) =>
    runInDurableObject(stub, (_object, { storage }) => {
      const columns = storage.sql.exec<{ name: string }>("SELECT name FROM pragma_table_info('messages') WHERE name <> 'seq'").toArray();
      const names = columns.map(({ name }) => name).join(", ");
      storage.sql.exec(
        `WITH RECURSIVE more(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM more WHERE n < ?)
         INSERT OR IGNORE INTO messages (seq, ${names}) SELECT n, ${names.replace("key", "'k' || n")} FROM more, messages WHERE seq = 1`,
        count,
      );
      storage.sql.exec("UPDATE messages SET ended_at_ms = ?, is_replay = 1", Date.now() - 3_600_000);
      const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
      const exec = (...asked: Parameters<SqlStorage["exec"]>) => {
        const cursor = storage.sql.exec(...asked);
        cursors.push(cursor);
        return cursor;
      };
      const counted = { sql: { exec }, transactionSync: (work: () => void) => work() } as unknown as DurableObjectStorage;
      expect(new ConversationStorage(counted).load(Date.now(), count).nextSeq).toBe(count + 1);
      return cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0);
    });
  const short = await rowsRead(60);
  expect(await rowsRead(1500)).toBe(short);
});

it("what a person was told, a move and the last silence are known after a restart", async () => {
  const { commit, states, stub } = conversation();
  await commit();
  await expect.poll(states).toEqual(["delivered"]);
  const loaded = (isTold: boolean) =>
    runInDurableObject(stub, (object, state) => {
      const { pins } = object.storage.load(Date.now());
      state.storage.sql.exec("UPDATE messages SET ended_at_ms = 77");
      object.storage.write([
        { row: "told", isTold },
        ...Object.values(pins).map((pin) => ({ row: "pin", pin: { ...pin, movedAtMs: 5 } }) as const),
      ]);
      return object.storage.load(Date.now());
    });
  const told = await loaded(true);
  expect([told.isTold, told.quietSinceMs, told.pins["good"]?.movedAtMs]).toEqual([true, 77, 5]);
  expect((await loaded(false)).isTold).toBeUndefined();
});

it("since when a message waits, and since when its pin could be given up, are known after a restart, also of one held as it came", async () => {
  const { stub } = conversation();
  const loaded = await runInDurableObject(stub, (object) => {
    const entry = {
      ...step(emptyState, { type: "commit", commit: commitOf(), nowMs: 1, dice: 0, rules: deliveryRules() }).state.queue[0]!,
    };
    const next = { ...entry, seq: 2, key: "other" };
    object.storage.write([{ row: "insert", entry: { ...entry, heldSinceMs: 5, movableSinceMs: 7 }, commit: commitOf() }]);
    object.storage.write([{ row: "insert", entry: next, commit: commitOf() }]);
    object.storage.write([{ row: "update", entry: { ...next, heldSinceMs: 6, movableSinceMs: 8 } }]);
    return object.storage.load(1).queue.map(({ heldSinceMs, movableSinceMs }) => [heldSinceMs, movableSinceMs]);
  });
  expect(loaded).toEqual([
    [5, 7],
    [6, 8],
  ]);
});

it("an alarm is armed with the row that it must deliver", async () => {
  const { commit, stub } = conversation();
  await commit({ pool: "hung" });
  const alarmAtMs = await runInDurableObject(stub, (_object, state) => state.storage.getAlarm());
  expect(alarmAtMs).not.toBeNull();
  expect((alarmAtMs ?? 0) - Date.now()).toBeLessThanOrEqual(5000);
});

it("what an evicted object had in flight is sent again by its alarm alone", async () => {
  const { commit, show, stub } = conversation();
  await commit({ pool: "hung" });
  const attempts = async () => (await show()).messages[0]?.attempts ?? 0;
  await expect.poll(attempts).toBeGreaterThanOrEqual(1);
  const before = await attempts();
  await evictDurableObject(stub);
  await runDurableObjectAlarm(stub);
  await expect.poll(attempts).toBeGreaterThan(before);
});

describe("instances that do not take it", () => {
  it.each([
    ["away", "waiting", /refused/],
    ["sick", "waiting", /500/],
    ["plain", "waiting", /marker/],
    ["mute", "waiting", /timeout/],
    ["strict", "dead", /400/],
  ] as const)("%s: the message is %s", async (pool, state, detail) => {
    const { commit, show } = conversation();
    await commit({ pool });
    await expect.poll(async () => (await show()).messages[0]).toMatchObject({ state, lastDetail: expect.stringMatching(detail) });
  });
});

it("a dead letter is listed, and sent again under its own key", async () => {
  const { commit, ref, show, states, stub } = conversation();
  await commit({ pool: "strict" });
  await expect.poll(states).toEqual(["dead"]);
  await expect.poll(async () => (await readShards(edge, [])).dead).toBeGreaterThanOrEqual(1);
  expect(await replayDead(edge, ref, 1)).toBe(true);
  await expect.poll(states).toEqual(["dead", "dead"]);
  expect(await replayDead(edge, ref, 1)).toBe(false);
  const keys = await runInDurableObject(
    stub,
    (_object, state) => state.storage.sql.exec("SELECT DISTINCT key FROM messages").toArray().length,
  );
  expect(keys).toBe(1);
  expect((await show()).waiting).toBe(0);
});

describe("the list of dead letters", () => {
  const isListed = async (id: string) => (await listDead(edge, [], { limit: 500 })).some((entry) => entry.id === id);

  it("gets a letter from the next alarm when its incarnation died before it could list it", async () => {
    const { commit, ref, states, stub } = conversation();
    const id = deadId(ref, 1);
    await commit({ pool: "strict" });
    await expect.poll(states).toEqual(["dead"]);
    await expect.poll(() => isListed(id)).toBe(true);
    await shardsOf(edge).removeDead(ref, id);
    await evictDurableObject(stub);
    await expect.poll(() => afterAlarm(stub, () => isListed(id))).toBe(true);
  });

  it("does not get back a letter that was sent again", async () => {
    const { commit, ref, states, stub } = conversation();
    await commit({ pool: "strict" });
    await expect.poll(() => isListed(deadId(ref, 1))).toBe(true);
    await replayDead(edge, ref, 1);
    await shardsOf(edge).removeDead(ref, deadId(ref, 1));
    await expect.poll(states).toEqual(["dead", "dead"]);
    await evictDurableObject(stub);
    const listed = async () => [await isListed(deadId(ref, 1)), await isListed(deadId(ref, 2))];
    await expect.poll(() => afterAlarm(stub, listed)).toEqual([false, true]);
  });
});

it("what it reports is counted once, however often the alarm runs", async () => {
  const { commit, states, stub } = conversation();
  const counted = async () => (await readShards(edge, [])).delta['clawedge_messages_total{account="telegram:counted",state="dead"}'] ?? 0;
  await commit({ account: "telegram:counted" });
  await expect.poll(states).toEqual(["dead"]);
  for (let turn = 0; turn < 3; turn += 1) await runDurableObjectAlarm(stub);
  await evictDurableObject(stub);
  await expect.poll(() => afterAlarm(stub, counted)).toBe(1);
  expect(await afterAlarm(stub, counted)).toBe(1);
});

it("bodies go after their time; keys and order stay", async () => {
  const { commit, states, stub } = conversation();
  await commit();
  await expect.poll(states).toEqual(["delivered"]);
  const bodies = () =>
    runInDurableObject(
      stub,
      (_object, state) => state.storage.sql.exec("SELECT seq FROM messages WHERE body IS NOT NULL").toArray().length,
    );
  expect(await bodies()).toBe(1);
  await runInDurableObject(stub, (object) => object.storage.purge(Date.now() + 1000, { bodyMs: 0, dedupeMs: 1e9, deadMs: 1e9 }));
  expect(await bodies()).toBe(0);
  await runInDurableObject(stub, (object) => object.storage.purge(Date.now() + 2e9, { bodyMs: 0, dedupeMs: 1e9, deadMs: 1e9 }));
  await evictDurableObject(stub);
  expect(await commit()).toMatchObject({ state: "stored", seq: 2 });
});

it("200 parallel messages of one sender admit exactly the bucket", async () => {
  const { commit } = conversation();
  const limits = { perSender: { perMinute: 1, burst: 5, onLimit: "drop" } } as const;
  const results = await Promise.all(Array.from({ length: 200 }, () => commit({ limits })));
  expect(results.filter((result) => result.state === "stored").length).toBe(5);
  expect(results.filter((result) => result.state === "limited").length).toBe(195);
});

it("the budget of the healthy path holds: at most 2 object requests and 4 rows a message", async () => {
  const { commit, show, stub } = conversation();
  await commit();
  await expect.poll(async () => (await show()).waiting).toBe(0);
  const cost = () =>
    runInDurableObject(stub, (object) => ({ rows: object.storage.rowsWritten + object.clock.rows, requests: object.requests }));
  const before = await cost();
  for (let index = 0; index < 100; index += 1) {
    await commit();
    await expect.poll(async () => (await show()).waiting, { interval: 2 }).toBe(0);
  }
  await runDurableObjectAlarm(stub);
  const after = await cost();
  const flushes = 1;
  expect((after.rows - before.rows) / 100).toBeLessThanOrEqual(4);
  expect((after.requests - before.requests + flushes) / 100).toBeLessThanOrEqual(2);
});

it("a lone message pays for one alarm run, and no second one finds nothing to do", async () => {
  const { commit, states, stub } = conversation();
  await commit();
  await expect.poll(states).toEqual(["delivered"]);
  await runDurableObjectAlarm(stub);
  await expect.poll(() => nextAlarmInMs(stub)).toBeGreaterThan(3_600_000);
  const rows = () => runInDurableObject(stub, (object) => object.storage.rowsWritten + object.clock.rows);
  const before = await rows();
  await commit();
  await expect.poll(states).toEqual(["delivered", "delivered"]);
  await runDurableObjectAlarm(stub);
  expect((await rows()) - before).toBeLessThanOrEqual(7);
});

it("what ends behind a stuck head is reported once, also by the next incarnation", async () => {
  const { commit, show, stub } = conversation();
  const account = "telegram:stuck";
  const total = async () => (await readShards(edge, [])).delta[`clawedge_messages_total{account="${account}",state="limited"}`] ?? 0;
  const before = await total();
  await commit({ pool: "away", account });
  const limits = { perConversation: { perMinute: 1, burst: 1, onLimit: "drop" } } as const;
  for (let index = 0; index < 4; index += 1) await commit({ pool: "away", account, limits });
  for (let turn = 0; turn < 2; turn += 1) {
    await runDurableObjectAlarm(stub);
    await evictDurableObject(stub);
  }
  await expect.poll(() => afterAlarm(stub, total)).toBe(before + 3);
  expect((await show()).waiting).toBe(2);
  expect(await afterAlarm(stub, total)).toBe(before + 3);
});

it("a pool's concurrency cap keeps hand-overs back, and lets them go one after the other", async () => {
  const results = Array.from({ length: 4 }, () => conversation());
  await Promise.all(results.map(({ commit }) => commit({ pool: "capped" })));
  await expect
    .poll(async () => (await Promise.all(results.map(({ states }) => states()))).flat())
    .toEqual(["delivered", "delivered", "delivered", "delivered"]);
});

it("an alarm does not chase itself, however short bodies are to be kept", async () => {
  await put({ retention: { bodyHours: 0 } });
  const number = (await configOf(edge).status()).number ?? 0;
  const { commit, states, stub } = conversation();
  await commit({ configNumber: number });
  await expect.poll(states).toEqual(["delivered"]);
  for (let turn = 0; turn < 3; turn += 1) await runDurableObjectAlarm(stub);
  await expect.poll(() => nextAlarmInMs(stub)).toBeGreaterThan(1_800_000);
  await put();
});
