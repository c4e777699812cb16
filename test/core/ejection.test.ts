/** The thresholds, the growing time, probation, and what a probe may lift. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ejection, isEjected, NO_EJECTION, recordFailure, recordSuccess, refuteBy } from "../../src/core/ejection.ts";

const rule = { maxFails: 3, failTimeoutMs: 10_000 };
const fail = (ejection: Ejection, atMs: number, isUnreachable = false) =>
  recordFailure(ejection, rule, { atMs, isUnreachable, detail: "http 500" });
const failAt = (...times: readonly number[]) => times.reduce((ejection, atMs) => fail(ejection, atMs), NO_EJECTION);

describe("thresholds", () => {
  it("the third failure within the window ejects, for the window's length", () => {
    expect(isEjected(failAt(0, 1000), 1000)).toBe(false);
    const ejected = failAt(0, 1000, 2000);
    expect([isEjected(ejected, 2000), isEjected(ejected, 11_999), isEjected(ejected, 12_000)]).toEqual([true, true, false]);
  });

  it("failures that lie further apart than the window never add up", () => {
    expect(isEjected(failAt(0, 5000, 10_000, 15_000, 20_000), 20_000)).toBe(false);
  });

  it("a success in between forgets the failures", () => {
    const forgiven = recordSuccess(failAt(0, 1000));
    expect(isEjected(fail(fail(forgiven, 2000), 3000), 3000)).toBe(false);
  });
});

describe("after an ejection", () => {
  const once = failAt(0, 0, 0);

  it("failures during it do not lengthen it", () => {
    expect(fail(once, 5000)).toEqual(once);
  });

  it("one failure on probation ejects again, longer each time, up to five minutes", () => {
    let ejection = once;
    const lengths: number[] = [];
    for (let round = 0; round < 40; round += 1) {
      lengths.push(ejection.untilMs - ejection.sinceMs);
      ejection = fail(ejection, ejection.untilMs);
    }
    expect(lengths.slice(0, 4)).toEqual([10_000, 20_000, 30_000, 40_000]);
    expect(Math.max(...lengths)).toBe(300_000);
  });

  it("a success on probation puts it back to the full threshold", () => {
    expect(isEjected(fail(recordSuccess(once), 11_000), 11_000)).toBe(false);
  });

  it("probation ends by itself when nothing happens for as long as the ejection was", () => {
    expect(isEjected(fail(once, 19_999), 19_999)).toBe(true);
    expect(isEjected(fail(once, 20_000), 20_000)).toBe(false);
  });
});

describe("a good probe", () => {
  it("lifts an ejection when nobody could be connected to", () => {
    const ejected = [0, 1, 2].reduce((ejection, atMs) => fail(ejection, atMs, true), NO_EJECTION);
    expect([isEjected(ejected, 3), isEjected(refuteBy(ejected, 3), 3)]).toEqual([true, false]);
  });

  it("lifts nothing when one of the failures was an answer or a timeout", () => {
    const ejected = fail(fail(fail(NO_EJECTION, 0, true), 1, false), 2, true);
    expect(isEjected(refuteBy(ejected, 3), 3)).toBe(true);
  });
});

it("an ejection never lasts longer than the cap, and fewer failures than maxFails in all never eject", () => {
  const events = fc.array(fc.record({ gapMs: fc.nat(20_000), isGood: fc.boolean(), isUnreachable: fc.boolean() }), { maxLength: 60 });
  fc.assert(
    fc.property(events, (script) => {
      let ejection = NO_EJECTION;
      let nowMs = 0;
      let failures = 0;
      for (const { gapMs, isGood, isUnreachable } of script) {
        nowMs += gapMs;
        failures += isGood ? 0 : 1;
        ejection = isGood ? recordSuccess(ejection) : fail(ejection, nowMs, isUnreachable);
        expect(ejection.untilMs - nowMs).toBeLessThanOrEqual(300_000);
        expect(ejection.failures.length).toBeLessThan(rule.maxFails);
        if (failures < rule.maxFails) expect(isEjected(ejection, nowMs)).toBe(false);
      }
    }),
  );
});
