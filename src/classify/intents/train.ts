/**
 * Trains a classifier: a set of examples in, an artefact out. Pure, synchronous and deterministic: the same set gives the same bytes
 * everywhere. Never throws on any text; `problemsOf` says what is wrong with a set before.
 */
import { addBayes } from "./bayes.ts";
import { compress } from "./compress.ts";
import { readExamples } from "./examples.ts";
import { learnVocabulary } from "./learn-vocabulary.ts";
import { settings } from "./settings.ts";
import { solve, type Weights } from "./solve.ts";
import type { TrainingSet } from "./training-set.ts";
import { readerFor } from "./vector.ts";
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

interface Learned {
  readonly vocabulary: Vocabulary;
  readonly weights: Weights;
}

export function learn(texts: readonly string[], classes: readonly number[], classCount: number, passes: number): Learned {
  const vocabulary = learnVocabulary(texts, settings.minDocuments);
  const examples = readExamples(texts, classes, readerFor(vocabulary));
  const weights = solve({ examples, classCount, entryCount: vocabulary.size, passes });
  addBayes(weights, examples, classCount);
  return { vocabulary, weights };
}

export function train(set: TrainingSet, options: TrainOptions = {}): Uint8Array {
  const names = set.intents.map(({ name }) => name);
  const texts: string[] = [];
  const classes: number[] = [];
  for (const [index, { name, description, examples }] of set.intents.entries()) {
    for (const text of [...examples, name.replaceAll(/[_-]/g, " "), ...(description === undefined ? [] : [description])]) {
      texts.push(text);
      classes.push(index);
    }
  }
  for (const text of set.outOfScope) {
    texts.push(text);
    classes.push(names.length);
  }
  const classCount = names.length + (set.outOfScope.length > 0 ? 1 : 0);
  const { vocabulary, weights } = learn(texts, classes, classCount, settings.passes);
  options.onProgress?.(1);
  return writeArtefact({
    names,
    classCount,
    vocabulary,
    ...compress(weights, classCount, vocabulary.size),
    calibration: { threshold: 0.5, coefficients: [-3.5, 2, 4, 0, 0, -2] },
  });
}
