import * as fc from "fast-check";
import { expect, it } from "vitest";
import { directionIn, directionOf, likeness } from "../../src/core/direction.ts";

const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 });
const far = (one: readonly number[]) => Math.hypot(...one) > 0.1;

it("a byte for each part loses little of how alike two are", () =>
  fc.assert(
    fc.property(vector.filter(far), vector.filter(far), (left, right) => {
      const cosine = left.reduce((sum, part, at) => sum + part * (right[at] ?? 0), 0) / (Math.hypot(...left) * Math.hypot(...right));
      expect(Math.abs(likeness(directionOf(left), directionOf(right)) - cosine)).toBeLessThan(0.03);
    }),
  ));

it.each([
  ["itself", [1, 2], [1, 2], 1],
  ["one twice as long", [0.3, -0.4], [0.6, -0.8], 1],
  ["the contrary", [1, 2], [-1, -2], -1],
  ["one at a right angle", [1, 0], [0, 1], 0],
])("of %s", (_, left, right, cosine) => expect(likeness(directionOf(left), directionOf(right))).toBeCloseTo(cosine, 4));

it.each<readonly [readonly number[], readonly number[]]>([
  [[1], [1, 0]],
  [
    [0, 0],
    [1, 0],
  ],
  [
    [Number.NaN, 1],
    [1, 1],
  ],
  [[], []],
])("%j and %j cannot be compared", (left, right) => expect(likeness(directionOf(left), directionOf(right))).toBeNaN());

it("is what was kept of it", () => {
  const direction = directionOf([0.1, -0.7, 0.3]);
  expect(directionIn(direction.parts.buffer)).toEqual(direction);
});
