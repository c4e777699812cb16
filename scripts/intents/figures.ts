/** Figures of a classifier over labelled sentences, as the literature counts them. Pure; 0 where there is nothing to count. */
import type { Labelled } from "./labelled.ts";

/** A labelled sentence, and what was said of it. */
export interface Judged extends Labelled {
  /** What it was taken for; undefined: out of scope. */
  readonly said: string | undefined;
  /** The best guess, whatever the threshold. */
  readonly best: string | undefined;
  readonly confidence: number;
}

export interface Figures {
  /** Of what is in scope, the share given its own intent: to be held for out of scope is an error. */
  readonly inScopeAccuracy: number;
  /** Of what is out of scope, the share held for that. */
  readonly outOfScopeRecall: number;
  /** Of everything, the share judged rightly. */
  readonly jointAccuracy: number;
  /** How well the confidence tells what is in scope from what is not: the chance that one of these is higher than one of those. */
  readonly auroc: number;
  /** Of what is in scope, how far confidence and share of right guesses are apart. */
  readonly calibrationError: number;
}

export function figuresOf(judged: readonly Judged[]): Figures {
  const inScope = judged.filter(({ intent }) => intent !== null);
  const outOfScope = judged.filter(({ intent }) => intent === null);
  return {
    inScopeAccuracy: shareOf(inScope, isRight),
    outOfScopeRecall: shareOf(outOfScope, isRight),
    jointAccuracy: shareOf(judged, isRight),
    auroc: areaUnderRoc(inScope, outOfScope),
    calibrationError: calibrationError(inScope),
  };
}

export const isRight = ({ said, intent }: Judged): boolean => (said ?? null) === intent;

export const shareOf = <T>(all: readonly T[], isCounted: (one: T) => boolean): number =>
  all.length === 0 ? 0 : all.filter(isCounted).length / all.length;

/** By ranks (Mann and Whitney), where equal confidences share theirs. */
function areaUnderRoc(positive: readonly Judged[], negative: readonly Judged[]): number {
  if (positive.length === 0 || negative.length === 0) return 0;
  const sorted = [...positive, ...negative].sort((left, right) => left.confidence - right.confidence);
  let sum = 0;
  for (let start = 0; start < sorted.length; ) {
    let end = start + 1;
    while (end < sorted.length && sorted[end]?.confidence === sorted[start]?.confidence) end += 1;
    sum += sorted.slice(start, end).filter(({ intent }) => intent !== null).length * ((start + 1 + end) / 2);
    start = end;
  }
  return (sum - (positive.length * (positive.length + 1)) / 2) / (positive.length * negative.length);
}

const BINS = 15;

/** Expected calibration error over bins of equal width. @see https://proceedings.mlr.press/v70/guo17a.html */
function calibrationError(judged: readonly Judged[]): number {
  if (judged.length === 0) return 0;
  const bins = Map.groupBy(judged, ({ confidence }) => Math.min(BINS - 1, Math.floor(confidence * BINS)));
  const gaps = [...bins.values()].map((bin) => {
    const confidence = bin.reduce((sum, one) => sum + one.confidence, 0);
    return Math.abs(confidence - bin.filter(({ best, intent }) => best === intent).length);
  });
  return gaps.reduce((sum, gap) => sum + gap, 0) / judged.length;
}
