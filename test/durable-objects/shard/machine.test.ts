import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FORGET_AFTER_MS,
  FORGET_DEAD_AFTER_MS,
  type HeldQuota,
  hasFreePermit,
  isNews,
  nextPurgeAtMs,
  PURGE_BATCH,
  QUOTA_WRITE_EVERY_MS,
  takeQuota,
} from "../../../durable-objects/shard/machine.ts";
import type { BucketRule } from "../../../src/core/token-bucket.ts";

const DAY_MS = 86_400_000;

describe("a flush", () => {
  it.each([
    [undefined, 1, true],
    [undefined, 7, true],
    [1, 1, false],
    [5, 4, false],
    [5, 6, true],
    [5, 9, true],
  ])("after serial %s, serial %s is news: %s", (last, serial, expected) => {
    expect(isNews(last, serial)).toBe(expected);
  });
});

describe("an embedded quota", () => {
  it("is written when it is new, and then only after a while", () => {
    const rule = { perMinute: 60, burst: 10 };
    const first = takeQuota(undefined, { rule, nowMs: 0 });
    expect(first.isDue).toBe(true);
    const second = takeQuota(first.held, { rule, nowMs: QUOTA_WRITE_EVERY_MS - 1 });
    expect(second.isDue).toBe(false);
    const third = takeQuota(second.held, { rule, nowMs: QUOTA_WRITE_EVERY_MS });
    expect(third.isDue).toBe(true);
  });

  it("is never written for a refusal", () => {
    const rule = { perMinute: 0.001, burst: 1 };
    const { held } = takeQuota(undefined, { rule, nowMs: 0 });
    const refusal = takeQuota(held, { rule, nowMs: 10 * QUOTA_WRITE_EVERY_MS });
    expect(refusal.verdict.isAllowed).toBe(false);
    expect(refusal.isDue).toBe(false);
  });

  const step = fc.record({ waitMs: fc.integer({ min: 0, max: 20_000 }), isRestart: fc.boolean() });
  const rules = fc.record({ perMinute: fc.integer({ min: 1, max: 600 }), burst: fc.integer({ min: 1, max: 20 }) });

  it("admits at most one burst extra for every restart, wherever the restarts fall", () => {
    fc.assert(
      fc.property(rules, fc.array(step, { maxLength: 200 }), (rule, steps) => {
        const nowMs = steps.reduce((sum, { waitMs }) => sum + waitMs, 0);
        const restarts = steps.filter(({ isRestart }) => isRestart).length;
        expect(admittedBy(rule, steps)).toBeLessThanOrEqual(rule.burst * (restarts + 1) + (nowMs * rule.perMinute) / 60_000 + 1e-6);
      }),
    );
  });
});

interface Step {
  readonly waitMs: number;
  readonly isRestart: boolean;
}

function admittedBy(rule: BucketRule, steps: readonly Step[]): number {
  let nowMs = 0;
  let inMemory: HeldQuota | undefined;
  let onDisk: HeldQuota | undefined;
  let admitted = 0;
  for (const { waitMs, isRestart } of steps) {
    nowMs += waitMs;
    const taken = takeQuota(isRestart ? onDisk : inMemory, { rule, nowMs });
    inMemory = taken.held;
    if (taken.isDue) onDisk = taken.held;
    if (taken.verdict.isAllowed) admitted += 1;
  }
  return admitted;
}

it("a permit is free only below the limit", () => {
  expect([0, 1, 2, 3].map((leased) => hasFreePermit(leased, 2))).toEqual([true, true, false, false]);
});

describe("purging", () => {
  it("goes on at once after a full batch", () => {
    expect(nextPurgeAtMs({ rows: PURGE_BATCH, oldestAtMs: 0 }, 1_000)).toBeLessThan(10_000);
  });

  it("waits until the oldest conversation is old enough, but at least a day", () => {
    expect(nextPurgeAtMs({ rows: 0, oldestAtMs: 5_000 }, 6_000)).toBe(5_000 + FORGET_AFTER_MS);
    expect(nextPurgeAtMs({ rows: 3, oldestAtMs: 0 }, FORGET_AFTER_MS - 1)).toBe(FORGET_AFTER_MS - 1 + DAY_MS);
  });

  it("also waits for the oldest dead letter, whichever comes first", () => {
    expect(nextPurgeAtMs({ rows: 0, oldestAtMs: undefined, oldestDeadAtMs: 5_000 }, 6_000)).toBe(5_000 + FORGET_DEAD_AFTER_MS);
    expect(nextPurgeAtMs({ rows: 0, oldestAtMs: 5_000, oldestDeadAtMs: 5_000 }, 6_000)).toBe(5_000 + FORGET_AFTER_MS);
  });

  it("ends when nothing is left to forget", () => {
    expect(nextPurgeAtMs({ rows: 3, oldestAtMs: undefined }, 0)).toBeUndefined();
  });
});
