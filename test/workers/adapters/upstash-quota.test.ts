import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refillOf } from "../../../workers/adapters/upstash-quota.ts";

describe("a rule as Upstash counts it", () => {
  it.each([
    [
      { perMinute: 1, burst: 5 },
      { tokens: 1, intervalMs: 60_000 },
    ],
    [
      { perMinute: 60, burst: 5 },
      { tokens: 1, intervalMs: 1_000 },
    ],
    [
      { perMinute: 0.5, burst: 5 },
      { tokens: 1, intervalMs: 120_000 },
    ],
    [
      { perMinute: 6_000, burst: 100 },
      { tokens: 10, intervalMs: 100 },
    ],
    [
      { perMinute: 6_000, burst: 2 },
      { tokens: 2, intervalMs: 20 },
    ],
    [
      { perMinute: 1_000_000, burst: 1 },
      { tokens: 1, intervalMs: 1 },
    ],
  ])("of %o is %o", (rule, expected) => {
    expect(refillOf(rule)).toEqual(expected);
  });

  it("keeps the rate within half a per cent where the burst has room for it, and never refills more than fits", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1_000_000, noNaN: true }), fc.integer({ min: 2_000, max: 1_000_000 }), (perMinute, burst) => {
        const { tokens, intervalMs } = refillOf({ perMinute, burst });
        expect(Math.abs((tokens * 60_000) / intervalMs / perMinute - 1)).toBeLessThanOrEqual(0.005 + 1e-9);
        expect(tokens).toBeLessThanOrEqual(burst);
      }),
    );
  });
});
