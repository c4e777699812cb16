/** Promises about time, in worlds in which one thing goes wrong. What they say is found to be broken by bugs that break it, in sim.test.ts. */
import { describe, expect, it } from "vitest";
import { calmPlanOf } from "../../../scripts/sim/calm.ts";
import { Dice } from "../../../scripts/sim/dice.ts";
import { runSeed } from "../../../scripts/sim/seed.ts";

const KINDS = ["dead", "hung", "blind", "returning", "outage"] as const;
const seedsOf = (kind: (typeof KINDS)[number], count: number): readonly number[] =>
  Array.from({ length: 400 }, (_, index) => 20 * (index + 1))
    .filter((seed) => calmPlanOf(new Dice(seed)).incident?.kind === kind)
    .slice(0, count);

describe("a calm world", () => {
  it.each(KINDS)("with an instance that is %s keeps its promises", (kind) => {
    const seeds = seedsOf(kind, 5);
    expect(seeds).toHaveLength(5);
    expect(seeds.map((seed) => runSeed(seed).fault)).toEqual(seeds.map(() => undefined));
  });

  it("is the same for the same seed", () => {
    expect(calmPlanOf(new Dice(7))).toEqual(calmPlanOf(new Dice(7)));
  });

  it("an outage asks an instance hardly more often than there are messages, and spares it afterwards", () => {
    const [seed = 0] = seedsOf("outage", 1);
    const { story } = runSeed(seed, { isTold: true });
    const [, sends = 0, messages = 0] = /(\d+) hand-overs of (\d+) messages/.exec(story.join("\n"))?.map(Number) ?? [];
    expect(messages).toBeGreaterThan(50);
    expect(sends / messages).toBeLessThanOrEqual(1.2);
    expect(sends).toBeGreaterThan(messages);
  });
});
