/**
 * Trains a classifier: a set of examples in, an artefact out. Pure, synchronous and deterministic: the same set gives the same bytes
 * everywhere. Never throws on any text; `problemsOf` says what is wrong with a set before.
 */
import { coefficientsFor, type Held, thresholdFor } from "./calibrate.ts";
import type { Calibration } from "./calibration.ts";
import { compress } from "./compress.ts";
import { crossValidate, judge, partsOf, type Sourced } from "./cross-validate.ts";
import { type Learned, learn } from "./learn.ts";
import { settings } from "./settings.ts";
import type { TrainingSet } from "./training-set.ts";
import { writeArtefact } from "./write-artefact.ts";

export interface Labelled {
  readonly text: string;
  readonly intent: string;
}

export interface TrainOptions {
  /** balanced (default): the threshold for the expected share out of scope; paper: the one with the best accuracy on validation. */
  readonly operatingPoint?: "balanced" | "paper";
  /** Messages not trained on, to find the threshold with; without, the examples are cross-validated. */
  readonly validation?: { readonly in: readonly Labelled[]; readonly out: readonly string[] };
  /** How much is done, 0 to 1. */
  readonly onProgress?: (done: number) => void;
}

export function train(set: TrainingSet, options: TrainOptions = {}): Uint8Array {
  const steps = trainInSteps(set, options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same with pauses: for whoever shares a thread with others. */
export function* trainInSteps(set: TrainingSet, options: TrainOptions = {}): Generator<undefined, Uint8Array> {
  const names = set.intents.map(({ name }) => name);
  const task = taskOf(set);
  const steps = options.validation === undefined ? partsOf(task) + 1 : 1;
  let done = 0;
  const report = (part: number): void => {
    done += part;
    options.onProgress?.(done / steps);
  };
  const learned = learn(task, () => report(1 / settings.passes));
  yield;
  const held =
    options.validation === undefined ? yield* crossValidate(task, () => report(1)) : validated(learned, names, options.validation);
  return writeArtefact({
    names,
    classCount: task.classCount,
    vocabulary: learned.vocabulary,
    ...compress(learned.weights, task.classCount, learned.vocabulary.size),
    calibration: calibrated(held, set.outOfScopeShare, options),
  });
}

/** The examples in a row, each intent's name and description as one more; what is out of scope is the last class. */
export function taskOf({ intents, outOfScope }: TrainingSet): Sourced {
  const rows = intents.flatMap(({ name, description, examples }, intent) => [
    ...examples.map((text, place) => ({ text, intent, place })),
    { text: spaced(name), intent, place: -1 },
    ...(description === undefined ? [] : [{ text: description, intent, place: -1 }]),
  ]);
  rows.push(...outOfScope.map((text, place) => ({ text, intent: intents.length, place })));
  return {
    texts: rows.map(({ text }) => text),
    classes: rows.map(({ intent }) => intent),
    places: rows.map(({ place }) => place),
    classCount: intents.length + (outOfScope.length > 0 ? 1 : 0),
    intents: intents.length,
  };
}

/** `payBill` and `pay_bill` are two words each. */
const spaced = (name: string): string => name.replaceAll(/(?<=\p{Ll})(?=\p{Lu})/gu, " ").replaceAll("_", " ");

function validated(
  learned: Learned,
  names: readonly string[],
  { in: inside, out }: NonNullable<TrainOptions["validation"]>,
): readonly Held[] {
  return [
    ...inside.map(({ text, intent }) => judge(learned, text, names.indexOf(intent))),
    ...out.map((text) => judge(learned, text, undefined)),
  ];
}

function calibrated(held: readonly Held[], share: number, { operatingPoint, validation }: TrainOptions): Calibration {
  const coefficients = coefficientsFor(held, share);
  const given = validation === undefined ? settings.paperShare : validation.out.length / Math.max(1, held.length);
  return { coefficients, threshold: thresholdFor(held, coefficients, operatingPoint === "paper" ? given : share) };
}
