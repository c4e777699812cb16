/**
 * Finds the logistic function and the threshold from messages that were not trained on. Pulled towards settled values, so that three
 * messages do not decide alone. For the trainer.
 */
import { confidenceOf, SIGNS, type Signs } from "./calibration.ts";
import { settings } from "./settings.ts";

/** A message judged by a model that has not seen it. */
export interface Held {
  readonly signs: Signs;
  readonly isOutside: boolean;
  /** The best intent is the true one. */
  readonly isRight: boolean;
}

const ROUNDS = 200;

/** Weight of each message so that those out of scope have their expected share of all. */
function weigher(held: readonly Held[], share: number): (one: Held) => number {
  const outside = held.filter(({ isOutside }) => isOutside).length;
  const inside = held.length - outside;
  if (outside === 0 || inside === 0) return () => 1;
  return ({ isOutside }) => held.length * (isOutside ? share / outside : (1 - share) / inside);
}

/** Climbs the likelihood by steps for the steepest a logistic curve can be: slower than Newton's, and cannot overshoot. */
export function coefficientsFor(held: readonly Held[], share: number): readonly number[] {
  const weight = weigher(held, share);
  const { priorCoefficients, priorStrength } = settings;
  let coefficients = priorCoefficients;
  for (let round = 0; round < ROUNDS; round += 1) {
    const slope = coefficients.map((value, at) => priorStrength * ((priorCoefficients[at] as number) - value));
    const curve = slope.map((_, row) => slope.map((__, column) => (row === column ? priorStrength : 0)));
    for (const one of held) {
      const push = weight(one) * ((one.isRight ? 1 : 0) - confidenceOf(one.signs, coefficients));
      for (let at = 0; at < SIGNS; at += 1) slope[at] = (slope[at] as number) + push * (one.signs[at] as number);
      bend(curve, one.signs, weight(one) / 4);
    }
    const steps = solved(curve, slope);
    coefficients = coefficients.map((value, at) => value + (steps[at] as number));
  }
  return coefficients.map(Math.fround);
}

function bend(curve: number[][], signs: Signs, weight: number): void {
  for (const [row, line] of curve.entries())
    for (let at = 0; at < SIGNS; at += 1) line[at] = (line[at] as number) + weight * (signs[row] as number) * (signs[at] as number);
}

/** Gauss's elimination; the matrix is positive definite. */
function solved(matrix: number[][], right: number[]): readonly number[] {
  const size = right.length;
  for (let pivot = 0; pivot < size; pivot += 1) {
    const line = matrix[pivot] as number[];
    for (let row = 0; row < size; row += 1) {
      if (row === pivot) continue;
      const other = matrix[row] as number[];
      const factor = (other[pivot] as number) / (line[pivot] as number);
      for (let column = pivot; column < size; column += 1) other[column] = (other[column] as number) - factor * (line[column] as number);
      right[row] = (right[row] as number) - factor * (right[pivot] as number);
    }
  }
  return right.map((value, at) => value / (matrix[at]?.[at] as number));
}

/** The threshold with the most messages answered rightly, none counted as right for those out of scope. */
export function thresholdFor(held: readonly Held[], coefficients: readonly number[], share: number): number {
  const weight = weigher(held, share);
  const sorted = held
    .map((one) => ({ confidence: confidenceOf(one.signs, coefficients), gain: weight(one) * gainOf(one) }))
    .sort((left, right) => right.confidence - left.confidence);
  let sum = 0;
  let most = 0;
  let threshold = settings.priorThreshold;
  for (const [at, { confidence, gain }] of sorted.entries()) {
    sum += gain;
    if (sum <= most) continue;
    most = sum;
    threshold = (confidence + (sorted[at + 1]?.confidence ?? confidence)) / 2;
  }
  return Math.fround(threshold);
}

/** What answering gains over not answering. */
const gainOf = ({ isOutside, isRight }: Held): number => {
  if (isOutside) return -1;
  return isRight ? 1 : 0;
};
