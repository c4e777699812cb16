/** The judge of an overload run, judged: honest figures are clean, and each planted fault is found, under its own name. */
import { describe, expect, it } from "vitest";
import { readCommandLine } from "../../../scripts/overload/command-line.ts";
import { type Figures, type Turn, turnOf } from "../../../scripts/overload/figures.ts";
import type { Sample } from "../../../scripts/overload/open-loop.ts";
import { linesOf } from "../../../scripts/overload/report.ts";
import { findings } from "../../../scripts/overload/verdict.ts";

const turn = (bent: Partial<Turn> = {}): Turn => ({
  ...{ offered: 1000, good: 1000, p50Ms: 5, p99Ms: 40, refusals: {}, badRefusals: 0, lagMs: 2 },
  ...bent,
});
const shed = (offered: number): Turn => turn({ offered, good: 980, refusals: { 503: offered - 980 } });

const honest: Figures = {
  ...{ sustained: 200, closedLoop: 250, seconds: 10, acknowledged: 12_000, lost: [] },
  steps: [
    { times: 0.5, turns: [turn({ offered: 500, good: 500 }), turn({ offered: 500, good: 500 })] },
    { times: 1, turns: [turn(), turn()] },
    { times: 2, turns: [shed(2000), shed(2000)] },
    { times: 3, turns: [shed(3000), shed(3000)] },
  ],
  fairness: { quiet: turn(), loud: turn({ p99Ms: 80 }) },
  flood: {
    ...{ sent: 10_000, answers: { 401: 200, 429: 9800 }, beside: turn() },
    ...{ quietWrites: ["objects/clawedge-Instance/a"], writes: ["objects/clawedge-Instance/a", "objects/clawedge-Shard/b"] },
  },
  memory: { earlyMib: 295, baseMib: 300, peakMib: 410, afterMib: 320, againMib: 420 },
};

const at = (times: number, turns: readonly Turn[]): Partial<Figures> => ({
  steps: honest.steps.map((step) => (step.times === times ? { times, turns } : step)),
});
const flood = (bent: Partial<Figures["flood"]>): Partial<Figures> => ({ flood: { ...honest.flood, ...bent } });
const memory = (bent: Partial<Figures["memory"]>): Partial<Figures> => ({ memory: { ...honest.memory, ...bent } });
const loud = (bent: Partial<Turn>): Partial<Figures> => ({ fairness: { ...honest.fairness, loud: turn(bent) } });

it("honest figures are clean", () => {
  expect(findings(honest)).toEqual([]);
  expect(linesOf(honest, []).at(-1)).toBe("every bar met");
});

describe("planted", () => {
  it.each<[string, Partial<Figures>, RegExp]>([
    ["goodput that falls under load", at(3, [turn({ good: 890 }), turn({ good: 880 })]), /goodput at 3 × is 89 %/],
    ["goodput that falls at 2 ×", at(2, [turn({ good: 500 }), turn({ good: 500 })]), /goodput at 2 × is 50 %/],
    ["nothing acknowledged at 3 ×", at(3, [turn({ good: 0 }), turn({ good: 0 })]), /goodput at 3 × is 0 %/],
    ["no step of 3 ×", { steps: honest.steps.slice(0, 3) }, /no figures/],
    ["steps without turns", { steps: honest.steps.map(({ times }) => ({ times, turns: [] })) }, /goodput at [23] × is NaN/],
    ["a refusal without Retry-After", at(3, [turn({ badRefusals: 1 }), turn()]), /1 refusals are no 429 or 503/],
    ["webhooks without an answer", at(2, [turn({ refusals: { 0: 7 } }), turn()]), /7 webhooks got no answer/],
    ["others who wait", loud({ p99Ms: 90 }), /p99 2\.25 times/],
    ["others of whom nothing is known", loud({ p99Ms: Number.NaN }), /p99 NaN times/],
    ["others who are refused", loud({ good: 900 }), /only 90 % of the others/],
    ["a flood that is kept", flood({ writes: ["objects/clawedge-Conversation/c"] }), /changed objects\/clawedge-Conversation\/c/],
    ["a flood that changes the configuration", flood({ writes: ["kv/routes"] }), /changed kv\/routes/],
    ["a flood that is counted everywhere", flood({ writes: ["x-Shard/1", "x-Shard/2", "x-Shard/3"] }), /changed 3 shards/],
    ["a flood that is believed", flood({ answers: { 200: 1, 401: 1 } }), /answered 200/],
    ["a flood that pushes the others out", flood({ beside: turn({ good: 700 }) }), /only 70 % of genuine/],
    ["too much memory", memory({ peakMib: 513, againMib: 513 }), /grew to 513 MiB/],
    ["too much memory the second time", memory({ peakMib: 500, againMib: 514 }), /grew to 514 MiB/],
    ["memory that stays", memory({ afterMib: 331 }), /has 331 MiB/],
    ["memory that load left, at whatever rate", memory({ earlyMib: 290 }), /when 1 × was found it had 290/],
    ["memory that is not freed", memory({ againMib: 452 }), /took workerd to 452 MiB, the first to 410/],
    ["memory of which nothing is known", memory({ againMib: Number.NaN }), /grew to NaN|took workerd to NaN/],
    ["a lost message", { lost: ["telegram:loud 1"] }, /1 acknowledged messages are lost: telegram:loud 1/],
    ["nothing acknowledged", { acknowledged: 0 }, /nothing was acknowledged/],
  ])("%s is found, and nothing else", (_what, bent, found) => {
    const figures = { ...honest, ...bent };
    const told = linesOf(figures, findings(figures)).filter((line) => line.startsWith("MISSED"));
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter((line) => !found.test(line))).toEqual([]);
  });
});

describe("a turn's figures", () => {
  const sample = (bent: Partial<Sample>): Sample => ({ account: "a", id: "1", status: 200, latencyMs: 10, lagMs: 1, ...bent });

  it.each<[string, Partial<Sample>, Partial<Turn>]>([
    ["in time", {}, { good: 1, badRefusals: 0, refusals: {} }],
    ["acknowledged too late", { latencyMs: 5001 }, { good: 0, badRefusals: 0, refusals: {} }],
    ["sent away", { status: 503, retryAfter: "3" }, { good: 0, badRefusals: 0, refusals: { 503: 1 } }],
    ["sent away for no time", { status: 503 }, { badRefusals: 1 }],
    ["sent away for part of a second", { status: 429, retryAfter: "0.5" }, { badRefusals: 1 }],
    ["sent away until a date", { status: 503, retryAfter: "Wed, 21 Oct 2026 07:28:00 GMT" }, { badRefusals: 1 }],
    ["told that it is wrong", { status: 401, retryAfter: "3" }, { badRefusals: 1 }],
    ["broken", { status: 500, retryAfter: "3" }, { badRefusals: 1 }],
    ["not answered", { status: 0 }, { good: 0, badRefusals: 0, refusals: { 0: 1 } }],
  ])("%s", (_what, bent, figures) => {
    expect(turnOf([sample(bent)])).toMatchObject({ offered: 1, ...figures });
  });
});

describe("the command line", () => {
  it.each([
    [[], { seconds: 20, jsonFile: undefined }],
    [["--seconds", "5", "--json", "x"], { seconds: 5, jsonFile: "x" }],
    [["--help"], undefined],
  ])("%j", (args, settings) => expect(readCommandLine(args)).toEqual(settings));

  it.each([[["--seconds", "0"]], [["--seconds", "1.5"]], [["--rate", "3"]]])("%j is wrong", (args) => {
    expect(() => readCommandLine(args)).toThrow();
  });
});
