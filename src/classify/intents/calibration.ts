/** From scores to the probability that the best intent is right and the message is one of them; one logistic function for all intents. */
import type { Vector } from "./vector.ts";

export interface Calibration {
  /** One for each sign. */
  readonly coefficients: readonly number[];
  /** Confidence from which an intent is given. */
  readonly threshold: number;
}

/** What the logistic function sees of a message: 1, score, lead over the rival, score of "out of scope", unknown words, unknown n-grams, brevity. */
export const SIGNS = 7;

export type Signs = Float64Array;

/** A lead longer than this says no more. The solver asks for a lead of one. */
const MAX_LEAD = 0.5;

/** Where a message begins to be too short to go by, as a share of the usual one; and how many halvings of that count. */
const SHORT = 0.8;
const MAX_HALVINGS = 4;

/** Scores of all classes, and which two intents are first. */
export interface Ranking {
  readonly scores: Float64Array;
  /** Intents come before the class "out of scope", if there is one. */
  readonly intents: number;
  /** The mass of the usual message; above 0. */
  readonly usual: number;
  best: number;
  /** -1 where there is one intent. */
  second: number;
}

export function rank(ranking: Ranking): void {
  const { scores, intents } = ranking;
  let best = 0;
  let second = -1;
  for (let at = 1; at < intents; at += 1) {
    const score = scores[at] as number;
    if (score > (scores[best] as number)) {
      second = best;
      best = at;
    } else if (second < 0 || score > (scores[second] as number)) second = at;
  }
  ranking.best = best;
  ranking.second = second;
}

/** The signs of one intent, against the best of the others. */
export function signsOf({ scores, intents, usual, best, second }: Ranking, vector: Vector, intent: number, signs: Signs): Signs {
  const own = scores[intent] as number;
  const rival = intent === best ? second : best;
  signs[0] = 1;
  signs[1] = own;
  signs[2] = Math.min(MAX_LEAD, rival < 0 ? own : own - (scores[rival] as number));
  signs[3] = intents < scores.length ? (scores[intents] as number) : 0;
  signs[4] = vector.unknownWords;
  signs[5] = vector.unknownGrams;
  // Any word, alone, has all the weight: what "please" weighs in a sentence says little of "please".
  signs[6] = Math.max(-MAX_HALVINGS, Math.min(0, Math.log2(vector.mass / (SHORT * usual))));
  return signs;
}

export function confidenceOf(signs: Signs, coefficients: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < SIGNS; at += 1) sum += (signs[at] as number) * (coefficients[at] as number);
  return 1 / (1 + Math.exp(-sum));
}
