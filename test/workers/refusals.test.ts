import { expect, it } from "vitest";
import type { Delta } from "../../src/core/series.ts";
import { createRefusals, FLUSH_EVERY_MS, LEASE_MS } from "../../workers/refusals.ts";

/** A clock that moves when told, and everything that was written. */
function isolate(isFailing = false) {
  const written: Delta[] = [];
  const timers: { readonly atMs: number; readonly ring: () => void }[] = [];
  const lost: string[] = [];
  let nowMs = 1_000_000;
  let work: Promise<unknown>[] = [];
  const clock = {
    nowMs: () => nowMs,
    sleep: (ms: number) => new Promise<void>((ring) => void timers.push({ atMs: nowMs + ms, ring })),
  };
  const refusals = createRefusals();
  const ports = {
    clock,
    log: { write: ({ event }: { readonly event: string }) => void lost.push(event) },
    keepAlive: (kept: Promise<unknown>) => void work.push(kept),
    count: async (delta: Delta) => {
      if (isFailing) throw new Error("the shard is away");
      written.push(delta);
    },
  };
  return {
    written,
    lost,
    refuse: (account: string | undefined, status: number) => refusals.record({ account, status }, ports),
    later: async (ms: number) => {
      nowMs += ms;
      for (const timer of timers.filter(({ atMs }) => atMs <= nowMs)) timer.ring();
      await Promise.race([Promise.all(work), new Promise((resolve) => setTimeout(resolve, 5))]);
    },
    /** Requests end, and what they kept alive with them. */
    cancel: () => {
      timers.length = 0;
      work = [];
    },
  };
}

const refused = (account: string, status: number) => `clawedge_refused_total{account="${account}",status="${status}"}`;

it("a flood writes nothing of its own: one write holds all that was refused within ten seconds", async () => {
  const one = isolate();
  for (let index = 0; index < 10_000; index += 1) one.refuse(undefined, index < 10 ? 401 : 429);
  one.refuse("telegram:support", 503);
  await one.later(FLUSH_EVERY_MS - 1);
  expect(one.written).toEqual([]);
  await one.later(1);
  expect(one.written).toEqual([{ [refused("unknown", 401)]: 10, [refused("unknown", 429)]: 9990, [refused("telegram:support", 503)]: 1 }]);
});

it("an hour of flood is one write every ten seconds at most", async () => {
  const one = isolate();
  for (let second = 0; second < 3600; second += 10) {
    one.refuse(undefined, 401);
    await one.later(10_000);
  }
  expect(one.written.length).toBeLessThanOrEqual(360);
  expect(one.written.reduce((sum, delta) => sum + (delta[refused("unknown", 401)] ?? 0), 0)).toBe(360);
});

it("what was counted is counted once", async () => {
  const one = isolate();
  one.refuse(undefined, 401);
  await one.later(FLUSH_EVERY_MS);
  one.refuse(undefined, 413);
  await one.later(FLUSH_EVERY_MS);
  expect(one.written).toEqual([{ [refused("unknown", 401)]: 1 }, { [refused("unknown", 413)]: 1 }]);
});

it("a write that died with its request is made up for by a later refusal", async () => {
  const one = isolate();
  one.refuse(undefined, 401);
  one.cancel();
  await one.later(LEASE_MS);
  one.refuse(undefined, 401);
  await one.later(FLUSH_EVERY_MS);
  expect(one.written).toEqual([{ [refused("unknown", 401)]: 2 }]);
});

it("a write that fails is told, and in nobody's way", async () => {
  const one = isolate(true);
  one.refuse(undefined, 401);
  await one.later(FLUSH_EVERY_MS);
  expect(one.lost).toEqual(["refusals.uncounted"]);
});
