import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffMs } from "../../src/core/backoff.ts";

describe("backoff", () => {
  const rule = { baseMs: 100, maxMs: 5_000 };
  it.each([
    [1, 100],
    [2, 200],
    [3, 400],
    [6, 3_200],
    [7, 5_000],
    [1_000, 5_000],
    [0, 100],
  ])("after %i failures the middle of the dice waits %i ms", (tries, expected) => expect(backoffMs(rule, tries, 0.5)).toBe(expected));
  it("stays within a quarter of it, and grows with the dice", () =>
    fc.assert(
      fc.property(fc.nat(100), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (tries, dice) => {
        const middle = backoffMs(rule, tries, 0.5);
        expect(Math.abs(backoffMs(rule, tries, dice) - middle)).toBeLessThanOrEqual(middle / 4 + 1);
      }),
    ));
  it("a high roll waits longer than a low one", () => expect([backoffMs(rule, 1, 0), backoffMs(rule, 1, 0.99)]).toEqual([75, 125]));
});
