import { describe, expect, it } from "vitest";
import { bugNames } from "../../../scripts/sim/bugs.ts";
import { readCommandLine } from "../../../scripts/sim/command-line.ts";
import { slicesOf, surveyInJobs } from "../../../scripts/sim/jobs.ts";
import { runSeed } from "../../../scripts/sim/seed.ts";
import { find, survey } from "../../../scripts/sim/survey.ts";

describe("the simulator", () => {
  it("finds every promise kept in these worlds", () => {
    const { seeds, failures } = survey({ from: 1, seeds: 400 });
    expect({ seeds, failures }).toEqual({ seeds: 400, failures: [] });
  });

  it("works its worlds hard: messages in all of them, and objects that die", () => {
    const { messages, deaths } = survey({ from: 1, seeds: 50 });
    expect(messages).toBeGreaterThan(200);
    expect(deaths).toBeGreaterThan(100);
  });

  it("tells the same story twice", () => {
    const stories = [1, 2].map(() => runSeed(12, { isTold: true }));
    expect(stories[0]?.story.length).toBeGreaterThan(10);
    expect(stories[0]).toEqual(stories[1]);
  });

  it("listening changes nothing", () => {
    const { story: _told, ...heard } = runSeed(12, { isTold: true });
    const { story: _silent, ...unheard } = runSeed(12);
    expect(heard).toEqual(unheard);
  });

  it.each(bugNames)("finds the planted mistake '%s'", (bug) => {
    const found = find(bug, { from: 1, seeds: 2000 });
    expect(found).toBeDefined();
    expect(runSeed(found?.seed ?? 0, { bug }).fault).toBe(found?.fault);
    expect(runSeed(found?.seed ?? 0).fault).toBeUndefined();
  });
});

describe("threads", () => {
  it.each([
    [{ from: 5, seeds: 10 }, 3],
    [{ from: 1, seeds: 2 }, 8],
    [{ from: 7, seeds: 12 }, 1],
  ])("%j among %d: every seed once", (seeds, jobs) => {
    const run = slicesOf(seeds, jobs).flatMap((slice) => Array.from({ length: slice.seeds }, (_, index) => slice.from + index));
    expect(run).toEqual(Array.from({ length: seeds.seeds }, (_, index) => seeds.from + index));
  });

  it("see together what one sees alone", async () => {
    expect(await surveyInJobs({ from: 1, seeds: 40 }, 2)).toEqual(survey({ from: 1, seeds: 40 }));
  });
});

describe("its command line", () => {
  it("takes one seed as one world with its story", () => {
    expect(readCommandLine(["--seed", "7", "--bug", "arm-late"])).toMatchObject({ from: 7, seeds: 1, isStory: true, bug: "arm-late" });
  });

  it.each([[["--seeds", "0"]], [["--seed", "x"]], [["--bug", "none-such"]]])("refuses %j", (args) => {
    expect(() => readCommandLine(args)).toThrow();
  });
});
