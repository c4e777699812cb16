/** An instance that refuses us for our secret: who is remembered, who is held back, how often it is reached, and what operators see of it. */
import { describe, expect, it } from "vitest";
import { healthOf, type InstanceEvent, initialState, type State, step } from "../../../durable-objects/instance/machine.ts";
import { detailsOf, statusOf } from "../../../durable-objects/instance/status.ts";
import { NO_TURNS, REFUSED_EVERY_MS, takeTurn } from "../../../durable-objects/instance/turns.ts";
import { Agenda } from "../../../scripts/sim/agenda.ts";
import { Dice } from "../../../scripts/sim/dice.ts";
import type { Outcome } from "../../../src/core/outcome.ts";
import type { Turn } from "../../../src/ports/instances.ts";

const rule = { maxFails: 3, failTimeoutMs: 10_000 };
const RAMP = { rampMs: 60_000, perSecond: 100 };
const REFUSED: Outcome = { kind: "refused", isPermanent: false, status: 401, detail: "http 401" };
const TAKEN: Outcome = { kind: "accepted", status: 200, detail: "http 200" };
const A = "telegram:a";
const B = "telegram:b";

const reported = (nowMs: number, account: string | undefined, outcome: Outcome): InstanceEvent => ({
  ...{ type: "reported", nowMs, account, outcome, rule },
});
const down = (nowMs: number): InstanceEvent => ({ type: "probed", nowMs, result: { verdict: "down", reason: "http 500" } });
const stateAfter = (...events: readonly InstanceEvent[]): State =>
  events.reduce<State>((state, event) => step(state, event).state, initialState("eu-1"));
const refusedAt = (state: State, nowMs: number) => statusOf(state, RAMP, nowMs).refuses;
const turnOf = (state: State, account: string | undefined, nowMs: number): Turn =>
  takeTurn(NO_TURNS, state, { isRetry: true, account, rule: RAMP, nowMs, dice: 0 }).turn;

describe("what is remembered", () => {
  const other = (bent: Partial<Outcome>): Outcome => ({ ...REFUSED, ...bent });

  it.each<[string, readonly InstanceEvent[], readonly string[] | undefined]>([
    ["a 401", [reported(0, A, REFUSED)], [A]],
    ["a 403", [reported(0, A, other({ status: 403 }))], [A]],
    ["not a 404", [reported(0, A, other({ status: 404 }))], undefined],
    ["not what its model's provider refused", [reported(0, A, other({ kind: "model-failed" }))], undefined],
    ["not what an older Worker tells, which does not say whose it was", [reported(0, undefined, REFUSED)], undefined],
    ["until one is accepted", [reported(0, A, REFUSED), reported(1, A, TAKEN)], undefined],
    ["until a turn is begun", [reported(0, A, REFUSED), reported(1, A, other({ kind: "model-failed" }))], undefined],
    ["another failure says nothing", [reported(0, A, REFUSED), reported(1, A, { kind: "unknown", detail: "timeout" })], [A]],
    ["another account's says nothing", [reported(0, A, REFUSED), reported(1, B, TAKEN)], [A]],
    ["each account for itself", [reported(0, A, REFUSED), reported(1, B, REFUSED), reported(2, A, TAKEN)], [B]],
    ["not of a clock that went back", [reported(3_600_000, A, REFUSED)], undefined],
  ])("%s", (_, events, expected) => expect(refusedAt(stateAfter(...events), 10)).toEqual(expected));

  it("for five minutes after the last: then whoever comes finds out", () => {
    const state = stateAfter(reported(0, A, REFUSED), reported(200_000, A, REFUSED));
    expect([refusedAt(state, 499_999), refusedAt(state, 500_000)]).toEqual([[A], undefined]);
    expect(turnOf(state, A, 500_000)).toEqual({ verdict: "go" });
  });

  it("it stays healthy for all others, and writes nothing for what it takes", () => {
    const well = stateAfter();
    expect(healthOf(stateAfter(reported(0, A, REFUSED)), 0).isHealthy).toBe(true);
    expect(JSON.stringify(stateAfter(reported(0, A, TAKEN)))).toBe(JSON.stringify(well));
  });

  it("operators are shown which account it is, and told once", () => {
    const seen = { ramp: RAMP, lastProbe: undefined, pollers: [] };
    const state = stateAfter(reported(0, A, REFUSED), down(0), down(1));
    expect(detailsOf(state, seen, 1).reason).toBe("http 500; telegram:a is refused: http 401, check its secret");
    const first = step(initialState("eu-1"), reported(0, A, REFUSED));
    expect(first.log).toEqual([
      {
        level: "warn",
        event: "instance.refuses",
        instance: "eu-1",
        account: A,
        reason: "telegram:a is refused: http 401, check its secret",
      },
    ]);
    expect(step(first.state, reported(1, A, REFUSED)).log).toEqual([]);
  });
});

describe("turns", () => {
  const state = stateAfter(reported(0, A, REFUSED));
  const wait = { verdict: "wait", isDown: false, waitMs: 20_000, detail: "held back: telegram:a is refused: http 401, check its secret" };

  it("of the account that is refused: one every twenty seconds, also for an object that starts again; nobody is moved for that", () => {
    expect([turnOf(state, A, 0), turnOf(state, A, REFUSED_EVERY_MS)]).toEqual([wait, { verdict: "go" }]);
    const { turns } = takeTurn(NO_TURNS, state, { isRetry: true, account: A, rule: RAMP, nowMs: 20_000, dice: 0 });
    expect(takeTurn(turns, state, { isRetry: true, account: A, rule: RAMP, nowMs: 20_000, dice: 0 }).turn).toEqual(wait);
  });

  it.each([
    ["of others", B],
    ["of older Workers", undefined],
  ])("%s are as they were", (_, account) => expect(turnOf(state, account, 0)).toEqual({ verdict: "go" }));

  it("two accounts that are refused share them: it is one address that would be locked out", () => {
    expect(turnOf(stateAfter(reported(0, A, REFUSED), reported(10_000, B, REFUSED)), A, 20_000)).toMatchObject({
      verdict: "wait",
      waitMs: 10_000,
    });
  });

  it("of one that is down besides: what is held back may be moved", () => {
    expect(turnOf(stateAfter(reported(0, A, REFUSED), down(0), down(1)), A, 1)).toMatchObject({ verdict: "wait", isDown: true });
  });
});

it("two hundred conversations reach it once each and then three times a minute, and all go soon after it was mended", () => {
  const agenda = new Agenda();
  const dice = new Dice(7);
  const MENDED_MS = 600_000;
  const refusedMs: number[] = [];
  const takenMs: number[] = [];
  let instance = initialState("eu-1");
  let turns = NO_TURNS;
  const handOver = (): void => {
    const isMended = agenda.nowMs >= MENDED_MS;
    (isMended ? takenMs : refusedMs).push(agenda.nowMs);
    instance = step(instance, reported(agenda.nowMs, A, isMended ? TAKEN : REFUSED)).state;
    if (!isMended) agenda.after(dice.between(20_000, 34_000), ask);
  };
  const ask = (): void => {
    const next = takeTurn(turns, instance, { isRetry: true, account: A, rule: RAMP, nowMs: agenda.nowMs, dice: dice.next() });
    turns = next.turns;
    if (next.turn.verdict === "go") handOver();
    else agenda.after(next.turn.waitMs, ask);
  };
  for (let one = 0; one < 200; one += 1) agenda.after(dice.between(0, 5000), handOver);
  agenda.run(MENDED_MS + 600_000, () => false);
  expect(refusedMs.filter((atMs) => atMs <= 5000)).toHaveLength(200);
  for (let minute = 5001; minute < MENDED_MS; minute += 60_000)
    expect(refusedMs.filter((atMs) => atMs >= minute && atMs < minute + 60_000).length).toBeLessThanOrEqual(3);
  expect(takenMs).toHaveLength(200);
  expect(Math.max(...takenMs)).toBeLessThan(MENDED_MS + 60_000);
});
