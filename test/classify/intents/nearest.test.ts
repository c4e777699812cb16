import * as fc from "fast-check";
import { expect, it } from "vitest";
import { nearestOf } from "../../../src/classify/intents/nearest.ts";

const find = nearestOf([
  { intent: "refund", vector: [3, 0, 0] },
  { intent: "pricing", vector: [0, 1, 1] },
  { intent: undefined, vector: [0, -5, 0] },
]);

it.each<readonly [readonly number[], string | undefined, number]>([
  [[1, 0, 0], "refund", 1],
  [[2, 2, 0], "refund", Math.SQRT1_2],
  [[0, 1, 3], "pricing", 4 / Math.sqrt(20)],
  [[0, -1, 0], undefined, 1],
])("%j is nearest to %s", (vector, intent, similarity) =>
  expect(find(vector)).toEqual({ intent, similarity: expect.closeTo(similarity, 5) }),
);

it("what cannot be compared is near to nothing", () => {
  expect([find([]), find([0, 0, 0]), find([1, 0]), find([Number.NaN, 1, 1]), nearestOf([])([1])]).toEqual(Array(5).fill(undefined));
  expect(nearestOf([{ intent: "empty", vector: [] }])([1, 0])).toBeUndefined();
});

it("an example is nearest to itself, however long its vector", () => {
  const part = fc.double({ min: -1, max: 1, noNaN: true });
  const vector = fc.tuple(part, part, part).filter((parts) => Math.hypot(...parts) > 0.01);
  return fc.assert(
    fc.property(
      fc.array(vector, { minLength: 1, maxLength: 8 }),
      fc.nat(7),
      fc.double({ min: 0.1, max: 10, noNaN: true }),
      (all, at, by) => {
        const own = all[at % all.length] as readonly number[];
        const nearest = nearestOf(all.map((parts, index) => ({ intent: String(index), vector: parts })))(own.map((one) => one * by));
        expect(nearest?.similarity).toBeCloseTo(1, 4);
      },
    ),
  );
});
