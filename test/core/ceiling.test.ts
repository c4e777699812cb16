import * as fc from "fast-check";
import { expect, it } from "vitest";
import { mostSeen, trialsNeeded } from "../../src/core/ceiling.ts";

/** By tables of the upper Clopper-Pearson bound, one-sided, 95 %. */
it.each([
  [0, 0.01, -1],
  [298, 0.01, -1],
  [299, 0.01, 0],
  [472, 0.01, 0],
  [473, 0.01, 1],
  [58, 0.05, -1],
  [59, 0.05, 0],
  [93, 0.05, 1],
  [181, 0.05, 4],
  [600, 0.2, 103],
])("in %i trials, to be below %d: %i", (trials, ceiling, most) => expect(mostSeen(trials, ceiling)).toBe(most));

it("so many trials as are needed, and not one fewer, are enough when it never happened", () =>
  fc.assert(
    fc.property(fc.double({ min: 0.005, max: 0.2, noNaN: true }), (ceiling) => {
      const needed = trialsNeeded(ceiling);
      expect([mostSeen(needed - 1, ceiling), mostSeen(needed, ceiling)]).toEqual([-1, 0]);
    }),
  ));

/** Of a thing exactly as frequent as the ceiling the conclusion is wrong in five of a hundred cases, and not more. */
it("is as sure as it says", () => {
  const chances = Array.from({ length: 401 }, () => 0);
  chances[0] = 1;
  for (let trial = 1; trial <= 400; trial += 1)
    for (let seen = trial; seen >= 0; seen -= 1) chances[seen] = 0.97 * (chances[seen] ?? 0) + 0.03 * (chances[seen - 1] ?? 0);
  const atMost = (most: number) => chances.slice(0, most + 1).reduce((sum, chance) => sum + chance, 0);
  const most = mostSeen(400, 0.03);
  expect([atMost(most) <= 0.05, atMost(most + 1) <= 0.05]).toEqual([true, false]);
});
