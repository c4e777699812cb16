/** The checker of a soak: every invariant by name, with what broke it, and the figures. Pure, and itself tested with planted faults. */
import { answeredOutOfOrder, garbled, misplaced, repeatedParts, unanswered, uncounted } from "./check-answers.ts";
import { contradicted, groundless, storedTwice, unacknowledged, unfinished, untold } from "./check-ends.ts";
import { crossed, invented, lost, reordered, repeats, split, unfounded } from "./check-receipts.ts";
import { accountOf, type Facts } from "./facts.ts";

/** Each is empty when its invariant held. */
export interface Faults {
  readonly lost: readonly string[];
  readonly reordered: readonly string[];
  readonly crossed: readonly string[];
  readonly invented: readonly string[];
  readonly doubled: readonly string[];
  readonly split: readonly string[];
  readonly unfounded: readonly string[];
  readonly unacknowledged: readonly string[];
  readonly unfinished: readonly string[];
  readonly storedTwice: readonly string[];
  readonly groundless: readonly string[];
  readonly unlogged: readonly string[];
  readonly contradicted: readonly string[];
  readonly garbled: readonly string[];
  readonly misplaced: readonly string[];
  readonly answeredOutOfOrder: readonly string[];
  readonly partsDoubled: readonly string[];
  readonly uncounted: readonly string[];
  readonly unanswered: readonly string[];
  readonly strays: readonly string[];
}

export interface Figures {
  readonly acknowledged: number;
  readonly conversations: number;
  readonly kills: number;
  readonly troubles: number;
  readonly receipts: number;
  /** Ends by account and state; dead letters with the first word of their reason. */
  readonly ends: Readonly<Record<string, number>>;
  readonly repeatsByKill: number;
  readonly repeatsByPolicy: number;
  readonly repeatsUnheard: number;
  /** Ends that a kill kept out of the log. */
  readonly linesSwallowed: number;
  readonly parts: number;
  /** By account. */
  readonly partsRepeatedByKill: Readonly<Record<string, number>>;
  readonly partsRepeatedByPolicy: number;
  /** By the edge. */
  readonly repeatsCounted: number;
}

export interface Verdict {
  readonly faults: Faults;
  readonly figures: Figures;
  readonly isHeld: boolean;
}

const reasonOf = (outcome: string): string => outcome.split(":", 1)[0] ?? outcome;

function endsOf({ ended }: Facts): Readonly<Record<string, number>> {
  const kinds = Map.groupBy(ended, ({ name, state, outcome }) =>
    [accountOf(name), state, ...(state === "dead" ? [reasonOf(outcome)] : [])].join(" "),
  );
  return Object.fromEntries([...kinds].map(([kind, all]) => [kind, all.length] as const).toSorted());
}

export function check(facts: Facts): Verdict {
  const again = repeats(facts);
  const lines = untold(facts);
  const partsAgain = repeatedParts(facts);
  const faults: Faults = {
    lost: lost(facts),
    reordered: reordered(facts),
    crossed: crossed(facts),
    invented: invented(facts),
    doubled: again.doubled,
    split: split(facts),
    unfounded: unfounded(facts),
    unacknowledged: unacknowledged(facts),
    unfinished: unfinished(facts),
    storedTwice: storedTwice(facts),
    groundless: groundless(facts),
    unlogged: lines.unlogged,
    contradicted: contradicted(facts),
    garbled: garbled(facts),
    misplaced: misplaced(facts),
    answeredOutOfOrder: answeredOutOfOrder(facts),
    partsDoubled: partsAgain.doubled,
    uncounted: uncounted(facts),
    unanswered: unanswered(facts),
    strays: facts.strays,
  };
  const figures: Figures = {
    acknowledged: facts.said.filter(({ isAcknowledged }) => isAcknowledged).length,
    conversations: new Set(facts.said.map(({ conversation }) => conversation)).size,
    kills: facts.kills.length,
    troubles: facts.troubles.length,
    receipts: facts.receipts.length,
    ends: endsOf(facts),
    repeatsByKill: again.byKill.length,
    repeatsByPolicy: again.byPolicy.length,
    repeatsUnheard: again.unheard.length,
    linesSwallowed: lines.swallowed.length,
    parts: facts.parts.length,
    partsRepeatedByKill: Object.fromEntries([...Map.groupBy(partsAgain.byKill, accountOf)].map(([account, all]) => [account, all.length])),
    repeatsCounted: facts.repeatsCounted,
    partsRepeatedByPolicy: partsAgain.byPolicy.length,
  };
  return { faults, figures, isHeld: Object.values(faults).every((all: readonly string[]) => all.length === 0) };
}
