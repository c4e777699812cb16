/** How much an instance that is back is given, and that it is never more. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { instanceSchema } from "../../src/config/instance-schema.ts";
import { type Ramp, type RampRule, shareAt, startRamp, takeRamped } from "../../src/core/ramp.ts";

const RULE: RampRule = { rampMs: 60_000, perSecond: 100 };

it("the share grows from a tenth to all of it, linearly", () => {
  expect([-5, 0, 30_000, 59_999, 60_000, 90_000].map((nowMs) => Math.round(shareAt(0, RULE, nowMs) * 100) / 100)).toEqual([
    0.1, 0.1, 0.55, 1, 1, 1,
  ]);
  expect(shareAt(0, { ...RULE, rampMs: 0 }, 0)).toBe(1);
});

it("the first is let through at once, the next are told times one after the other", () => {
  let ramp = startRamp(0);
  const waits = Array.from({ length: 4 }, () => {
    const taken = takeRamped(ramp, RULE, 0);
    ramp = taken.ramp;
    return taken.waitMs;
  });
  expect(waits).toEqual([0, 100, 199, 296]);
});

it("who comes when it was told finds a token, when all do", () => {
  let ramp = startRamp(0);
  const told = Array.from({ length: 50 }, () => {
    const taken = takeRamped(ramp, RULE, 0);
    ramp = taken.ramp;
    return taken.waitMs;
  });
  const again = told.slice(1).map((nowMs) => {
    const taken = takeRamped(ramp, RULE, nowMs);
    ramp = taken.ramp;
    return taken.waitMs;
  });
  expect(again).toEqual(again.map(() => 0));
});

/** What the rate allows in all between the start and then, by its definition. */
function allowedBy({ rampMs, perSecond }: RampRule, nowMs: number): number {
  const rampedMs = Math.min(nowMs, rampMs);
  const rampedShare = (0.1 + (rampMs === 0 ? 1 : 0.1 + (0.9 * rampedMs) / rampMs)) / 2;
  return (perSecond * (rampedShare * rampedMs + (nowMs - rampedMs))) / 1000;
}

it("never more goes out than the growing rate allows, and the first", () => {
  const rules = fc.record({ rampMs: fc.integer({ min: 1, max: 600_000 }), perSecond: fc.double({ min: 0.01, max: 1000, noNaN: true }) });
  fc.assert(
    fc.property(rules, fc.array(fc.nat(5000), { maxLength: 300 }), (rule, gaps) => {
      let ramp: Ramp = startRamp(0);
      let nowMs = 0;
      let taken = 0;
      for (const gapMs of gaps) {
        nowMs += gapMs;
        const next = takeRamped(ramp, rule, nowMs);
        ramp = next.ramp;
        if (next.waitMs === 0) taken += 1;
        expect(taken).toBeLessThanOrEqual(1 + allowedBy(rule, nowMs) + 1e-6);
        expect(next.waitMs).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});

it("a clock that jumps back gives nothing away, and what it told before counts no more", () => {
  const asked = Array.from({ length: 50 }).reduce<Ramp>((ramp) => takeRamped(ramp, RULE, 3_600_000).ramp, startRamp(3_600_000));
  const back = takeRamped({ ...asked, tokens: 0 }, RULE, 0);
  expect(back.waitMs).toBe(100);
  expect(takeRamped(back.ramp, RULE, 100).waitMs).toBe(0);
});

/** When nobody waits any more, of those that an outage left behind and of those that go on coming; each comes again when it was told. */
function goneAtMs(rule: RampRule, left: { readonly waiting: number; readonly everyMs: number }): number {
  const due = [left.waiting];
  let ramp = startRamp(0);
  let waiting = left.waiting;
  for (let nowMs = 0; ; nowMs += 1) {
    const isNew = nowMs > 0 && nowMs % left.everyMs === 0;
    waiting += Number(isNew);
    for (let asking = (due[nowMs] ?? 0) + Number(isNew); asking > 0; asking -= 1) {
      const taken = takeRamped(ramp, rule, nowMs);
      ramp = taken.ramp;
      const againAtMs = nowMs + taken.waitMs;
      if (taken.waitMs === 0) waiting -= 1;
      else due[againAtMs] = (due[againAtMs] ?? 0) + 1;
    }
    if (waiting === 0) return nowMs;
  }
}

it("as a document has it that says nothing, what half a minute at 50 a second left behind is gone within a minute, while 50 a second go on coming", () => {
  const left = { waiting: 1500, everyMs: 20 };
  expect(instanceSchema.parse({}).recovery).toEqual({ rampMs: 60_000, perSecond: 200 });
  // By the areas under both lines: 1500 + 50 t = 20 t + 1.5 t².
  expect(Math.round(goneAtMs(instanceSchema.parse({}).recovery, left) / 1000)).toBe(43);
  expect(Math.round(goneAtMs(RULE, left) / 1000)).toBe(84);
});
