/** Logistic regression of a handful of numbers, pulled towards settled values. For the trainer. */
import { confidenceOf, SIGNS, type Signs } from "./calibration.ts";
import { settings } from "./settings.ts";

export interface Observed {
  readonly signs: readonly Signs[];
  readonly weights: Float64Array;
  readonly isSo: readonly boolean[];
  /** Coefficients to begin with. */
  readonly prior: readonly number[];
}

const ROUNDS = 200;

/** How high scores run differs from set to set, so the first coefficient is freer; what a sign speaks for is much the same. */
const pullOf = (at: number): number => (at === 0 ? settings.freeStrength : settings.priorStrength);

/** Climbs the likelihood by steps for the steepest a logistic curve can be: slower than Newton's, and cannot overshoot. */
export function coefficientsOf(observed: Observed): readonly number[] {
  const curve = curveOf(observed);
  let coefficients = observed.prior;
  for (let round = 0; round < ROUNDS; round += 1) {
    const step = solved(curve, slopeOf(observed, coefficients));
    coefficients = coefficients.map((value, at) => value + (step[at] as number));
  }
  // Rounded, so that the last bit of somebody's exponential function is nobody's concern.
  return coefficients.map(Math.fround);
}

function slopeOf({ signs, weights, isSo, prior }: Observed, coefficients: readonly number[]): readonly number[] {
  const slope = coefficients.map((value, at) => pullOf(at) * ((prior[at] as number) - value));
  for (const [at, one] of signs.entries()) {
    const push = (weights[at] as number) * ((isSo[at] === true ? 1 : 0) - confidenceOf(one, coefficients));
    for (let row = 0; row < SIGNS; row += 1) slope[row] = (slope[row] as number) + push * (one[row] as number);
  }
  return slope;
}

function curveOf({ signs, weights, prior }: Observed): readonly (readonly number[])[] {
  return prior.map((_, row) =>
    prior.map((__, column) => {
      let sum = row === column ? pullOf(row) : 0;
      for (const [at, one] of signs.entries()) sum += ((weights[at] as number) / 4) * (one[row] as number) * (one[column] as number);
      return sum;
    }),
  );
}

/** Gauss's elimination; the matrix is positive definite. */
function solved(curve: readonly (readonly number[])[], slope: readonly number[]): readonly number[] {
  const matrix = curve.map((line, row) => [...line, slope[row] as number]);
  for (const [pivot, line] of matrix.entries())
    for (const [row, other] of matrix.entries()) {
      if (row === pivot) continue;
      const factor = (other[pivot] as number) / (line[pivot] as number);
      for (let column = pivot; column <= SIGNS; column += 1) other[column] = (other[column] as number) - factor * (line[column] as number);
    }
  return matrix.map((line, at) => (line[SIGNS] as number) / (line[at] as number));
}
