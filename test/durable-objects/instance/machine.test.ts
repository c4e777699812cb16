/** What makes an instance unhealthy, what does not, and that every change is told once. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  healthOf,
  type InstanceEvent,
  initialState,
  pinsLately,
  probeDelayMs,
  type State,
  step,
} from "../../../durable-objects/instance/machine.ts";
import type { LogLine } from "../../../src/core/log-line.ts";
import type { Outcome, OutcomeKind } from "../../../src/core/outcome.ts";

const rule = { maxFails: 3, failTimeoutMs: 10_000 };
const up = (nowMs: number): InstanceEvent => ({ type: "probed", nowMs, result: { verdict: "up", reason: "started" } });
const down = (nowMs: number): InstanceEvent => ({ type: "probed", nowMs, result: { verdict: "down", reason: "/startupz: http 500" } });
const leaving = (nowMs: number): InstanceEvent => ({ type: "probed", nowMs, result: { verdict: "draining", reason: "draining" } });
const report = (nowMs: number, kind: OutcomeKind, more: Partial<Outcome> = {}): InstanceEvent => ({
  type: "reported",
  nowMs,
  rule,
  outcome: { kind, detail: kind, ...more },
});

function run(
  events: readonly InstanceEvent[],
  from: State = initialState("eu-1"),
): { readonly state: State; readonly log: readonly LogLine[] } {
  return events.reduce<{ state: State; log: readonly LogLine[] }>(
    (before, event) => {
      const after = step(before.state, event);
      return { state: after.state, log: [...before.log, ...after.log] };
    },
    { state: from, log: [] },
  );
}
const eventsOf = (log: readonly LogLine[]) => log.map((line) => line.event);

it("an instance that was never probed is healthy", () => {
  expect(healthOf(initialState("eu-1"), 0)).toEqual({ isHealthy: true, isDraining: false, isDoubted: false, reason: "" });
});

describe("probes", () => {
  it("one bad probe is not an outage, two are", () => {
    expect(healthOf(run([down(0)]).state, 0).isHealthy).toBe(true);
    expect(healthOf(run([down(0), down(2000)]).state, 2000)).toMatchObject({ isHealthy: false, reason: "/startupz: http 500" });
  });

  it("a good probe in between starts the count again", () => {
    expect(healthOf(run([down(0), up(1), down(2), up(3), down(4)]).state, 4).isHealthy).toBe(true);
  });

  it("two good probes in a row end the outage, a bad one in between does not", () => {
    const outage = [down(0), down(2000)];
    expect(healthOf(run([...outage, up(4000)]).state, 4000).isHealthy).toBe(false);
    expect(healthOf(run([...outage, up(4000), down(6000), up(8000)]).state, 8000).isHealthy).toBe(false);
    expect(healthOf(run([...outage, up(4000), up(6000)]).state, 6000).isHealthy).toBe(true);
  });

  it("come sooner while something is wrong or suspected", () => {
    const delayAfter = (...events: InstanceEvent[]) => probeDelayMs(run(events).state, 10_000, 0);
    expect([delayAfter(up(0)), delayAfter(down(0)), delayAfter(down(0), down(0)), delayAfter(leaving(0))]).toEqual([
      10_000, 2000, 2000, 2000,
    ]);
    expect(probeDelayMs(initialState("eu-1"), 1000, 0)).toBe(1000);
    expect(probeDelayMs(initialState("eu-1"), undefined, 0)).toBe(30_000);
  });

  it("a steady state changes nothing, so that nothing is written", () => {
    const state = run([up(0)]).state;
    expect(step(state, up(10_000)).state).toEqual(state);
  });
});

describe("deliveries", () => {
  it("an instance whose probes are good and whose deliveries fail is ejected, and good probes do not bring it back early", () => {
    const { state } = run([up(0), report(1, "failed"), up(2), report(3, "unknown"), up(4), report(5, "failed"), up(6), up(7), up(8)]);
    expect(healthOf(state, 8)).toMatchObject({ isHealthy: false, reason: "3 failed deliveries, the last: failed" });
    expect(healthOf(state, 10_005).isHealthy).toBe(true);
  });

  it.each<[OutcomeKind, boolean]>([
    ["failed", false],
    ["unknown", false],
    ["unreachable", false],
    ["busy", true],
    ["refused", true],
    ["accepted", true],
    ["unmarked", true],
  ])("three times %s leaves it healthy: %s", (kind, isHealthy) => {
    expect(healthOf(run([1, 2, 3].map((nowMs) => report(nowMs, kind))).state, 3).isHealthy).toBe(isHealthy);
  });

  it("a good probe brings back an instance that nobody could connect to", () => {
    const refused = [1, 2, 3].map((nowMs) => report(nowMs, "unreachable"));
    expect(healthOf(run(refused).state, 4).isHealthy).toBe(false);
    expect(healthOf(run([...refused, up(4)]).state, 4).isHealthy).toBe(true);
  });

  it("while probes say that it is down, the first good one lifts nothing", () => {
    const { state } = run([...[1, 2, 3].map((nowMs) => report(nowMs, "unreachable")), down(4), down(5), up(6)]);
    expect(healthOf(state, 6).isHealthy).toBe(false);
    expect(healthOf(run([up(7)], state).state, 7).isHealthy).toBe(true);
  });
});

describe("probes and deliveries that disagree", () => {
  const outage = [down(0), down(2000)];
  const seen = (events: readonly InstanceEvent[], nowMs = 9000) => {
    const { isHealthy, isDoubted } = healthOf(run([...outage, ...events]).state, nowMs);
    return { isHealthy, isDoubted };
  };

  it.each<[string, readonly InstanceEvent[], boolean, boolean]>([
    ["only probes say so: it is doubted", [], false, true],
    [
      "a delivery that it takes vouches for it, against every probe to come",
      [report(3000, "accepted"), down(5000), down(7000)],
      true,
      false,
    ],
    ["one that fails ends that at once, and bears the probes out", [report(3000, "accepted"), report(4000, "failed")], false, false],
    ["nobody who met it could connect", [report(3000, "unreachable")], false, false],
    ["busy and a refusal end nothing", [report(3000, "accepted"), report(4000, "busy"), report(5000, "refused")], true, false],
    ["what it took before it was down does not count", [up(3000), up(4000), report(4500, "accepted"), down(5000), down(7000)], false, true],
    ["a recovery forgets it", [report(3000, "accepted"), up(4000), up(5000), down(6000), down(8000)], false, true],
    [
      "it failed before it was called down, and took something since",
      [up(3000), up(4000), report(4100, "failed"), report(4200, "accepted"), down(5000), down(7000)],
      false,
      true,
    ],
    ["ejected it stays out, and is more than doubted", [1, 2, 3].map((second) => report(second * 1000 + 3000, "failed")), false, false],
    [
      "ejected it stays out, whatever it takes",
      [...[1, 2, 3].map((second) => report(second * 1000 + 3000, "failed")), report(7000, "accepted")],
      false,
      false,
    ],
  ])("%s", (_, events, isHealthy, isDoubted) => expect(seen(events)).toEqual({ isHealthy, isDoubted }));

  it("one that hangs stays more than doubted when its ejection ran out, for five minutes after the last it failed", () => {
    const hung = [1, 2, 3].map((second) => report(second * 1000 + 3000, "unknown"));
    expect([20_000, 300_000, 316_000].map((nowMs) => seen(hung, nowMs).isDoubted)).toEqual([false, false, true]);
  });
});

describe("since when it is back", () => {
  const failedAt = (...times: readonly number[]) => times.map((nowMs) => report(nowMs, "failed"));

  it.each<[string, readonly InstanceEvent[], number | undefined]>([
    ["never away", [up(1), down(2), up(3)], undefined],
    ["down", [down(0), down(1), up(2), up(3), up(4)], 3],
    ["ejected, and nobody tried it since", [...failedAt(1, 2, 3), up(10_004), up(20_000)], undefined],
    ["ejected, and proven after its time", [...failedAt(1, 2, 3), up(10_004), report(11_000, "accepted")], 11_000],
    ["ejected, and proven within seconds", [...failedAt(1, 2, 3), report(2500, "accepted"), up(10_004)], undefined],
    ["ejected twice, and proven within seconds", [...failedAt(1, 2, 3, 10_004), report(12_000, "accepted")], 12_000],
    ["ejected, and it answered, be it with a refusal", [...failedAt(1, 2, 3, 10_004), report(12_000, "model-failed")], 12_000],
    ["nobody could connect, until a probe could", [...[1, 2, 3].map((nowMs) => report(nowMs, "unreachable")), up(4)], 4],
    ["drained by an operator", [{ type: "drain", nowMs: 1 }, up(2), { type: "undrain", nowMs: 3 }], 3],
    ["leaving by itself", [leaving(1), up(2)], 2],
    ["still draining after an outage", [{ type: "drain", nowMs: 0 }, down(1), down(2), up(3), up(4)], undefined],
    ["away twice", [down(0), down(1), up(2), up(3), leaving(4), up(5)], 5],
  ])("%s", (_, events, backSinceMs) => expect(run(events).state.backSinceMs).toBe(backSinceMs));
});

describe("pollers", () => {
  const silence = { accounts: ["telegram:a", "telegram:b"], calledAtMs: 1_000_000 };
  const silent = (nowMs: number): InstanceEvent => ({ type: "polled", nowMs, silence });
  const heard = (nowMs: number): InstanceEvent => ({ type: "polled", nowMs, silence: undefined });

  it("their silence is an outage, told once, and over with the first call", () => {
    const { state, log } = run([heard(1_000_000), silent(1_120_000), silent(1_180_000)]);
    expect(healthOf(state, 1_180_000)).toEqual({
      isHealthy: false,
      isDraining: false,
      isDoubted: false,
      reason: "the poller of telegram:a, telegram:b has not called for 180 s",
    });
    expect(log).toMatchObject([{ event: "instance.ejected", by: "silence", reason: expect.stringContaining("for 120 s") }]);
    const over = run([heard(1_200_000)], state);
    expect([healthOf(over.state, 1_200_000).isHealthy, eventsOf(over.log)]).toEqual([true, ["instance.recovered"]]);
  });

  it("good probes do not make up for it, nor do calls for bad probes", () => {
    expect(healthOf(run([silent(0), up(1), up(2)]).state, 2).isHealthy).toBe(false);
    expect(healthOf(run([down(0), down(1), heard(2)]).state, 2).isHealthy).toBe(false);
  });

  const offered = [1, 2, 3].map((second) => report(1_125_000 + second * 1000, "unreachable"));

  it("one that is not probed is well as soon as it calls again, whatever could not be given to it meanwhile", () => {
    const { state } = run([silent(1_120_000), ...offered]);
    expect(healthOf(state, 1_130_000).isHealthy).toBe(false);
    const back = run([heard(1_130_000)], state);
    expect([healthOf(back.state, 1_130_000).isHealthy, eventsOf(back.log)]).toEqual([true, ["instance.recovered"]]);
    const probed: InstanceEvent = { type: "polled", nowMs: 1_130_000, silence: undefined, isProbed: true };
    expect(healthOf(run([probed], state).state, 1_130_000).isHealthy).toBe(false);
  });

  it("what it failed to take while it called stays held against it", () => {
    const { state } = run([...[1, 2, 3].map((second) => report(second * 1000, "unknown")), heard(4000)]);
    expect(healthOf(state, 4000).isHealthy).toBe(false);
  });

  it("while it lasts nothing more is written", () => {
    const { state } = run([silent(1_120_000)]);
    expect(step(state, silent(1_500_000)).state).toEqual(state);
  });
});

describe("drain", () => {
  it("is an operator's until undrained, whatever probes and deliveries say", () => {
    const { state } = run([{ type: "drain", nowMs: 0 }, up(1), report(2, "accepted"), up(3)]);
    expect(healthOf(state, 3)).toMatchObject({ isHealthy: true, isDraining: true });
    expect(healthOf(run([{ type: "undrain", nowMs: 4 }], state).state, 4).isDraining).toBe(false);
  });

  it("the instance's own is neither an outage nor a failure, and ends with the first good probe", () => {
    const { state } = run([up(0), leaving(1), leaving(2), leaving(3)]);
    expect(healthOf(state, 3)).toMatchObject({ isHealthy: true, isDraining: true });
    expect(healthOf(run([up(4)], state).state, 4).isDraining).toBe(false);
  });

  it("a delivery that is told `gateway_unavailable` shows it before the next probe does", () => {
    expect(healthOf(run([report(1, "busy", { isDraining: true })]).state, 1)).toMatchObject({ isHealthy: true, isDraining: true });
  });

  it("a second drain keeps the time of the first", () => {
    expect(
      run([
        { type: "drain", nowMs: 5 },
        { type: "drain", nowMs: 9 },
      ]).state.drainingSinceMs,
    ).toBe(5);
  });
});

describe("the log", () => {
  it("tells each change once", () => {
    const { log } = run([
      down(0),
      down(1),
      down(2),
      down(3),
      up(4),
      up(5),
      up(6),
      leaving(7),
      leaving(8),
      up(9),
      { type: "drain", nowMs: 10 },
      up(11),
    ]);
    expect(eventsOf(log)).toEqual([
      "instance.ejected",
      "instance.recovered",
      "instance.draining",
      "instance.recovered",
      "instance.draining",
    ]);
    expect(log[0]).toMatchObject({ level: "warn", instance: "eu-1", reason: "/startupz: http 500", by: "probe" });
  });

  it("tells the end of an ejection with the next event after it", () => {
    const { log } = run([...[1, 2, 3].map((nowMs) => report(nowMs, "failed")), up(5000), up(10_003), up(20_000)]);
    expect(log.map((line) => [line.event, line["by"] ?? line["outMs"]])).toEqual([
      ["instance.ejected", "deliveries"],
      ["instance.recovered", 10_000],
    ]);
  });
});

it("grants are counted in all and lately", () => {
  const { state } = run([0, 1, 400_000].map((nowMs) => ({ type: "granted", nowMs })));
  expect([state.grants.total, pinsLately(state, 400_000), state.grants.lastAtMs]).toEqual([3, 1, 400_000]);
});

describe("whatever happens", () => {
  const kinds: readonly OutcomeKind[] = ["accepted", "unmarked", "busy", "failed", "refused", "unreachable", "unknown"];
  const anyEvent = fc.oneof(
    fc.constantFrom(up, down, leaving).map((make) => (nowMs: number) => make(nowMs)),
    fc.constantFrom(...kinds).map((kind) => (nowMs: number) => report(nowMs, kind)),
    fc.constantFrom("granted", "drain", "undrain").map(
      (type) =>
        (nowMs: number): InstanceEvent => ({ type, nowMs }),
    ),
  );
  const script = fc.array(fc.tuple(anyEvent, fc.nat(30_000)), { maxLength: 80 });
  const timed = (steps: readonly (readonly [(nowMs: number) => InstanceEvent, number])[]) => {
    let nowMs = 0;
    return steps.map(([make, gapMs]) => {
      nowMs += gapMs;
      return make(nowMs);
    });
  };

  it("health in the log alternates, and the state survives being stored as JSON", () => {
    fc.assert(
      fc.property(script, (steps) => {
        const { state, log } = run(timed(steps));
        const health = log.filter((line) => line.event === "instance.ejected" || "outMs" in line).map((line) => line.event);
        expect(health.every((event, index) => event === (index % 2 === 0 ? "instance.ejected" : "instance.recovered"))).toBe(true);
        expect({ ...initialState("eu-1"), ...JSON.parse(JSON.stringify(state)) }).toEqual(state);
      }),
    );
  });

  it("five quiet minutes with good probes make any instance healthy, and only an operator's drain remains", () => {
    fc.assert(
      fc.property(script, (steps) => {
        const events = timed(steps);
        const { state } = run(events);
        const laterMs = (events.at(-1)?.nowMs ?? 0) + 300_000;
        const health = healthOf(run([up(laterMs), up(laterMs)], state).state, laterMs);
        expect(health).toMatchObject({ isHealthy: true, isDraining: state.drainingSinceMs !== undefined });
      }),
    );
  });
});
