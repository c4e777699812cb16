/** Answers that may be given again, as a shard keeps them: for how long, how many, and where. */
import { evictDurableObject, reset, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { answersOf, SHARD_COUNT } from "../../../durable-objects/shard/stub.ts";

const env = workerEnv as unknown as Env;
const shard = () => objectOf(env, env.SHARD, "shard-0");
const DAY_MS = 86_400_000;
const answer = (key: string, inMs = 1000, pool = "sales") => ({ key, pool, text: `of ${key}`, endsAtMs: Date.now() + inMs });
const keys = () =>
  runInDurableObject(shard(), (_, state) =>
    state.storage.sql
      .exec<{ key: string }>("SELECT key FROM answers ORDER BY key")
      .toArray()
      .map(({ key }) => key),
  );
const alarmMs = () => runInDurableObject(shard(), (_, state) => state.storage.getAlarm());

afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
});

function passTime(ms: number): void {
  const now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => now + ms);
}

it("an answer is there until it ends, and through an eviction", async () => {
  await shard().keepAnswer(answer("a", 60_000), 10);
  await evictDurableObject(shard());
  expect([await shard().answer("a"), await shard().answer("b")]).toEqual(["of a", undefined]);
  passTime(60_000);
  expect(await shard().answer("a")).toBeUndefined();
});

it("a newer one takes the place of an older one to the same", async () => {
  await shard().keepAnswer(answer("a"), 10);
  await shard().keepAnswer({ ...answer("a", 60_000), text: "better" }, 10);
  expect([await keys(), await shard().answer("a")]).toEqual([["a"], "better"]);
});

it("of a pool's the oldest go, and no other pool's", async () => {
  await shard().keepAnswer(answer("other", 60_000, "support"), 2);
  for (const [index, key] of ["a", "b", "c"].entries()) await shard().keepAnswer(answer(key, 60_000 + index * 60_000), 2);
  expect(await keys()).toEqual(["b", "c", "other"]);
});

it("what has ended makes room, and is gone with the next purge, a day later at most", async () => {
  await shard().keepAnswer(answer("a"), 10);
  const armedMs = (await alarmMs()) ?? 0;
  expect(armedMs - Date.now()).toBeLessThanOrEqual(DAY_MS);
  await shard().keepAnswer(answer("b", 3 * DAY_MS), 10);
  expect(await alarmMs()).toBe(armedMs);
  passTime(DAY_MS);
  await runDurableObjectAlarm(shard());
  expect(await keys()).toEqual(["b"]);
  expect((await alarmMs()) ?? 0).toBeGreaterThan(armedMs);
  passTime(3 * DAY_MS);
  await runDurableObjectAlarm(shard());
  expect([await keys(), await alarmMs()]).toEqual([[], null]);
});

it("each residency has its own, and all shards together no more than the pool allows", async () => {
  const most = 2 * SHARD_COUNT + 5;
  for (let index = 0; index < 3 * SHARD_COUNT; index += 1) await answersOf(env, "eu").keep(answer(`k${index}`, 60_000), most);
  const held = await Promise.all(Array.from({ length: 3 * SHARD_COUNT }, (_, index) => answersOf(env, "eu").get(`k${index}`)));
  const count = held.filter((text) => text !== undefined).length;
  expect(count).toBeGreaterThan(SHARD_COUNT);
  expect(count).toBeLessThanOrEqual(most);
  expect(await answersOf(env, undefined).get("k191")).toBeUndefined();
  expect(await answersOf(env, "eu").get("k191")).toBe("of k191");
});
