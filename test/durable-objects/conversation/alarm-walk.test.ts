/** Random walks of the machine, under rules that change on the way: an alarm is due whenever something waits, and it is due for the next thing that may happen. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { step, wakeAtMs } from "../../../durable-objects/conversation/machine.ts";
import type { Effect } from "../../../durable-objects/conversation/state.ts";
import type { DeliveryRules, PoolRules } from "../../../src/core/delivery-rules.ts";
import type { Outcome } from "../../../src/core/outcome.ts";
import { accepted, busy, commitOf, Driver, deliveryRules, failed, refused, unknown, unreachable } from "../../support/conversation.ts";

const OUTCOMES: readonly Outcome[] = [
  accepted,
  unreachable,
  unknown,
  failed,
  busy,
  refused,
  { ...busy, isDraining: true },
  { ...refused, isPermanent: false },
];

const poolRules: fc.Arbitrary<Partial<PoolRules>> = fc.record({
  instances: fc.constantFrom(["eu-1"], ["eu-1", "eu-2"], ["eu-1", "eu-2", "eu-3"]),
  policy: fc.constantFrom("hold", "hold-then-move", "move"),
  holdMs: fc.constantFrom(0, 2000, 30_000),
  ambiguous: fc.constantFrom("park", "resend"),
  standbys: fc.constantFrom([], ["eu-2"]),
  returnAfterMs: fc.constantFrom(undefined, 1000),
  keepsAnswers: fc.constantFrom(undefined, true),
  tells: fc.constantFrom({ held: true, moved: true, unanswered: true }, { held: false, moved: false, unanswered: false }),
  backlog: fc.record({
    policy: fc.constantFrom("flush", "collapse"),
    keep: fc.constantFrom(1, 3),
    afterMs: fc.constantFrom(0, 5000),
    maxAgeMs: fc.constantFrom(undefined, 20_000),
  }),
});

const rules: fc.Arbitrary<DeliveryRules> = fc
  .tuple(poolRules, fc.subarray(["eu-1", "eu-2"]), fc.boolean())
  .map(([bent, draining, isReturning]) => ({ ...deliveryRules(bent, draining), returning: isReturning ? draining : [] }));

type Turn = (driver: Driver) => void;

const turn: fc.Arbitrary<Turn> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Turn>((driver) => void driver.commit()) },
  {
    weight: 6,
    arbitrary: fc.constantFrom(...OUTCOMES).map(
      (outcome): Turn =>
        (driver) => {
          if (driver.state.queue[0]?.attempt !== undefined) driver.answer(outcome);
        },
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom("eu-1", "eu-2", undefined).map(
      (instance): Turn =>
        (driver) => {
          if (driver.state.choosing !== undefined) driver.place(instance);
        },
    ),
  },
  {
    weight: 6,
    arbitrary: fc.constant<Turn>((driver) => {
      const atMs = wakeAtMs(driver.state, driver.nowMs);
      if (atMs !== undefined) driver.wake(Math.max(0, atMs - driver.nowMs));
    }),
  },
  {
    weight: 3,
    arbitrary: fc.integer({ min: 0, max: 40_000 }).map(
      (ms): Turn =>
        (driver) =>
          void driver.wake(ms),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 5000 }).map(
      (ms): Turn =>
        (driver) => {
          driver.crash();
          // The alarm of the last incarnation still stands.
          driver.wake(ms);
        },
    ),
  },
  {
    weight: 1,
    arbitrary: rules.map(
      (next): Turn =>
        (driver) => {
          driver.rules = next;
          driver.wake();
        },
    ),
  },
);

const isLookedUp = ({ state, nowMs }: Driver): boolean => nowMs < (state.queue[0]?.cache?.untilMs ?? 0);
const isUnderWay = (driver: Driver): boolean => {
  const [head] = driver.state.queue;
  return head?.attempt !== undefined || driver.state.choosing?.seq === head?.seq || isLookedUp(driver);
};

/** What would happen, were it asked at this moment. */
function askedAt(driver: Driver, nowMs: number): readonly Effect[] {
  const { effects, writes } = step(driver.state, { type: "wake", ...driver.moment(), nowMs });
  if (!isUnderWay(driver)) expect(writes.length).toBe(0);
  return isUnderWay(driver) ? effects.filter((effect) => effect.do === "notice" && effect.notice === "held") : effects;
}

const walk = (check: (driver: Driver) => void, at: "each turn" | "the end" = "each turn") =>
  fc.assert(
    fc.property(rules, fc.array(turn, { maxLength: 60 }), (first, turns) => {
      const driver = new Driver(first);
      driver.feed({ type: "commit", commit: commitOf(), ...driver.moment() });
      for (const take of turns) {
        take(driver);
        if (at === "each turn") check(driver);
      }
      check(driver);
    }),
    { numRuns: 400 },
  );

it("while something waits an alarm is due, at its retry or within the lease, and not at all when nothing does", () => {
  walk((driver) => {
    const atMs = wakeAtMs(driver.state, driver.nowMs);
    const head = driver.state.queue[0];
    if (head === undefined) return expect(atMs).toBeUndefined();
    expect(atMs).toBeLessThanOrEqual(Math.max(head.dueAtMs, driver.nowMs + 5000));
  });
});

it("nothing is asked before it can change anything: a wake any sooner than the alarm does nothing", () => {
  walk((driver) => {
    const atMs = wakeAtMs(driver.state, driver.nowMs) ?? driver.nowMs + 3_600_000;
    for (const share of [0, 0.5, 1]) {
      const nowMs = Math.floor(driver.nowMs + share * (atMs - 1 - driver.nowMs));
      if (nowMs >= driver.nowMs && nowMs < atMs) expect(askedAt(driver, nowMs)).toEqual([]);
    }
  });
});

it("an alarm that rings does something, or is followed by one that is later: none chases itself", () => {
  walk((driver) => {
    const copy = new Driver(driver.rules);
    copy.state = driver.state;
    copy.nowMs = driver.nowMs;
    const untilMs = driver.nowMs + 600_000;
    let rings = 0;
    for (; rings < 500 && copy.nowMs < untilMs; rings += 1) {
      if (copy.state.choosing !== undefined && copy.effects.some((effect) => effect.do === "choose")) copy.place();
      else if (copy.state.queue[0]?.attempt !== undefined && copy.state.liveAttempt !== undefined) copy.answer(unreachable);
      copy.nowMs = Math.max(copy.nowMs, wakeAtMs(copy.state, copy.nowMs) ?? untilMs);
      copy.wake();
    }
    expect(rings).toBeLessThan(500);
  }, "the end");
});

it("a person is told at most once between two messages that arrive", () => {
  walk((driver) => {
    let isTold = false;
    for (const effect of driver.effects) {
      if (effect.do === "ended" && effect.ending.state === "delivered") isTold = false;
      if (effect.do !== "notice" || effect.notice !== "held") continue;
      expect(isTold).toBe(false);
      isTold = true;
    }
  }, "the end");
});
