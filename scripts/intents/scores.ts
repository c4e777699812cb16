/** How good a classifier is on messages whose intent is known: the measures of the out-of-scope literature. Pure; prints nothing. */

export interface TestMessage {
  readonly text: string;
  /** null: out of scope. */
  readonly intent: string | null;
}

/** What is measured; `openArtefact`'s models have it, and so may anything that answers for one elsewhere. */
export interface Classifier {
  readonly classify: (text: string) => {
    readonly intent: string | undefined;
    readonly best: string | undefined;
    readonly confidence: number;
  };
}

/** Shares, 0 to 1; NaN where the set has no message of the kind. */
export interface Scores {
  /** In-scope messages given their own intent; none is an error. */
  readonly inScopeAccuracy: number;
  /** Out-of-scope messages given none. */
  readonly outOfScopeRecall: number;
  /** Both together, over all messages. */
  readonly jointAccuracy: number;
  /** Chance that a message in scope is surer than one out of scope. */
  readonly auroc: number;
  /** Over in-scope messages: how far confidence is from being right, in 15 bins of equal width. */
  readonly calibrationError: number;
}

const BINS = 15;

export function scoresOf(model: Classifier, testset: readonly TestMessage[]): Scores {
  const judged = testset.map(({ text, intent }) => ({ truth: intent, ...model.classify(text) }));
  const inside = judged.filter(({ truth }) => truth !== null);
  const outside = judged.filter(({ truth }) => truth === null);
  const right = inside.filter(({ truth, intent }) => truth === intent).length;
  const refused = outside.filter(({ intent }) => intent === undefined).length;
  return {
    inScopeAccuracy: right / inside.length,
    outOfScopeRecall: refused / outside.length,
    jointAccuracy: (right + refused) / judged.length,
    auroc: auroc(
      inside.map(({ confidence }) => confidence),
      outside.map(({ confidence }) => confidence),
    ),
    calibrationError: calibrationError(inside.map(({ truth, best, confidence }) => ({ confidence, isRight: truth === best }))),
  };
}

/** Mann and Whitney's U as a share of all pairs; a tie counts half. */
export function auroc(higher: readonly number[], lower: readonly number[]): number {
  const ranked = [...higher.map((value) => ({ value, isHigher: true })), ...lower.map((value) => ({ value, isHigher: false }))];
  ranked.sort((left, right) => left.value - right.value);
  let sum = 0;
  for (let from = 0; from < ranked.length; ) {
    let to = from;
    while (to < ranked.length && ranked[to]?.value === ranked[from]?.value) to += 1;
    const rank = (from + to + 1) / 2;
    sum += rank * ranked.slice(from, to).filter(({ isHigher }) => isHigher).length;
    from = to;
  }
  return (sum - (higher.length * (higher.length + 1)) / 2) / (higher.length * lower.length);
}

interface Bet {
  readonly confidence: number;
  readonly isRight: boolean;
}

export function calibrationError(bets: readonly Bet[]): number {
  const gaps = new Float64Array(BINS);
  for (const { confidence, isRight } of bets) {
    const bin = Math.min(BINS - 1, Math.floor(confidence * BINS));
    gaps[bin] = (gaps[bin] ?? 0) + confidence - (isRight ? 1 : 0);
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / bets.length;
}
