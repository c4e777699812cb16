/** A trained model in use: a message's best intent, how sure, and which n-grams spoke for it. Knows no pools; allocates no text. */
import { confidenceOf } from "./calibration.ts";
import type { ModelParts } from "./layout.ts";
import { readerFor, type Vector } from "./vector.ts";

export interface Verdict {
  /** The best intent, if it is at least as sure as the model's threshold asks. */
  readonly intent: string | undefined;
  readonly best: string | undefined;
  /** Probability that `best` is right and the message in scope, 0 to 1. */
  readonly confidence: number;
}

export interface Weighed {
  readonly feature: string;
  readonly weight: number;
}

export interface IntentDetail extends Verdict {
  readonly threshold: number;
  /** Best first, at most 10. */
  readonly confidences: readonly { readonly intent: string; readonly confidence: number }[];
  /** N-grams that raised and lowered the best intent's score, at most 8 each. */
  readonly for: readonly Weighed[];
  readonly against: readonly Weighed[];
  /** How much of the message was never seen in training, 0 to 1. */
  readonly unknownShare: number;
}

export interface IntentModel {
  readonly names: readonly string[];
  readonly threshold: number;
  /** Never throws; the same for the same text, always. */
  readonly classify: (text: string) => Verdict;
  readonly detail: (text: string) => IntentDetail;
}

const NOTHING: Verdict = { intent: undefined, best: undefined, confidence: 0 };
const MAX_CONFIDENCES = 10;
const MAX_WEIGHED = 8;

export function modelOf(parts: ModelParts): IntentModel {
  const { names, calibration, distances, levels, scale } = parts;
  const { threshold, coefficients } = calibration;
  const read = readerFor(parts.vocabulary);
  const starts = new Uint32Array(parts.entrySizes.length + 1);
  for (const [entry, size] of parts.entrySizes.entries()) starts[entry + 1] = (starts[entry] as number) + size;
  const scores = new Float64Array(parts.classCount);
  const signs = new Float64Array(6);
  const hasOutside = parts.classCount > names.length;

  const score = (text: string): Vector => {
    const vector = read(text);
    scores.fill(0);
    for (let at = 0; at < vector.count; at += 1) {
      const entry = vector.entries[at] as number;
      const value = (vector.values[at] as number) * scale;
      const end = starts[entry + 1] as number;
      let column = 0;
      for (let place = starts[entry] as number; place < end; place += 1) {
        column += distances[place] as number;
        scores[column] = (scores[column] as number) + value * (levels[place] as number);
      }
    }
    return vector;
  };

  const bestBut = (other: number): number => {
    let best = -1;
    for (let at = 0; at < names.length; at += 1)
      if (at !== other && (best < 0 || (scores[at] as number) > (scores[best] as number))) best = at;
    return best;
  };

  const confidence = (vector: Vector, intent: number, rival: number): number => {
    const own = scores[intent] as number;
    signs[0] = 1;
    signs[1] = own;
    signs[2] = rival < 0 ? own : own - (scores[rival] as number);
    signs[3] = hasOutside ? own - (scores[names.length] as number) : 0;
    signs[4] = vector.unknownWords;
    signs[5] = vector.unknownGrams;
    return confidenceOf(signs, coefficients);
  };

  const verdictOf = (vector: Vector): Verdict => {
    if (vector.count === 0) return NOTHING;
    const winner = bestBut(-1);
    const sure = confidence(vector, winner, bestBut(winner));
    const best = names[winner];
    return { intent: sure >= threshold ? best : undefined, best, confidence: sure };
  };

  const weightsFor = (vector: Vector, intent: number): readonly Weighed[] => {
    const { text, from, to } = vector.features;
    return Array.from({ length: vector.count }, (_, at) => {
      const entry = vector.entries[at] as number;
      let column = 0;
      let weight = 0;
      for (let place = starts[entry] as number; place < (starts[entry + 1] as number); place += 1) {
        column += distances[place] as number;
        if (column === intent) weight += (vector.values[at] as number) * scale * (levels[place] as number);
      }
      const place = vector.places[at] as number;
      return { feature: text.slice(from[place], to[place]), weight };
    });
  };

  return {
    names,
    threshold,
    classify: (text) => verdictOf(score(text)),
    detail: (text) => {
      const vector = score(text);
      const verdict = verdictOf(vector);
      const winner = names.indexOf(verdict.best ?? "");
      const weighed = winner < 0 ? [] : weightsFor(vector, winner).toSorted((left, right) => right.weight - left.weight);
      const confidences =
        winner < 0
          ? []
          : names.map((intent, at) => ({ intent, confidence: confidence(vector, at, at === winner ? bestBut(winner) : winner) }));
      return {
        ...verdict,
        threshold,
        confidences: confidences.toSorted((left, right) => right.confidence - left.confidence).slice(0, MAX_CONFIDENCES),
        for: weighed.filter(({ weight }) => weight > 0).slice(0, MAX_WEIGHED),
        against: weighed
          .filter(({ weight }) => weight < 0)
          .toReversed()
          .slice(0, MAX_WEIGHED),
        unknownShare: (vector.unknownWords + vector.unknownGrams) / 2,
      };
    },
  };
}
