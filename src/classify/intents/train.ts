/**
 * Trains a classifier: a set of examples in, an artefact out. Pure, synchronous and deterministic: the same set gives the same bytes
 * everywhere. Never throws on any text; `problemsOf` says what is wrong with a set before.
 */
import { groupsOf } from "./alike.ts";
import { calibrate, type Held, type Size } from "./calibrate.ts";
import { type Compressed, compress } from "./compress.ts";
import { crossValidate, judge, partsOf } from "./cross-validate.ts";
import { type Learned, learn, type Task } from "./learn.ts";
import { settings } from "./settings.ts";
import type { TrainingSet } from "./training-set.ts";
import type { Vocabulary } from "./vocabulary.ts";
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
  const whole = learnWhole(task, names, options, () => report(1 / settings.passes));
  yield;
  const held = whole.held ?? (yield* crossValidate(task, whole.groups, () => report(1)));
  return writeArtefact({
    names,
    classCount: task.classCount,
    ...whole.small,
    calibration: calibrate(held, shareOf(set, options), sizeOf(task)),
  });
}

interface Whole {
  readonly small: Compressed & { readonly vocabulary: Vocabulary; readonly usual: number };
  readonly groups: Uint16Array;
  /** Only where there is validation. */
  readonly held: readonly Held[] | undefined;
}

/** All of the task at once. What is large ends here: cross-validation needs the room. */
function learnWhole(task: Task, names: readonly string[], { validation }: TrainOptions, onPass: () => void): Whole {
  const learned = learn(task, onPass);
  const { vocabulary, weights } = learned;
  return {
    small: { vocabulary, usual: learned.ranking.usual, ...compress(weights, task.classCount, vocabulary.size) },
    groups: groupsOf(task, learned),
    held: validation === undefined ? undefined : validated(learned, names, validation),
  };
}

const sizeOf = ({ classes, isName, intents }: Task): Size => ({
  intents,
  each: classes.filter((owner, at) => owner < intents && isName[at] !== true).length / Math.max(1, intents),
});

/** What share out of scope to expect: what the document says, or what the paper's validation set had. */
function shareOf({ outOfScopeShare }: TrainingSet, { operatingPoint, validation }: TrainOptions): number {
  if (operatingPoint !== "paper") return outOfScopeShare;
  return validation === undefined ? settings.paperShare : validation.out.length / (validation.in.length + validation.out.length);
}

/** The examples in a row, each intent's name and description as one more; what is out of scope is the last class. */
export function taskOf({ intents, outOfScope }: TrainingSet): Task {
  const rows = intents.flatMap(({ name, description, examples }, intent) => [
    ...examples.map((text) => ({ text, intent, isName: false })),
    { text: spaced(name), intent, isName: true },
    ...(description === undefined ? [] : [{ text: description, intent, isName: true }]),
  ]);
  rows.push(...outOfScope.map((text) => ({ text, intent: intents.length, isName: false })));
  return {
    texts: rows.map(({ text }) => text),
    classes: rows.map(({ intent }) => intent),
    isName: rows.map(({ isName }) => isName),
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
    ...inside.map(({ text, intent }) => judge(learned, text, "inside", names.indexOf(intent))),
    ...out.map((text) => judge(learned, text, "given")),
  ];
}
