import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bucket, type BucketRule, fullBucket, refill, reserveToken, takeToken } from "../../src/core/token-bucket.ts";

const rules: fc.Arbitrary<BucketRule> = fc.record({
  perMinute: fc.oneof(fc.integer({ min: 1, max: 6_000 }), fc.double({ min: 0.1, max: 100, noNaN: true })),
  burst: fc.integer({ min: 1, max: 100 }),
});
const steps = fc.array(fc.integer({ min: -2_000, max: 20_000 }), { minLength: 1, maxLength: 200 });
const START_MS = 1_790_000_000_000;

function admit(rule: BucketRule, arrivals: readonly number[]): { readonly bucket: Bucket; readonly admitted: readonly number[] } {
  let bucket = fullBucket(rule, START_MS);
  const admitted = arrivals.filter((atMs) => {
    const taken = takeToken(bucket, rule, atMs);
    bucket = taken.bucket;
    return taken.isAllowed;
  });
  return { bucket, admitted };
}

describe("taking", () => {
  it("200 at once admit exactly the bucket", () => {
    const rule = { perMinute: 20, burst: 5 };
    expect(
      admit(
        rule,
        Array.from({ length: 200 }, () => START_MS),
      ).admitted,
    ).toHaveLength(5);
    expect(
      admit(
        rule,
        Array.from({ length: 200 }, () => START_MS + 60_000),
      ).admitted,
    ).toHaveLength(5);
  });

  it("never admits more than the burst and what time has brought, even when the clock goes back", () =>
    fc.assert(
      fc.property(rules, steps, (rule, gaps) => {
        let nowMs = START_MS;
        const arrivals = gaps.map((gapMs) => (nowMs += gapMs));
        const elapsedMs = Math.max(START_MS, ...arrivals) - START_MS;
        expect(admit(rule, arrivals).admitted.length).toBeLessThanOrEqual(rule.burst + (elapsedMs * rule.perMinute) / 60_000 + 1e-6);
      }),
    ));

  it("keeps between nothing and the burst", () =>
    fc.assert(
      fc.property(rules, steps, (rule, gaps) => {
        let nowMs = START_MS;
        const { tokens } = admit(
          rule,
          gaps.map((gapMs) => (nowMs += gapMs)),
        ).bucket;
        expect(tokens).toBeGreaterThanOrEqual(0);
        expect(tokens).toBeLessThanOrEqual(rule.burst);
      }),
    ));

  it("who waits as long as it was told is admitted, and who comes two milliseconds earlier is not", () =>
    fc.assert(
      fc.property(rules, steps, (rule, gaps) => {
        let nowMs = START_MS;
        const { bucket } = admit(
          rule,
          gaps.map((gapMs) => (nowMs += gapMs)),
        );
        const refused = takeToken(bucket, rule, bucket.atMs);
        fc.pre(!refused.isAllowed);
        expect(takeToken(refused.bucket, rule, bucket.atMs + refused.waitMs).isAllowed).toBe(true);
        expect(takeToken(refused.bucket, rule, bucket.atMs + refused.waitMs - 2).isAllowed).toBe(false);
      }),
    ));
});

describe("reserving", () => {
  it("gives growing waits at the bucket's pace, first the burst for nothing", () => {
    const rule = { perMinute: 60, burst: 2 };
    let bucket = fullBucket(rule, START_MS);
    const waits = Array.from({ length: 5 }, () => {
      const reserved = reserveToken(bucket, rule, START_MS);
      bucket = reserved.bucket;
      return reserved.waitMs;
    });
    expect(waits).toEqual([0, 0, 1_000, 2_000, 3_000]);
  });

  it("debts are paid by time alone", () => {
    const rule = { perMinute: 60, burst: 1 };
    const indebted: Bucket = { tokens: -3, atMs: START_MS };
    expect(refill(indebted, rule, START_MS + 2_000).tokens).toBe(-1);
    expect(takeToken(indebted, rule, START_MS + 3_999).isAllowed).toBe(false);
    expect(takeToken(indebted, rule, START_MS + 4_000).isAllowed).toBe(true);
  });
});
