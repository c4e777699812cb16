/**
 * How good a training set is, judged by itself: every sentence is classified by a model that has not seen it. Deterministic: the folds
 * are dealt out in the order of the examples, across intents, so that of a small set one sentence at a time is left out.
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

/**
 * Up to so many examples, so many folds. Of a small set each sentence is dear: a model that lacks a fifth of them is much worse than the
 * one that is meant. Large ones cost two to four times what training costs.
 */
const FOLDS: readonly (readonly [examples: number, folds: number])[] = [
  [200, 20],
  [5_000, 5],
  [30_000, 3],
  [Number.POSITIVE_INFINITY, 2],
];

/** Up to so many, each is left out by itself. */
const LEAVE_ONE_OUT = 60;

const countOf = (set: TrainingSet): number => set.intents.reduce((sum, { examples }) => sum + examples.length, set.outOfScope.length);

export function foldsFor(set: TrainingSet): number {
  const count = countOf(set);
  return count <= LEAVE_ONE_OUT ? count : (FOLDS.find(([most]) => count <= most)?.[1] ?? 2);
}

export function crossValidate(set: TrainingSet, folds: number, onProgress: (done: number) => void = () => undefined): CrossValidation {
  const judged: Judged[] = [];
  for (let fold = 0; fold < folds; fold += 1) {
    const { rest, held } = split(set, fold, folds);
    const lines = linesOfSet(held);
    if (lines.length === 0) continue;
    const model = openArtefact(train(rest, { onProgress: (done) => onProgress((fold + done) / folds) }));
    if (!model.ok) throw new Error(model.problem);
    for (const line of lines) {
      const { intent: said, best, confidence } = model.value.classify(line.text);
      judged.push({ ...line, said, best, confidence });
    }
  }
  return { folds, judged };
}

function split(set: TrainingSet, fold: number, folds: number): { readonly rest: TrainingSet; readonly held: TrainingSet } {
  const sideOf = (isWanted: boolean): TrainingSet => {
    let dealt = 0;
    const part = (examples: readonly string[]): readonly string[] => {
      const first = dealt;
      dealt += examples.length;
      return examples.filter((_, index) => (examples.length > 1 && (first + index) % folds === fold) === isWanted);
    };
    const intents = set.intents.map((intent) => ({ ...intent, examples: part(intent.examples) }));
    return { ...set, intents, outOfScope: part(set.outOfScope) };
  };
  return { held: sideOf(true), rest: sideOf(false) };
}
