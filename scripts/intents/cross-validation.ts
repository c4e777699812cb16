/**
 * How good a training set is, judged by itself: every sentence is classified by a model that has not seen its words. Deterministic: the
 * folds are dealt out in the order of the examples, across intents, so that of a small set one sentence at a time is left out. What
 * stands there again is left out with its first, and judged once.
 */
import { openArtefact } from "../../src/classify/intents/artefact.ts";
import { train } from "../../src/classify/intents/train.ts";
import type { TrainingSet } from "../../src/classify/intents/training-set.ts";
import type { Judged } from "./figures.ts";
import { linesOfSet } from "./labelled.ts";
import { wordsOf } from "./same-words.ts";

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

export function foldsFor(set: TrainingSet): number {
  const count = new Set(linesOfSet(set).map(({ text }) => wordsOf(text))).size;
  return count <= LEAVE_ONE_OUT ? count : (FOLDS.find(([most]) => count <= most)?.[1] ?? 2);
}

export function crossValidate(set: TrainingSet, folds: number, onProgress: (done: number) => void = () => undefined): CrossValidation {
  const judged: Judged[] = [];
  const dealt = dealtOut(set, folds);
  for (let fold = 0; fold < folds; fold += 1) {
    const { rest, held } = split(set, dealt, fold);
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

interface Dealt {
  readonly text: string;
  /** Undefined: it stays in all, because its intent has no other words. */
  readonly fold: number | undefined;
  /** The same words stand before it, in the same intent. */
  readonly isAgain: boolean;
}

/** For each intent, and then for what is out of scope. */
function dealtOut({ intents, outOfScope }: TrainingSet, folds: number): readonly (readonly Dealt[])[] {
  const foldOf = new Map<string, number>();
  return [...intents.map(({ examples }) => examples), outOfScope].map((examples) => {
    const words = examples.map(wordsOf);
    const seen = new Set<string>();
    for (const its of words) if (!foldOf.has(its)) foldOf.set(its, foldOf.size % folds);
    const isOnly = new Set(words).size === 1;
    return examples.map((text, index): Dealt => {
      const its = words[index] as string;
      const isAgain = seen.has(its);
      seen.add(its);
      return { text, fold: isOnly ? undefined : foldOf.get(its), isAgain };
    });
  });
}

/** All of the fold is kept from the model; of what stands there twice, the first is judged. */
function split(set: TrainingSet, dealt: readonly (readonly Dealt[])[], fold: number) {
  const partOf = (isWanted: (one: Dealt) => boolean): TrainingSet => {
    const parts = dealt.map((its) => its.filter(isWanted).map(({ text }) => text));
    return {
      ...set,
      intents: set.intents.map((intent, index) => ({ ...intent, examples: parts[index] ?? [] })),
      outOfScope: parts.at(-1) ?? [],
    };
  };
  return { held: partOf((one) => one.fold === fold && !one.isAgain), rest: partOf((one) => one.fold !== fold) };
}
