/**
 * How good a training set is, judged by itself: every sentence is classified by a model that has not seen it. Deterministic: the folds
 * are dealt out in the order of the examples.
 */
import { openArtefact } from "../../src/classify/intents/artefact.ts";
import { train } from "../../src/classify/intents/train.ts";
import type { TrainingSet } from "../../src/classify/intents/training-set.ts";
import type { Judged } from "./figures.ts";
import { linesOfSet } from "./labelled.ts";

export interface CrossValidation {
  readonly folds: number;
  /** Without the only example of an intent: nothing would be left to learn it from. */
  readonly judged: readonly Judged[];
}

/** Up to so many examples, so many folds: all of it costs two to four times what training costs. */
const FOLDS: readonly (readonly [examples: number, folds: number])[] = [
  [5_000, 5],
  [30_000, 3],
  [Number.POSITIVE_INFINITY, 2],
];

const countOf = (set: TrainingSet): number => set.intents.reduce((sum, { examples }) => sum + examples.length, set.outOfScope.length);

export const foldsFor = (set: TrainingSet): number => FOLDS.find(([most]) => countOf(set) <= most)?.[1] ?? 2;

export function crossValidate(set: TrainingSet, folds: number, onProgress: (done: number) => void = () => undefined): CrossValidation {
  const judged: Judged[] = [];
  for (let fold = 0; fold < folds; fold += 1) {
    const { rest, held } = split(set, fold, folds);
    const model = openArtefact(train(rest, { onProgress: (done) => onProgress((fold + done) / folds) }));
    if (!model.ok) throw new Error(model.problem);
    for (const line of linesOfSet(held)) {
      const { intent: said, best, confidence } = model.value.classify(line.text);
      judged.push({ ...line, said, best, confidence });
    }
  }
  return { folds, judged };
}

function split(set: TrainingSet, fold: number, folds: number): { readonly rest: TrainingSet; readonly held: TrainingSet } {
  const isHeld = (_: string, index: number): boolean => index % folds === fold;
  const part = (examples: readonly string[], takes: (text: string, index: number) => boolean): readonly string[] =>
    examples.length < 2 ? examples.filter(() => takes !== isHeld) : examples.filter(takes);
  const sideOf = (takes: (text: string, index: number) => boolean): TrainingSet => ({
    ...set,
    intents: set.intents.map((intent) => ({ ...intent, examples: part(intent.examples, takes) })),
    outOfScope: part(set.outOfScope, takes),
  });
  return { held: sideOf(isHeld), rest: sideOf((text, index) => !isHeld(text, index)) };
}
