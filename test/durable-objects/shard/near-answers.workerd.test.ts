/** Answers to what was asked in other words, as a shard keeps them: which is given, for how long, and how many. */
import { reset, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { answersOf } from "../../../durable-objects/shard/stub.ts";
import { directionOf } from "../../../src/core/direction.ts";

const env = workerEnv as unknown as Env;
const shard = () => objectOf(env, env.SHARD, "shard-0");
const DAY_MS = 86_400_000;
const at = (degrees: number) => directionOf([Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]).parts.buffer;
const look = (degrees: number, above = 0.9, alike = "faq") => ({ alike, direction: at(degrees), above });
const answer = (key: string, degrees: number, inMs = 60_000, bent: object = {}) => ({
  key,
  pool: "sales",
  text: `of ${key}`,
  endsAtMs: Date.now() + inMs,
  alike: "faq",
  direction: at(degrees),
  ...bent,
});
const keys = () =>
  runInDurableObject(shard(), (_, state) =>
    state.storage.sql
      .exec<{ key: string }>("SELECT key FROM near_answers ORDER BY key")
      .toArray()
      .map(({ key }) => key),
  );

afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
});

function passTime(ms: number): void {
  const now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => now + ms);
}

it("the likest is given, and none that is not alike enough", async () => {
  for (const [key, degrees] of Object.entries({ a: 0, b: 20, c: 90 })) await shard().keepNearAnswer(answer(key, degrees), 10);
  const found = await Promise.all([0, 8, 12, 40, 60, 80, 90].map((degrees) => shard().nearestAnswer(look(degrees))));
  expect(found).toEqual(["of a", "of a", "of b", "of b", undefined, "of c", "of c"]);
  expect(await shard().nearestAnswer(look(8, 0.995))).toBeUndefined();
});

it("nothing is given to whoever differs in what must be the same, or by another service's vector", async () => {
  await shard().keepNearAnswer(answer("a", 0), 10);
  expect(await shard().nearestAnswer(look(0, 0.9, "other"))).toBeUndefined();
  expect(await shard().nearestAnswer({ ...look(0), direction: directionOf([1, 0, 0]).parts.buffer })).toBeUndefined();
});

it("a newer one takes the place of an older one to the same words", async () => {
  await shard().keepNearAnswer(answer("a", 0), 10);
  await shard().keepNearAnswer(answer("a", 0, 60_000, { text: "better" }), 10);
  expect([await keys(), await shard().nearestAnswer(look(0))]).toEqual([["a"], "better"]);
});

it("of a pool's the oldest go, and no other pool's; never more than 256 stay", async () => {
  await shard().keepNearAnswer(answer("other", 0, 600_000, { pool: "support" }), 2);
  for (const [index, key] of ["a", "b", "c"].entries())
    await shard().keepNearAnswer(answer(key, 0, 600_000 + index * 60_000, { alike: `like-${key}` }), 2);
  expect(await keys()).toEqual(["b", "c", "other"]);
  for (let index = 0; index < 260; index += 1) await shard().keepNearAnswer(answer(`k${index}`, 0, 1_200_000 + index * 60_000), 1000);
  const left = await keys();
  expect([left.length, left.includes("k259"), left.includes("k3"), left.includes("other")]).toEqual([257, true, false, true]);
});

it("is given until it ends, and gone with the purge after that", async () => {
  await shard().keepNearAnswer(answer("a", 0, 1000), 10);
  await shard().keepNearAnswer(answer("b", 90, 3 * DAY_MS), 10);
  passTime(1000);
  expect(await shard().nearestAnswer(look(0))).toBeUndefined();
  passTime(DAY_MS);
  await runDurableObjectAlarm(shard());
  expect(await keys()).toEqual(["b"]);
  passTime(4 * DAY_MS);
  await runDurableObjectAlarm(shard());
  expect(await keys()).toEqual([]);
  expect(await runInDurableObject(shard(), (_, state) => state.storage.getAlarm())).toBeNull();
});

it("each residency has its own, found by what must be the same", async () => {
  await answersOf(env, "eu").keepNear(answer("a", 0), 10);
  expect([await answersOf(env, "eu").nearest(look(5)), await answersOf(env, undefined).nearest(look(5))]).toEqual(["of a", undefined]);
});
