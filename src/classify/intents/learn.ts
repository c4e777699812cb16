/** Texts with classes in, weights over a vocabulary out; and scores by those weights before they are made small. For the trainer. */
import { type Ranking, rank } from "./calibration.ts";
import { type Examples, readExamples } from "./examples.ts";
import { learnVocabulary } from "./learn-vocabulary.ts";
import { solve, type Weights } from "./solve.ts";
import { type Reader, readerFor, type Vector } from "./vector.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface Task {
  readonly texts: readonly string[];
  readonly classes: readonly number[];
  /** Names and descriptions, which cross-validation never leaves out. */
  readonly isName: readonly boolean[];
  readonly classCount: number;
  /** Classes that are intents; the one behind them, if any, is "out of scope". */
  readonly intents: number;
}

export interface Learned {
  readonly vocabulary: Vocabulary;
  readonly weights: Weights;
  readonly read: Reader;
  readonly ranking: Ranking;
}

export function learn({ texts, classes, classCount, intents }: Task, onPass?: () => void): Learned {
  const vocabulary = learnVocabulary(texts, classCount);
  const read = readerFor(vocabulary);
  const examples = readExamples(texts, classes, read);
  const weights = solve({ examples, classCount, entryCount: vocabulary.size, ...(onPass === undefined ? {} : { onPass }) });
  return {
    vocabulary,
    weights,
    read,
    ranking: { scores: new Float64Array(classCount), intents, usual: usualOf(examples), best: 0, second: -1 },
  };
}

/** The median; an example without a word has none. */
const usualOf = ({ masses, count }: Examples): number => masses.toSorted()[count >> 1] || 1;

export function scoreWith({ weights, read, ranking }: Learned, text: string): { readonly vector: Vector; readonly ranking: Ranking } {
  const { scores } = ranking;
  const vector = read(text);
  scores.fill(0);
  for (let at = 0; at < vector.count; at += 1) {
    const row = (vector.entries[at] as number) * scores.length;
    const value = vector.values[at] as number;
    for (let c = 0; c < scores.length; c += 1) scores[c] = (scores[c] as number) + value * (weights[row + c] as number);
  }
  rank(ranking);
  return { vector, ranking };
}
