import { evictDurableObject, reset, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { FORGET_AFTER_MS, FORGET_DEAD_AFTER_MS } from "../../../durable-objects/shard/machine.ts";
import { listDead, permitsOf, readShards, shardsOf, sweepShards } from "../../../durable-objects/shard/stub.ts";
import { refName } from "../../../src/core/conversation-ref.ts";
import { deadId } from "../../../src/core/dead-id.ts";
import { observation, series } from "../../../src/core/series.ts";
import type { DeadEntry } from "../../../src/ports/shards.ts";

const env = workerEnv as unknown as Env;
const shard = () => objectOf(env, env.SHARD, "shard-0");
const shards = shardsOf(env);
const ref = { key: "telegram:support/chat/1" };
const delivered = series("messages_total", { state: "delivered" });

const entry = (id: string, atMs: number, account = "telegram:support"): DeadEntry => ({
  id,
  account,
  conversation: refName(ref),
  messageId: id,
  pool: "support",
  reason: "refused",
  atMs,
});

const MOST = { perShard: 10, total: 100, withinMs: 5000 };

afterEach(() => reset());

/** What one alarm leaves, and when the next one is due: seen before that one rings by itself. */
const purged = (table: "flushes" | "dead") =>
  runInDurableObject(shard(), async (object, { storage }) => {
    await storage.deleteAlarm();
    await object.alarm();
    const left = storage.sql.exec<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`).one().n;
    return { left, alarmAtMs: await storage.getAlarm() };
  });
const aMomentLater = () => new Promise((resolve) => setTimeout(resolve, 5));

describe("a flush", () => {
  it("counts once, however often it is sent", async () => {
    const flush = { serial: 1, delta: { [delivered]: 3 }, atMs: Date.now() };
    await Promise.all(Array.from({ length: 5 }, () => shard().flush("c", flush)));
    await shard().flush("c", { ...flush, serial: 2 });
    await shard().flush("c", flush);
    expect((await shard().read(Date.now())).delta).toEqual({ [delivered]: 6 });
  });

  it("keeps conversations apart, and its totals through an eviction", async () => {
    await shard().flush("c", { serial: 1, delta: { [delivered]: 1 }, atMs: Date.now() });
    await shard().flush("d", { serial: 1, delta: { [delivered]: 1 }, atMs: Date.now() });
    await evictDurableObject(shard());
    await shard().flush("d", { serial: 1, delta: { [delivered]: 1 }, atMs: Date.now() });
    expect((await shard().read(Date.now())).delta).toEqual({ [delivered]: 2 });
  });

  it("writes one row for itself, one per counter and one per histogram; a repeat writes none", async () => {
    const delta = { ...observation("ack_ms", { channel: "telegram" }, 7), [delivered]: 1 };
    await shard().flush("c", { serial: 1, delta: {}, atMs: 1 });
    const rowsOf = (serial: number) =>
      runInDurableObject(shard(), async (object, state) => {
        const changes = () => state.storage.sql.exec<{ n: number }>("SELECT total_changes() AS n").one().n;
        const before = changes();
        await object.flush("c", { serial, delta, atMs: 1 });
        return changes() - before;
      });
    expect(await rowsOf(2)).toBe(3);
    expect(await rowsOf(2)).toBe(0);
  });

  it("says on which instance a conversation is, for an hour", async () => {
    const nowMs = Date.now();
    await shard().flush("a", { serial: 1, delta: {}, instance: "eu-1", atMs: nowMs });
    await shard().flush("b", { serial: 1, delta: {}, instance: "eu-1", atMs: nowMs });
    await shard().flush("b", { serial: 2, delta: {}, instance: "eu-2", atMs: nowMs });
    await shard().flush("b", { serial: 3, delta: {}, atMs: nowMs });
    await shard().flush("c", { serial: 1, delta: {}, instance: "eu-1", atMs: nowMs - 3_700_000 });
    await shard().flush("d", { serial: 1, delta: {}, atMs: nowMs });
    expect((await shard().read(nowMs)).active).toEqual({ "eu-1": 1, "eu-2": 1 });
  });
});

describe("forgetting", () => {
  it("arms an alarm with the first flush only", async () => {
    const alarmOf = () => runInDurableObject(shard(), (_, state) => state.storage.getAlarm());
    await shard().setPending("c", true);
    expect(await alarmOf()).toBeNull();
    await shard().flush("c", { serial: 1, delta: {}, atMs: Date.now() });
    const armedFor = await alarmOf();
    expect(armedFor).toBeGreaterThan(Date.now() + FORGET_AFTER_MS - 60_000);
    await evictDurableObject(shard());
    await shard().flush("c", { serial: 2, delta: {}, atMs: Date.now() });
    expect(await alarmOf()).toBe(armedFor);
  });

  it("a purge that fails throws nothing, and is tried again within hours", async () => {
    await shard().flush("c", { serial: 1, delta: {}, atMs: Date.now() });
    const alarm = await runInDurableObject(shard(), async (object, { storage }) => {
      const { transactionSync } = storage;
      storage.transactionSync = () => {
        throw new Error("the disk is full");
      };
      await storage.deleteAlarm();
      await expect(object.alarm()).resolves.toBeUndefined();
      storage.transactionSync = transactionSync;
      return storage.getAlarm();
    });
    expect(alarm).toBeGreaterThan(Date.now());
    expect(alarm).toBeLessThan(Date.now() + 24 * 3_600_000);
  });

  it("purges the silent in batches, keeps the others and the totals, and then rests", async () => {
    const nowMs = Date.now();
    const oldMs = nowMs - FORGET_AFTER_MS - 1_000;
    await runInDurableObject(shard(), async (object) => {
      for (let index = 0; index < 700; index += 1)
        await object.flush(`old-${index}`, { serial: 1, delta: { [delivered]: 1 }, atMs: oldMs });
      await object.flush("young", { serial: 1, delta: { [delivered]: 1 }, atMs: nowMs });
    });
    expect((await purged("flushes")).left).toBe(201);
    const { left, alarmAtMs } = await purged("flushes");
    expect(left).toBe(1);
    expect(alarmAtMs).toBeGreaterThan(nowMs + 3_600_000);
    expect((await shard().read(nowMs)).delta).toEqual({ [delivered]: 701 });
  });
});

describe("the index of dead letters", () => {
  const alarmOf = () => runInDurableObject(shard(), (_, state) => state.storage.getAlarm());

  it("forgets what no conversation can still hold, and looks again while it holds any", async () => {
    const nowMs = Date.now();
    await shard().addDead(entry("ghost", nowMs - FORGET_DEAD_AFTER_MS - 1000));
    await shard().addDead(entry("kept", nowMs - FORGET_DEAD_AFTER_MS + 60_000));
    expect(await alarmOf(), "armed without any flush").not.toBeNull();
    await runDurableObjectAlarm(shard());
    expect((await shard().listDead({ limit: 10 })).map(({ id }) => id)).toEqual(["kept"]);
    expect(await alarmOf()).not.toBeNull();
  });

  it("is purged in batches", async () => {
    const oldMs = Date.now() - FORGET_DEAD_AFTER_MS - 1000;
    await runInDurableObject(shard(), async (object) => {
      for (let index = 0; index < 700; index += 1) await object.addDead(entry(`ghost-${index}`, oldMs));
    });
    const { left, alarmAtMs } = await purged("dead");
    expect(left).toBe(200);
    expect(alarmAtMs).toBeLessThan(Date.now() + 60_000);
    expect(await purged("dead")).toEqual({ left: 0, alarmAtMs: null });
  });

  it("drops an entry whose conversation dropped the letter, once or twice", async () => {
    const id = deadId(ref, 7);
    await shards.addDead(ref, entry(id, Date.now()));
    await shards.removeDead(ref, id);
    await shards.removeDead(ref, id);
    expect(await listDead(env, [], { limit: 10 })).toEqual([]);
  });
});

describe("pending work", () => {
  it("is handed to the sweeper in turn, so that nobody starves", async () => {
    for (const name of ["a", "b", "c"]) await shard().setPending(name, true);
    const first = (await shard().pendingBatch(2)).map(({ conversation }) => conversation);
    await aMomentLater();
    await shard().poked(first);
    const second = (await shard().pendingBatch(2)).map(({ conversation }) => conversation);
    expect(new Set([...first, ...second])).toEqual(new Set(["a", "b", "c"]));
  });

  it("of all shards is handed out oldest first up to a total; what is left over keeps its turn", async () => {
    const keys = Array.from({ length: 12 }, (_, index) => ({ key: `telegram:support/chat/${index}` }));
    for (const one of keys) await shards.setPending(one, true);
    const sweeps = [];
    for (let round = 0; round < 3; round += 1) {
      await aMomentLater();
      sweeps.push(await sweepShards(env, [], { ...MOST, total: 4 }));
    }
    expect(sweeps.map(({ length }) => length)).toEqual([4, 4, 4]);
    expect(new Set(sweeps.flat().map(({ key }) => key)).size).toBe(12);
  });

  it("of the others is found while a shard hangs", async () => {
    const batches: Readonly<Record<string, () => Promise<unknown>>> = {
      "|shard-0": () => new Promise(() => undefined),
      "|shard-1": async () => [{ conversation: refName(ref), pokedAtMs: 0 }],
    };
    const shardNamed = (name: string) => ({ pendingBatch: batches[name] ?? (async () => []), poked: () => new Promise(() => undefined) });
    const SHARD = { idFromName: (name: string) => name, get: shardNamed };
    expect(await sweepShards({ ...env, SHARD } as unknown as Env, [], { ...MOST, withinMs: 50 })).toEqual([ref]);
  });

  it("is no longer handed out once it is done", async () => {
    await shards.setPending(ref, true);
    await shards.setPending(ref, true);
    expect(await sweepShards(env, [], MOST)).toEqual([ref]);
    await shards.setPending(ref, false);
    expect(await sweepShards(env, [], MOST)).toEqual([]);
  });

  it("is found in every residency", async () => {
    const inEurope = { ...ref, residency: "eu" as const };
    await shards.setPending(ref, true);
    await shards.setPending(inEurope, true);
    expect(await sweepShards(env, [], MOST)).toEqual([ref]);
    expect(await sweepShards(env, ["eu", "eu"], MOST)).toEqual(expect.arrayContaining([ref, inEurope]));
    expect(await sweepShards(env, ["eu"], MOST)).toHaveLength(2);
  });
});

describe("dead letters", () => {
  it("are listed newest first across the shards, by account, and page by page without a gap", async () => {
    const ids = ["a", "b", "c", "d", "e"];
    for (const [index, id] of ids.entries()) await shards.addDead({ key: `chat/${id}` }, entry(id, index < 3 ? 100 : 200));
    await shards.addDead({ key: "chat/x" }, entry("x", 150, "telegram:sales"));

    const page = await listDead(env, [], { account: "telegram:support", limit: 3 });
    expect(page.map(({ id }) => id)).toEqual(["e", "d", "c"]);
    const last = page[2]!;
    const next = await listDead(env, [], { account: "telegram:support", limit: 3, before: { atMs: last.atMs, id: last.id } });
    expect(next.map(({ id }) => id)).toEqual(["b", "a"]);
    expect(await listDead(env, [], { account: "telegram:sales", limit: 3 })).toEqual([entry("x", 150, "telegram:sales")]);
  });

  it("can be added twice and are removed once", async () => {
    await shards.addDead(ref, entry("a", 1));
    await shards.addDead(ref, entry("a", 1));
    expect((await readShards(env, [])).dead).toBe(1);
    await shards.removeDead(ref, "a");
    await shards.removeDead(ref, "a");
    expect((await readShards(env, [])).dead).toBe(0);
  });
});

it("the totals of all shards and residencies are one sum", async () => {
  await shards.count("telegram:support", { [delivered]: 1 });
  await shards.count("telegram:sales", { [delivered]: 2 });
  for (let chat = 0; chat < 20; chat += 1) {
    await shards.flush(
      { key: `chat/${chat}`, residency: "eu" },
      { serial: 1, delta: { [delivered]: 1 }, instance: "eu-1", atMs: Date.now() },
    );
  }
  await shards.setPending(ref, true);
  expect(await readShards(env, ["eu"])).toEqual({ delta: { [delivered]: 23 }, active: { "eu-1": 20 }, pending: 1, dead: 0 });
});

describe("permits", () => {
  const permits = permitsOf(env);

  it("are handed out up to the limit, and again when one comes back", async () => {
    const held = await Promise.all(Array.from({ length: 10 }, () => permits.acquire("support", 3, 60_000)));
    const granted = held.filter((permit) => permit !== undefined);
    expect(granted).toHaveLength(3);
    expect(new Set(granted).size).toBe(3);
    await permits.release("support", granted[0]!);
    await permits.release("support", granted[0]!);
    expect(await permits.acquire("support", 3, 60_000)).toBeDefined();
    expect(await permits.acquire("support", 3, 60_000)).toBeUndefined();
  });

  it("of one pool are not another's", async () => {
    expect(await permits.acquire("support", 1, 60_000)).toBeDefined();
    expect(await permits.acquire("sales", 1, 60_000)).toBeDefined();
  });

  it("lapse by themselves", async () => {
    expect(await permits.acquire("support", 1, 30)).toBeDefined();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await permits.acquire("support", 1, 60_000)).toBeDefined();
  });

  it("stay taken when the shard is evicted", async () => {
    const acquire = () => shard().acquire("support", 1, 60_000);
    expect(await acquire()).toBeDefined();
    await evictDurableObject(shard());
    expect(await acquire()).toBeUndefined();
  });
});

it("an evicted quota admits at most one burst more than its rule", async () => {
  const rule = { perMinute: 1, burst: 5 };
  const takes = async () => {
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => shard().take("telegram:support", rule)));
    return verdicts.filter(({ isAllowed }) => isAllowed).length;
  };
  expect(await takes()).toBe(5);
  await evictDurableObject(shard());
  expect(await takes()).toBeLessThanOrEqual(5);
  expect(await takes()).toBe(0);
});
