/** What ends a canary, and that chance almost never does: tables for the rules, seeded worlds for the odds. */
import { describe, expect, it } from "vitest";
import {
  type CanaryEnd,
  drained,
  type Evidence,
  endOf,
  figuresOf,
  judge,
  NO_EVIDENCE,
  observed,
} from "../../../durable-objects/instance/canary.ts";
import type { Canary, CanaryGroup, Observation } from "../../../src/core/canary.ts";

const canary: Canary = { id: "one", pool: "p", instance: "new", percentage: 5, startedAtMs: 0, untilMs: 1000, phase: "running" };

interface Group {
  readonly handed: number;
  readonly errors?: number;
  readonly ms?: number;
  readonly answered?: number;
  readonly answerMs?: number;
}

/** The failures come first: the worst order. */
const seenOf = (group: CanaryGroup, { handed, errors = 0, ms = 100, answered = 0, answerMs = 4000 }: Group): readonly Observation[] => [
  ...Array.from({ length: handed }, (_, at) => ({ id: "one", group, kind: "handed" as const, ms, isError: at < errors })),
  ...Array.from({ length: answered }, () => ({ id: "one", group, kind: "answered" as const, ms: answerMs })),
];

const evidenceOf = (own: Group, rest: Group): Evidence =>
  [...seenOf("canary", own), ...seenOf("control", rest)].reduce<Evidence>(observed, NO_EVIDENCE);

const groundOf = (end: CanaryEnd | undefined): string => `${end?.phase ?? "running"}: ${end?.verdict.split(";")[0] ?? ""}`;

const running = (own: Group, rest: Group) => groundOf(judge({ canary, evidence: evidenceOf(own, rest), nowMs: 500 }));
const last = (own: Group, rest: Group) => groundOf(judge({ canary, evidence: evidenceOf(own, rest), nowMs: 1000 }));

describe("while it runs", () => {
  it.each<[string, Group, Group]>([
    ["nothing is known", { handed: 0 }, { handed: 0 }],
    ["all is well", { handed: 500 }, { handed: 500 }],
    ["both fail alike", { handed: 100, errors: 30 }, { handed: 100, errors: 28 }],
    ["a few more fail", { handed: 100, errors: 5 }, { handed: 100, errors: 1 }],
    ["too little was seen", { handed: 19, errors: 18 }, { handed: 500 }],
    ["nobody else's is known", { handed: 10, errors: 10 }, { handed: 0 }],
    ["the first of all fail everywhere", { handed: 6, errors: 6 }, { handed: 6, errors: 5 }],
    ["it is slower by less than half a second", { handed: 200, ms: 90 }, { handed: 200, ms: 10 }],
    ["it is slower by less than twice", { handed: 200, ms: 1900 }, { handed: 200, ms: 1000 }],
    ["few are answered yet", { handed: 30, answered: 1 }, { handed: 30, answered: 25 }],
  ])("%s: it runs on", (_, own, rest) => {
    expect(running(own, rest)).toBe("running: ");
  });

  it.each<[string, Group, Group]>([
    ["more hand-overs fail", { handed: 20, errors: 12 }, { handed: 20 }],
    ["more hand-overs fail", { handed: 1000, errors: 60 }, { handed: 1000, errors: 10 }],
    ["its first hand-overs all failed", { handed: 5, errors: 5 }, { handed: 5 }],
    ["hand-overs take longer", { handed: 30, ms: 3000 }, { handed: 30, ms: 500 }],
    ["answers take longer", { handed: 30, answered: 30, answerMs: 40_000 }, { handed: 30, answered: 30, answerMs: 5000 }],
  ])("rolled back because %s", (ground, own, rest) => {
    expect(running(own, rest)).toBe(`rolled-back: ${ground}`);
  });

  it("rolled back because it is out, however little was seen", () => {
    expect(groundOf(judge({ canary, evidence: NO_EVIDENCE, out: "/startupz: http 500", nowMs: 1 }))).toBe(
      "rolled-back: the instance is out: /startupz: http 500",
    );
  });
});

describe("while its instance drains, and a moment after", () => {
  /** Looked at every 10 s from `fromMs` to `toMs`. */
  const drainedFor = (fromMs: number, toMs: number, before: Evidence = NO_EVIDENCE): Evidence =>
    Array.from({ length: (toMs - fromMs) / 10_000 + 1 }, (_, at) => fromMs + at * 10_000).reduce(drained, before);
  const halfAnHour: Canary = { ...canary, untilMs: 1_800_000 };
  const out = "/startupz: connection lost";

  it("it runs that much longer", () => {
    const twice = drainedFor(600_000, 700_000, drainedFor(100_000, 300_000));
    expect([endOf(halfAnHour, NO_EVIDENCE), endOf(halfAnHour, twice)]).toEqual([1_800_000, 2_100_000]);
    expect(judge({ canary: halfAnHour, evidence: twice, nowMs: 2_099_999 })).toBe(undefined);
    expect(groundOf(judge({ canary: halfAnHour, evidence: twice, nowMs: 2_100_000 }))).toBe("rolled-back: inconclusive: 0 observations");
  });

  it("a drain that outlasts it ends with all the time that was left", () => {
    expect(endOf(halfAnHour, drainedFor(1_790_000, 7_000_000))).toBe(7_010_000);
  });

  it("what it met before is kept", () => {
    const evidence = drainedFor(100_000, 200_000, evidenceOf({ handed: 20 }, { handed: 30 }));
    expect([evidence.canary.handed, evidence.control.handed]).toEqual([20, 30]);
  });

  it("it may be coming back; out half a minute later it is out", () => {
    const evidence = drainedFor(100_000, 200_000);
    expect(judge({ canary: halfAnHour, evidence, out, nowMs: 229_999 })).toBe(undefined);
    expect(groundOf(judge({ canary: halfAnHour, evidence, out, nowMs: 230_000 }))).toBe(`rolled-back: the instance is out: ${out}`);
  });

  it("nor is it promoted while it is out, however well it did before", () => {
    const evidence = drainedFor(1_700_000, 1_800_000, evidenceOf({ handed: 20 }, { handed: 20 }));
    const ended: Canary = { ...halfAnHour, untilMs: 1_700_000 };
    const end = (isOut: boolean, nowMs: number) => groundOf(judge({ canary: ended, evidence, out: isOut ? out : undefined, nowMs }));
    expect([end(true, 1_810_000), end(true, 1_830_000)]).toEqual(["running: ", `rolled-back: the instance is out: ${out}`]);
    expect(end(false, 1_810_000)).toMatch(/^promoted: /);
    const common = { canary: ended, evidence, out, isCommon: true };
    expect([judge({ ...common, nowMs: 1_830_000 }), judge({ ...common, evidence: NO_EVIDENCE, nowMs: 1_830_000 })]).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe("at its end", () => {
  it.each<[string, Group, Group]>([
    ["promoted: canary 0 errors of 20, p95 113 ms, 0 answered, p95 0 ms", { handed: 20 }, { handed: 20 }],
    ["promoted: canary 5 errors of 100, p95 113 ms, 0 answered, p95 0 ms", { handed: 100, errors: 5 }, { handed: 100, errors: 1 }],
    ["rolled-back: inconclusive: 19 observations", { handed: 19 }, { handed: 900 }],
    ["rolled-back: inconclusive: 7 observations", { handed: 900 }, { handed: 7 }],
    ["rolled-back: more hand-overs fail", { handed: 100, errors: 12 }, { handed: 100, errors: 1 }],
    ["rolled-back: fewer messages are answered", { handed: 50, answered: 5 }, { handed: 50, answered: 45 }],
  ])("%s", (end, own, rest) => {
    expect(last(own, rest)).toBe(end);
  });

  it("the verdict carries both groups' figures", () => {
    const evidence = evidenceOf({ handed: 40, errors: 30, answered: 8 }, { handed: 40, errors: 1, answered: 36 });
    expect(judge({ canary, evidence, nowMs: 1000 })?.verdict).toBe(
      "more hand-overs fail; canary 30 errors of 40, p95 113 ms, 8 answered, p95 5120 ms; rest 1 errors of 40, p95 113 ms, 36 answered, p95 5120 ms",
    );
  });
});

it("a percentile is that of what was seen, to the next bound", () => {
  const times = Array.from({ length: 100 }, (_, index) => ({ id: "one", group: "canary", kind: "handed", ms: 10 * (index + 1) }) as const);
  expect(figuresOf(times.reduce<Evidence>(observed, NO_EVIDENCE).canary)).toEqual({
    ...{ handed: 100, errors: 0, answered: 0, p95Ms: 1280, answerP95Ms: 0 },
  });
  const endless = observed(NO_EVIDENCE, { id: "one", group: "canary", kind: "handed", ms: 86_400_000 });
  expect(Number.isFinite(figuresOf(endless.canary).p95Ms)).toBe(true);
});

/** Small and fast, with a seed: the odds below are the same in every run. */
function diceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface World {
  readonly messages: number;
  readonly errors: number;
  readonly medianMs: number;
  readonly spread: number;
  readonly answers: number;
}

const worldOf = (dice: () => number): World => ({
  messages: 60 + Math.floor(dice() * 600),
  errors: 0.3 * dice() ** 2,
  medianMs: 20 * Math.exp(5 * dice()),
  spread: 0.2 + 1.3 * dice(),
  answers: dice(),
});

/** What both groups meet, message by message, looked at after each. */
function fateOf(rest: World, own: World, dice: () => number): CanaryEnd | undefined {
  let evidence = NO_EVIDENCE;
  const spread = (world: World) => Math.exp(world.spread * Math.sqrt(-2 * Math.log(1 - dice())) * Math.cos(2 * Math.PI * dice()));
  for (let nowMs = 1; nowMs <= rest.messages; nowMs += 1) {
    const group = dice() < 0.5 ? "canary" : "control";
    const world = group === "canary" ? own : rest;
    const isError = dice() < world.errors;
    evidence = observed(evidence, { id: "one", group, kind: "handed", ms: world.medianMs * spread(world), isError });
    if (!isError && dice() < world.answers)
      evidence = observed(evidence, { id: "one", group, kind: "answered", ms: 5 * world.medianMs * spread(world) });
    const end = judge({ canary: { ...canary, untilMs: rest.messages }, evidence, nowMs });
    if (end !== undefined) return end;
  }
  return undefined;
}

const isRolledBack = (end: CanaryEnd | undefined): boolean => end?.phase === "rolled-back" && !end.verdict.startsWith("inconclusive");

it("a canary like the rest is rolled back in fewer than one of a hundred worlds", () => {
  const dice = diceOf(7);
  const worlds = Array.from({ length: 600 }, () => worldOf(dice));
  expect(worlds.filter((world) => isRolledBack(fateOf(world, world, dice))).length).toBeLessThan(6);
});

it.each<[string, (world: World) => World]>([
  ["fails half of its messages more", (world) => ({ ...world, errors: world.errors + 0.5 })],
  ["fails them all", (world) => ({ ...world, errors: 1 })],
  ["needs twenty times as long", (world) => ({ ...world, medianMs: 20 * Math.max(100, world.medianMs) })],
])("a canary that %s is always rolled back", (_, bend) => {
  const dice = diceOf(11);
  const worlds = Array.from({ length: 200 }, () => ({ ...worldOf(dice), messages: 200, spread: 0.5 }));
  expect(worlds.filter((world) => fateOf(world, bend(world), dice)?.phase !== "rolled-back")).toEqual([]);
});
