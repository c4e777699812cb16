/**
 * Finds the logistic function and the threshold from messages that were not trained on. Pulled towards settled values, so that three
 * messages do not decide alone. For the trainer.
 */
import { type Calibration, confidenceOf, type Signs } from "./calibration.ts";
import { coefficientsOf } from "./logistic.ts";
import { settings } from "./settings.ts";

/** A message judged by a model that has not seen it. */
export interface Held {
  readonly signs: Signs;
  /** given: the operator says it is out of scope; spared: its intent was left out; inside: it has an intent. */
  readonly kind: "inside" | "given" | "spared";
  /** The best intent is the true one. */
  readonly isRight: boolean;
}

/** How large a set is: what its scores say of new messages depends on it, and a few messages do not tell how. */
export interface Size {
  readonly intents: number;
  /** Examples of an intent, on average. */
  readonly each: number;
}

/** `share`: how many of all messages are expected to be out of scope. */
export function calibrate(held: readonly Held[], share: number, size: Size): Calibration {
  const weights = weightsOf(held, share);
  const signs = held.map((one) => one.signs);
  const right = coefficientsOf({ signs, weights, isSo: held.map(({ isRight }) => isRight), prior: priorOf(settings.priorRight, size) });
  const outside = coefficientsOf({
    signs,
    weights,
    isSo: held.map(({ kind }) => kind !== "inside"),
    prior: priorOf(settings.priorOutside, size),
  });
  return { coefficients: right, threshold: thresholdFor(signs, weights, right, outside) };
}

/** The first coefficient moves by each halving of the examples, and of the intents, below what is many. */
function priorOf([first = 0, byExamples = 0, byIntents = 0, ...rest]: readonly number[], { intents, each }: Size): readonly number[] {
  const halvings = (many: number, some: number): number => Math.max(0, Math.log2(many / Math.max(1, some)));
  return [first + byExamples * halvings(settings.manyExamples, each) + byIntents * halvings(settings.manyIntents, intents), ...rest];
}

/** Weights so that messages out of scope have their expected share of all. */
function weightsOf(held: readonly Held[], share: number): Float64Array {
  const count = { inside: 0, given: 0, spared: 0 };
  for (const { kind } of held) count[kind] += 1;
  const spared = Math.min(count.spared, settings.sparedWeight);
  const outside = share / Math.max(1, count.given + spared);
  const each = { inside: (1 - share) / count.inside, given: outside, spared: (outside * spared) / count.spared };
  return Float64Array.from(held, ({ kind }) => held.length * each[kind]);
}

/**
 * The confidence from which answering is expected to gain more than it loses: a right answer against a message that should have had
 * none. By expectation rather than by counting, because counts of a few messages jump; of very few, so does what is expected.
 */
function thresholdFor(signs: readonly Signs[], weights: Float64Array, right: readonly number[], outside: readonly number[]): number {
  const sorted = signs
    .map((one, at) => {
      const confidence = confidenceOf(one, right);
      return { confidence, gain: (weights[at] as number) * (confidence - confidenceOf(one, outside)) };
    })
    .sort((one, other) => other.confidence - one.confidence);
  let sum = 0;
  let most = 0;
  let found = settings.priorThreshold;
  for (const { confidence, gain } of sorted) {
    sum += gain;
    if (sum <= most) continue;
    most = sum;
    found = confidence;
  }
  const pull = settings.thresholdStrength / (settings.thresholdStrength + signs.length);
  return Math.fround(found + pull * (settings.priorThreshold - found));
}
