/** A trained model in use: a message's best intent, how sure, and which n-grams spoke for it. Knows no pools; keeps no text. */
import { confidenceOf, SIGNS, signsOf } from "./calibration.ts";
import type { ModelParts } from "./layout.ts";
import { type Scored, type Scorer, scorerFor } from "./scorer.ts";

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
  const { names, calibration } = parts;
  const { threshold, coefficients } = calibration;
  const scorer = scorerFor(parts);
  const signs = new Float64Array(SIGNS);
  const confidence = ({ vector, ranking }: Scored, intent: number): number =>
    confidenceOf(signsOf(ranking, vector, intent, signs), coefficients);

  const verdictOf = (scored: Scored): Verdict => {
    // Nothing known was said: any intent would be a guess.
    if (scored.vector.count === 0) return NOTHING;
    const sure = confidence(scored, scored.ranking.best);
    const best = names[scored.ranking.best];
    return { intent: sure >= threshold ? best : undefined, best, confidence: sure };
  };

  return {
    names,
    threshold,
    classify: (text) => verdictOf(scorer.score(text)),
    detail: (text) => {
      const scored = scorer.score(text);
      const { vector } = scored;
      const confidences = vector.count === 0 ? [] : names.map((intent, at) => ({ intent, confidence: confidence(scored, at) }));
      const weighed = weighedIn(scored, scorer);
      return {
        ...verdictOf(scored),
        threshold,
        confidences: confidences.sort((left, right) => right.confidence - left.confidence).slice(0, MAX_CONFIDENCES),
        for: weighed.filter(({ weight }) => weight > 0).slice(0, MAX_WEIGHED),
        against: weighed
          .filter(({ weight }) => weight < 0)
          .reverse()
          .slice(0, MAX_WEIGHED),
        unknownShare: (vector.unknownWords + vector.unknownGrams) / 2,
      };
    },
  };
}

/** What each n-gram gave to the best intent, most first. A word counts as a word and as letters; to whoever reads it is one thing. */
function weighedIn({ vector, ranking }: Scored, { weightOf }: Scorer): readonly Weighed[] {
  const { text, from, to } = vector.features;
  const sums = new Map<string, number>();
  for (let at = 0; at < vector.count; at += 1) {
    const place = vector.places[at] as number;
    const feature = text.slice(from[place], to[place]);
    sums.set(feature, (sums.get(feature) ?? 0) + weightOf(vector, at, ranking.best));
  }
  return [...sums].map(([feature, weight]) => ({ feature, weight })).sort((left, right) => right.weight - left.weight);
}
