/** What cross-validation and a look at the examples say of a document's intents: figures for a person to act on. Pure; prints nothing. */
import type { TrainingSet } from "../../src/classify/intents/training-set.ts";
import type { CrossValidation } from "./cross-validation.ts";
import { type Judged, shareOf } from "./figures.ts";
import { wordsOf } from "./same-words.ts";

export interface Confusion {
  /** Null: out of scope. */
  readonly intent: string | null;
  readonly takenFor: string;
  readonly count: number;
  /** Of all sentences of that intent. */
  readonly share: number;
  readonly examples: readonly string[];
}

export interface Alike {
  readonly intents: readonly [string, string];
  /** Of the examples of both, those that were taken for the other's. */
  readonly share: number;
}

export interface Contradiction {
  readonly text: string;
  /** Null: given as out of scope as well. */
  readonly intents: readonly (string | null)[];
}

export interface Quality {
  readonly folds: number;
  readonly judged: number;
  /** In scope, the best guess is right, whatever the threshold. */
  readonly accuracy: number;
  /** In scope, what reaches its intent at the threshold. */
  readonly reached: number;
  /** In scope, what reaches another intent at the threshold. */
  readonly misrouted: number;
  readonly fallsBack: {
    readonly inScope: number;
    /** Null where no example is given. */
    readonly outOfScope: number | null;
    /** Of all messages, at the share of out-of-scope ones that the document expects. */
    readonly expected: number;
  };
  /** The most frequent first. */
  readonly confusions: readonly Confusion[];
  readonly alike: readonly Alike[];
}

export function qualityOf(set: TrainingSet, { folds, judged }: CrossValidation): Quality {
  const inScope = judged.filter(({ intent }) => intent !== null);
  const outOfScope = judged.filter(({ intent }) => intent === null);
  const fallsIn = shareOf(inScope, hasFallen);
  // Where nothing out of scope is given, all of it is taken to be recognised: the least that falls back.
  const fallsOut = outOfScope.length === 0 ? 1 : shareOf(outOfScope, hasFallen);
  return {
    folds,
    judged: judged.length,
    accuracy: shareOf(inScope, ({ best, intent }) => best === intent),
    reached: shareOf(inScope, ({ said, intent }) => said === intent),
    misrouted: shareOf(inScope, isMisrouted),
    fallsBack: {
      inScope: fallsIn,
      outOfScope: outOfScope.length === 0 ? null : fallsOut,
      expected: (1 - set.outOfScopeShare) * fallsIn + set.outOfScopeShare * fallsOut,
    },
    confusions: confusionsOf(judged),
    alike: alikeOf(inScope),
  };
}

const hasFallen = ({ said }: Judged): boolean => said === undefined;
const isMisrouted = ({ said, intent }: Judged): boolean => said !== undefined && said !== intent;

const SENTENCES = 3;

function confusionsOf(judged: readonly Judged[]): readonly Confusion[] {
  const totals = countBy(judged, ({ intent }) => intent);
  const pairs = Map.groupBy(judged.filter(isMisrouted), ({ intent, said }) => JSON.stringify([intent, said]));
  return [...pairs.values()]
    .map((its): Confusion => {
      const [{ intent = null, said = "" } = {}] = its;
      const examples = its.toSorted((left, right) => right.confidence - left.confidence).slice(0, SENTENCES);
      const share = its.length / (totals.get(intent) ?? 1);
      return { intent, takenFor: said, count: its.length, share, examples: examples.map(({ text }) => text) };
    })
    .sort((left, right) => right.count - left.count || right.share - left.share);
}

/** From here on two intents are no longer two to this classifier. Of fewer examples each, that would be said of whatever is hard to guess. */
const ALIKE_SHARE = 0.15;
const ALIKE_LEAST = 3;
const ALIKE_EXAMPLES = 10;

/** By the best guess, whatever the threshold: a threshold hides how near two intents are. */
function alikeOf(inScope: readonly Judged[]): readonly Alike[] {
  const totals = countBy(inScope, ({ intent }) => intent);
  const wrong = inScope.filter(({ intent, best }) => best !== undefined && best !== intent);
  const pairs = countBy(wrong, ({ intent, best }) => JSON.stringify([intent, best].sort()));
  return [...pairs]
    .filter(([, count]) => count >= ALIKE_LEAST)
    .flatMap(([pair, count]): readonly Alike[] => {
      const [one, other] = JSON.parse(pair) as [string, string];
      const [ones, others] = [totals.get(one) ?? 0, totals.get(other) ?? 0];
      const share = count / (ones + others);
      return Math.min(ones, others) >= ALIKE_EXAMPLES && share >= ALIKE_SHARE ? [{ intents: [one, other], share }] : [];
    })
    .sort((left, right) => right.share - left.share);
}

function countBy<T, K>(all: readonly T[], keyOf: (one: T) => K): ReadonlyMap<K, number> {
  const counts = new Map<K, number>();
  for (const one of all) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1);
  return counts;
}

/** The same words under two intents: nobody could learn which one is meant. */
export function contradictionsOf({ intents, outOfScope }: TrainingSet): readonly Contradiction[] {
  const owners = new Map<string, { readonly text: string; readonly intents: Set<string | null> }>();
  const add = (intent: string | null, text: string): void => {
    const words = wordsOf(text);
    const known = owners.get(words);
    if (known === undefined) owners.set(words, { text, intents: new Set([intent]) });
    else known.intents.add(intent);
  };
  for (const { name, examples } of intents) for (const text of examples) add(name, text);
  for (const text of outOfScope) add(null, text);
  return [...owners.values()].filter((owner) => owner.intents.size > 1).map((owner) => ({ text: owner.text, intents: [...owner.intents] }));
}

/** How many examples stand more than once in their intent. */
export const repeatedIn = ({ intents, outOfScope }: TrainingSet): number =>
  [...intents.map(({ examples }) => examples), outOfScope].reduce((sum, examples) => {
    const times = countBy(examples, wordsOf);
    return sum + [...times.values()].filter((count) => count > 1).length;
  }, 0);
