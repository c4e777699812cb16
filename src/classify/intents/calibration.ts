/** From scores to the probability that the best intent is right and the message is one of them; one logistic function for all intents. */

export interface Calibration {
  /** Of: 1, best score, lead over the next intent, lead over "out of scope", unknown words, unknown characters. */
  readonly coefficients: readonly number[];
  /** Confidence from which an intent is given. */
  readonly threshold: number;
}

/** What the logistic function sees of a message. */
export type Signs = Float64Array;

export function confidenceOf(signs: Signs, coefficients: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < signs.length; at += 1) sum += (signs[at] as number) * (coefficients[at] as number);
  return 1 / (1 + Math.exp(-sum));
}
