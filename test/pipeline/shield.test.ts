import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createShield, SHIELD_RULE } from "../../src/pipeline/shield.ts";

const chargeTimes = (shield: ReturnType<typeof createShield>, source: string, times: number, nowMs = 0): void => {
  for (let index = 0; index < times; index += 1) shield.charge(source, nowMs);
};

describe("the flood shield", () => {
  it("lets a source it has never charged try, always", () => {
    const shield = createShield();
    for (let index = 0; index < 1_000; index += 1) expect(shield.refuses("a", index)).toBeUndefined();
  });

  it("refuses after as many failures as the burst, and not before", () => {
    const shield = createShield();
    chargeTimes(shield, "a", SHIELD_RULE.burst - 1);
    expect(shield.refuses("a", 0)).toBeUndefined();
    shield.charge("a", 0);
    expect(shield.refuses("a", 0)).toBe(60_000 / SHIELD_RULE.perMinute);
  });

  it("lets the source try again after the time it named", () => {
    const shield = createShield();
    chargeTimes(shield, "a", 100);
    const waitMs = shield.refuses("a", 0) ?? 0;
    expect(shield.refuses("a", waitMs - 1)).toBe(1);
    expect(shield.refuses("a", waitMs)).toBeUndefined();
  });

  it("is quiet while it remembers nobody", () => {
    const shield = createShield();
    expect(shield.isQuiet()).toBe(true);
    shield.charge("a", 0);
    expect(shield.isQuiet()).toBe(false);
    expect(shield.refuses("a", 3_600_000)).toBeUndefined();
    expect(shield.isQuiet()).toBe(true);
  });

  it("does not charge for asking", () => {
    const shield = createShield();
    chargeTimes(shield, "a", SHIELD_RULE.burst);
    const waits = Array.from({ length: 50 }, () => shield.refuses("a", 0));
    expect(new Set(waits).size).toBe(1);
  });

  it("keeps sources apart", () => {
    const shield = createShield();
    chargeTimes(shield, "a", SHIELD_RULE.burst);
    expect(shield.refuses("a", 0)).toBeGreaterThan(0);
    expect(shield.refuses("b", 0)).toBeUndefined();
    expect(shield.refuses("__proto__", 0)).toBeUndefined();
  });

  it("forgets the source charged longest ago when there are too many", () => {
    const shield = createShield({ rule: { perMinute: 1, burst: 1 }, maxSources: 2 });
    for (const source of ["a", "b", "a", "c"]) shield.charge(source, 0);
    expect(["a", "b", "c"].map((source) => shield.refuses(source, 0) !== undefined)).toEqual([true, false, true]);
  });

  it("lets through at most the burst and the rate, whatever a source does", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 300 }), (waits) => {
        const shield = createShield();
        let nowMs = 0;
        let verified = 0;
        for (const waitMs of waits) {
          nowMs += waitMs;
          if (shield.refuses("a", nowMs) !== undefined) continue;
          verified += 1;
          shield.charge("a", nowMs);
        }
        expect(verified).toBeLessThanOrEqual(SHIELD_RULE.burst + (nowMs * SHIELD_RULE.perMinute) / 60_000 + 1e-6);
      }),
    );
  });
});
