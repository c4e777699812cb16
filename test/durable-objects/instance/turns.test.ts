/** What goes out to an instance that is in trouble or comes back: trials, the retry budget, the ramp. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type InstanceEvent, initialState, type State, step } from "../../../durable-objects/instance/machine.ts";
import { BUDGET, FRESH_MS, NO_TURNS, TRIAL_EVERY_MS, takeTurn } from "../../../durable-objects/instance/turns.ts";
import type { OutcomeKind } from "../../../src/core/outcome.ts";
import type { Turn } from "../../../src/ports/instances.ts";

const RULE = { rampMs: 60_000, perSecond: 10 };
const EJECTS = { maxFails: 3, failTimeoutMs: 10_000 };
/** Fails, and is not ejected for it. */
const FAILS = { maxFails: 100, failTimeoutMs: 10_000 };

const probed = (nowMs: number, verdict: "up" | "down"): InstanceEvent => ({
  type: "probed",
  nowMs,
  result: { verdict, reason: "http 500" },
});
const reported = (nowMs: number, kind: OutcomeKind, rule = EJECTS): InstanceEvent => ({
  ...{ type: "reported", nowMs, rule, outcome: { kind, detail: "http 502" } },
});
const after = (...events: readonly InstanceEvent[]): State =>
  events.reduce<State>((state, event) => step(state, event).state, initialState("eu-1"));

const well = after();
const down = after(probed(0, "down"), probed(0, "down"));
const ejected = after(...[0, 0, 0].map((nowMs) => reported(nowMs, "failed")));
const failing = after(reported(0, "failed", FAILS));
const back = after(probed(0, "down"), probed(0, "down"), probed(1000, "up"), probed(1000, "up"));

interface Ask {
  readonly nowMs: number;
  readonly isRetry?: boolean;
  readonly state?: State;
}

function ask(state: State, asks: readonly Ask[], dice = 0): readonly Turn[] {
  let turns = NO_TURNS;
  return asks.map((one) => {
    const next = takeTurn(turns, one.state ?? state, { isRetry: one.isRetry ?? true, rule: RULE, nowMs: one.nowMs, dice });
    turns = next.turns;
    return next.turn;
  });
}

const times = (count: number, everyMs: number): readonly Ask[] => Array.from({ length: count }, (_, index) => ({ nowMs: index * everyMs }));
const gone = (turns: readonly Turn[]): number => turns.filter(({ verdict }) => verdict === "go").length;

/** How many ask in each tenth of a second, when all come at once and come again as they are told, none of them ever going. */
function asksOf(many: number, tenths: number): readonly number[] {
  let turns = NO_TURNS;
  const due = Array.from({ length: tenths }, (_, index) => (index === 0 ? many : 0));
  for (const [tenth, count] of due.entries()) {
    const nowMs = tenth * 100;
    for (let one = 0; one < count; one += 1) {
      const next = takeTurn({ ...turns, trialAtMs: nowMs }, down, { isRetry: true, rule: RULE, nowMs, dice: one / count });
      turns = next.turns;
      const at = next.turn.verdict === "wait" ? Math.ceil((nowMs + next.turn.waitMs) / 100) : tenths;
      if (at < tenths) due[at] = (due[at] ?? 0) + 1;
    }
  }
  return due;
}

it("an instance that is well holds nobody back, however many ask", () => {
  expect(ask(well, times(500, 1))).toEqual(times(500, 1).map(() => ({ verdict: "go" })));
});

describe("an instance that is out", () => {
  it.each([
    ["down", down, "held back: http 500", { isAbsent: true }],
    ["ejected", ejected, "held back: 3 failed deliveries, the last: http 502", {}],
  ])("%s: one trial goes out, all others wait two to five seconds and may be moved", (_, state, detail, known) => {
    const wait = (waitMs: number) => ({ verdict: "wait", isDown: true, waitMs, detail });
    expect(ask(state, times(3, 1))).toEqual([{ verdict: "go", rampUntilMs: 60_000, ...known }, wait(2000), wait(2000)]);
    expect(ask(state, times(2, 1), 0.999_99)).toEqual([{ verdict: "go", rampUntilMs: 60_000, ...known }, wait(5000)]);
  });

  it("is absent as long as no probe is good: after one somebody is there, and who failed only deliveries was never gone", () => {
    const rising = step(down, probed(1, "up")).state;
    const vouched = step(down, reported(1, "accepted")).state;
    const both = step(step(ejected, probed(1, "down")).state, probed(2, "down")).state;
    const absent = (state: State) => ask(state, [{ nowMs: 5 }]).map((turn) => turn.verdict === "go" && turn.isAbsent === true);
    expect([down, both, rising, vouched, ejected].flatMap(absent)).toEqual([true, true, false, false, false]);
  });

  it("a trial's conversation asks for what follows, for as long as a ramp would last: its own message may be what brings it back", () => {
    expect(ask(down, [{ nowMs: 0 }, { nowMs: 5000 }]).map(({ rampUntilMs }) => rampUntilMs)).toEqual([60_000, 65_000]);
  });

  it("in any two seconds there is one trial, of all that ask together", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1500), { maxLength: 200 }), (gaps) => {
        let nowMs = 0;
        const asks = gaps.map((gapMs) => {
          nowMs += gapMs;
          return { nowMs };
        });
        const trials = ask(down, asks).flatMap(({ verdict }, index) => (verdict === "go" ? [asks[index]?.nowMs ?? 0] : []));
        expect(trials.every((atMs, index) => index === 0 || atMs - (trials[index - 1] ?? 0) >= TRIAL_EVERY_MS)).toBe(true);
        expect(trials.length).toBeGreaterThanOrEqual(Math.min(1, asks.length));
      }),
    );
  });

  it("whose ejection ran out it is still tried, until it took something", () => {
    const proven = step(ejected, reported(10_001, "accepted")).state;
    expect(gone(ask(ejected, [{ nowMs: 10_001 }, { nowMs: 10_002 }, { nowMs: 12_001 }]))).toBe(2);
    expect(gone(ask(ejected, [{ nowMs: 10_001 }, { nowMs: 10_002, state: proven }]))).toBe(2);
  });

  it("ejected, it gives all their turn as soon as it took one, without a ramp: that was bad luck, no outage", () => {
    const proven = step(ejected, reported(2000, "accepted")).state;
    expect(
      ask(ejected, [{ nowMs: 0 }, { nowMs: 1 }, ...times(50, 10).map(({ nowMs }) => ({ nowMs: 2000 + nowMs, state: proven }))]),
    ).toEqual([
      { verdict: "go", rampUntilMs: 60_000 },
      { verdict: "wait", isDown: true, waitMs: 2000, detail: "held back: 3 failed deliveries, the last: http 502" },
      ...times(50, 10).map(() => ({ verdict: "go" })),
    ]);
  });

  it("ejected for long, what it takes begins a ramp; nobody is moved for that", () => {
    const again = step(step(ejected, reported(10_001, "failed")).state, reported(12_000, "accepted")).state;
    const busy = Array.from({ length: 10 }, () => ({ nowMs: 12_000 }));
    const turns = ask(again, busy);
    expect([gone(turns), turns.at(-1)]).toMatchObject([1, { verdict: "wait", isDown: false }]);
  });

  it("ejected and down, or silent, a delivery that it took before proves nothing", () => {
    const both = [reported(1, "accepted"), probed(2, "down"), probed(3, "down")].reduce<State>(
      (state, event) => step(state, event).state,
      ejected,
    );
    expect(gone(ask(both, [{ nowMs: 4 }, { nowMs: 5 }]))).toBe(1);
  });

  it.each<OutcomeKind>(["refused", "model-failed", "unmarked", "cut-off"])("an answer that is %s is proof enough", (kind) => {
    const proven = step(ejected, reported(10_001, kind)).state;
    expect(gone(ask(ejected, [{ nowMs: 10_000 }, { nowMs: 10_001, state: proven }, { nowMs: 10_200, state: proven }]))).toBe(2);
    expect(ask(proven, [{ nowMs: 10_001 }, { nowMs: 10_002 }])[1]).toMatchObject({ isDown: false });
  });

  it("the more wait for it, the later each is told to come, up to half a minute; ten thousand ask not a thousand times a second", () => {
    const waits = ask(down, times(10_000, 0.1), 0.999_99).map((turn) => (turn.verdict === "go" ? 0 : turn.waitMs));
    expect([1, 500, 2000, 9000].map((index) => waits[index])).toEqual([5000, 5000, 11_800, 30_000]);
    const asks = asksOf(10_000, 600);
    expect(asks.slice(-100).reduce((sum, count) => sum + count, 0) / 10).toBeLessThan(1000);
  });

  it("a clock that goes back holds nobody to what it said before", () => {
    expect(gone(ask(down, [{ nowMs: 3_600_000 }, { nowMs: 3_600_001 }, { nowMs: 10 }, { nowMs: 11 }]))).toBe(2);
    const late = after(probed(3_600_000, "down"), probed(3_600_000, "down"), probed(3_600_001, "up"), probed(3_600_001, "up"));
    expect(ask(late, times(20, 1))).toEqual(times(20, 1).map(() => ({ verdict: "go" })));
    const failed = step(well, reported(3_600_000, "failed", FAILS)).state;
    expect(gone(ask(failed, times(20, 1)))).toBe(20);
  });

  it("a trial that it takes ends the doubt of the probes", () => {
    const vouched = step(down, reported(1, "accepted")).state;
    expect(ask(down, [{ nowMs: 0 }, { nowMs: 1 }, { nowMs: 2, state: vouched }]).map(({ verdict }) => verdict)).toEqual([
      "go",
      "wait",
      "go",
    ]);
  });
});

describe("an instance that is well, and has just failed something", () => {
  it("has a budget of three retries and a fifth of all", () => {
    expect(gone(ask(failing, times(50, 10)))).toBe(3);
    const withOthers = Array.from({ length: 100 }, (_, index) => ({ nowMs: index * 10, isRetry: index % 2 === 0 }));
    expect(gone(ask(failing, withOthers))).toBe(50 + 16);
  });

  it("is free again once nothing failed for ten seconds, or it took something", () => {
    const proven = step(failing, reported(1, "accepted")).state;
    expect(gone(ask(failing, [...times(10, 1), { nowMs: FRESH_MS }]))).toBe(4);
    expect(gone(ask(failing, [...times(10, 1), ...times(10, 1).map((one) => ({ ...one, state: proven }))]))).toBe(13);
  });

  it("whatever is asked when: in no ten seconds do more retries go out than the budget", () => {
    const asks = fc.array(fc.record({ gapMs: fc.nat(3000), isRetry: fc.boolean() }), { maxLength: 150 });
    fc.assert(
      fc.property(asks, (steps) => {
        let nowMs = 0;
        const asked = steps.map(({ gapMs, isRetry }) => {
          nowMs += gapMs;
          return { nowMs, isRetry, state: after(reported(nowMs, "failed", FAILS)) };
        });
        const went = ask(failing, asked).flatMap(({ verdict }, index) => (verdict === "go" ? (asked[index] ?? []) : []));
        for (const last of went) {
          const lately = went.filter((one) => one.nowMs <= last.nowMs && last.nowMs - one.nowMs < FRESH_MS);
          const retries = lately.filter((one) => one.isRetry).length;
          expect(retries).toBeLessThanOrEqual(BUDGET.least + BUDGET.share * lately.length);
        }
      }),
    );
  });
});

describe("an instance that is back", () => {
  it("lets through what its ramp allows, retry or not, and says how long it will want to be asked", () => {
    const turns = ask(back, [{ nowMs: 1000 }, { nowMs: 1001, isRetry: false }, { nowMs: 2100 }]);
    expect(turns).toEqual([
      { verdict: "go", rampUntilMs: 61_000 },
      { verdict: "wait", isDown: false, waitMs: 1000, detail: "the instance is coming back", rampUntilMs: 61_000 },
      { verdict: "go", rampUntilMs: 61_000 },
    ]);
  });

  it("in its first second gets a tenth, in its last all; afterwards nobody asks for anything", () => {
    const inSecond = (second: number) => Array.from({ length: 100 }, (_, index) => ({ nowMs: 1000 + second * 1000 + index * 10 }));
    const turns = ask(back, [...inSecond(0), ...inSecond(59), ...inSecond(60)]);
    expect([0, 1, 2].map((part) => gone(turns.slice(part * 100, part * 100 + 100)))).toEqual([2, 19, 100]);
    expect(turns.at(-1)).toEqual({ verdict: "go" });
  });

  it("begins from the start when it was away again", () => {
    const again = [probed(3000, "down"), probed(3000, "down"), probed(4000, "up"), probed(4000, "up")].reduce<State>(
      (state, event) => step(state, event).state,
      back,
    );
    const busy = Array.from({ length: 5 }, () => ({ nowMs: 4000, state: again }));
    expect(gone(ask(back, [{ nowMs: 1000 }, { nowMs: 3900 }, ...busy]))).toBe(3);
  });
});
