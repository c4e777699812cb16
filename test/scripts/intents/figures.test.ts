import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { figuresOf, type Judged } from "../../../scripts/intents/figures.ts";

const judged = (intent: string | null, best: string, confidence: number, threshold = 0.5): Judged => ({
  text: `${intent} ${best} ${confidence}`,
  intent,
  best,
  said: confidence >= threshold ? best : undefined,
  confidence,
});

it("counts as the literature does", () => {
  const figures = figuresOf([
    judged("a", "a", 0.9),
    judged("a", "b", 0.8),
    judged("b", "b", 0.4),
    judged("b", "b", 0.7),
    judged(null, "a", 0.3),
    judged(null, "b", 0.6),
  ]);
  expect(figures).toMatchObject({ inScopeAccuracy: 2 / 4, outOfScopeRecall: 1 / 2, jointAccuracy: 3 / 6, auroc: 7 / 8 });
});

it("calibration: within each fifteenth, what was promised against what was right", () => {
  // Two bins: [0.8, 0.87) promises 0.81 and is half right; [0.4, 0.47) promises 0.42 and is never right.
  const figures = figuresOf([judged("a", "a", 0.81), judged("a", "b", 0.81), judged("a", "b", 0.42), judged("a", "b", 0.42)]);
  expect(figures.calibrationError).toBeCloseTo((Math.abs(1.62 - 1) + 0.84) / 4, 12);
});

it("what is out of scope has no part in the calibration", () => {
  expect(figuresOf([judged("a", "a", 1), judged(null, "a", 1)]).calibrationError).toBe(0);
});

it("nothing to count is 0, and never NaN", () => {
  const zero = { inScopeAccuracy: 0, outOfScopeRecall: 0, jointAccuracy: 0, auroc: 0, calibrationError: 0 };
  expect(figuresOf([])).toEqual(zero);
  expect(figuresOf([{ text: "", intent: null, best: undefined, said: undefined, confidence: 0 }])).toEqual({
    ...zero,
    outOfScopeRecall: 1,
    jointAccuracy: 1,
  });
});

describe("auroc", () => {
  const confidence = fc.integer({ min: 0, max: 5 }).map((tenth) => tenth / 10);
  const some = fc.array(confidence, { minLength: 1, maxLength: 12 });

  it("is the chance that one in scope is surer than one out of scope, where a tie is half of one", () => {
    return fc.assert(
      fc.property(some, some, (inScope, outOfScope) => {
        const wins = inScope.flatMap((one) => outOfScope.map((other) => (one === other ? 0.5 : Number(one > other))));
        const expected = wins.reduce((sum, win) => sum + win, 0) / wins.length;
        const all = [...inScope.map((sure) => judged("a", "a", sure)), ...outOfScope.map((sure) => judged(null, "a", sure))];
        expect(figuresOf(all).auroc).toBeCloseTo(expected, 10);
      }),
    );
  });
});
