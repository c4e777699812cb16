/** The checker of a soak: every invariant by name, with what broke it, and the figures. Pure, and itself tested with planted faults. */
import { tooFew, unmet } from "./check-amounts.ts";
import { answeredOutOfOrder, garbled, misplaced, unanswered } from "./check-answers.ts";
import { deadUnreceived, groundless, perished } from "./check-dead.ts";
import { contradicted, linesAgain, storedTwice, unacknowledged, unfinished, unlogged } from "./check-ends.ts";
import { overmoved, overtold, restless, swaying } from "./check-notices.ts";
import { crossed, invented, lost, reordered, split, unfounded } from "./check-receipts.ts";
import { recoveries, slowRecoveries } from "./check-recovery.ts";
import { byAccount, excessive, repeatedParts, repeats, uncounted } from "./check-repeats.ts";
import { accountOf, type Facts, kindOf, type Told } from "./facts.ts";

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
  readonly perished: readonly string[];
  readonly unlogged: readonly string[];
  readonly contradicted: readonly string[];
  readonly garbled: readonly string[];
  readonly misplaced: readonly string[];
  readonly answeredOutOfOrder: readonly string[];
  readonly partsDoubled: readonly string[];
  readonly uncounted: readonly string[];
  readonly excessive: readonly string[];
  readonly unanswered: readonly string[];
  readonly strays: readonly string[];
  readonly overtold: readonly string[];
  readonly overmoved: readonly string[];
  readonly restless: readonly string[];
  readonly swaying: readonly string[];
  readonly slowRecoveries: readonly string[];
  readonly followed: readonly string[];
  readonly unmet: readonly string[];
  readonly tooFew: readonly string[];
}

export interface Figures {
  readonly acknowledged: number;
  readonly conversations: number;
  readonly kills: number;
  readonly troubles: number;
  /** By side and kind; those that nobody met are not among them. */
  readonly troublesMet: Readonly<Record<string, number>>;
  readonly receipts: number;
  /** Ends by account and state; dead letters with the first word of their reason. */
  readonly ends: Readonly<Record<string, number>>;
  readonly repeatsByKill: number;
  readonly repeatsByPolicy: number;
  readonly repeatsUnheard: number;
  /** Acknowledged, dead, and received by nobody; by account. */
  readonly deadUnreceived: Readonly<Record<string, number>>;
  /** Ends whose only line a later incarnation wrote. */
  readonly linesAgain: number;
  /** Kills after which something waited for a well instance and nobody wrote, and the longest time from the start until it was sent. */
  readonly recoveries: number;
  readonly slowestRecoveryMs: number;
  readonly parts: number;
  /** By account. */
  readonly partsRepeatedByKill: Readonly<Record<string, number>>;
  readonly partsRepeatedByPolicy: number;
  readonly partsRepeatedUnheard: number;
  /** By the edge. */
  readonly repeatsCounted: number;
  /** Also of instances that nobody had spoken with yet. */
  readonly moves: number;
  readonly toldHeld: number;
  readonly toldMoved: number;
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

function metOf({ troubles }: Facts): Readonly<Record<string, number>> {
  const kinds = Map.groupBy(
    troubles.filter(({ isMissed }) => isMissed !== true),
    kindOf,
  );
  return Object.fromEntries([...kinds].map(([kind, all]) => [kind, all.length] as const).toSorted());
}

function figuresOf(facts: Facts): Figures {
  const again = repeats(facts);
  const partsAgain = repeatedParts(facts);
  const recovered = recoveries(facts);
  const toldOf = (notice: Told["notice"]): number => facts.told.filter((one) => one.notice === notice).length;
  return {
    acknowledged: facts.said.filter(({ isAcknowledged }) => isAcknowledged).length,
    conversations: new Set(facts.said.map(({ conversation }) => conversation)).size,
    kills: facts.kills.length,
    troubles: facts.troubles.length,
    troublesMet: metOf(facts),
    receipts: facts.receipts.length,
    ends: endsOf(facts),
    repeatsByKill: again.byKill.length,
    repeatsByPolicy: again.byPolicy.length,
    repeatsUnheard: again.unheard.length,
    deadUnreceived: byAccount(deadUnreceived(facts)),
    linesAgain: linesAgain(facts).length,
    recoveries: recovered.length,
    slowestRecoveryMs: Math.max(0, ...recovered),
    parts: facts.parts.length,
    partsRepeatedByKill: byAccount(partsAgain.byKill),
    partsRepeatedByPolicy: partsAgain.byPolicy.length,
    partsRepeatedUnheard: partsAgain.unheard.length,
    repeatsCounted: facts.repeatsCounted,
    moves: facts.moves.length,
    toldHeld: toldOf("held"),
    toldMoved: toldOf("moved"),
  };
}

export function check(facts: Facts): Verdict {
  const faults: Faults = {
    lost: lost(facts),
    reordered: reordered(facts),
    crossed: crossed(facts),
    invented: invented(facts),
    doubled: repeats(facts).doubled,
    split: split(facts),
    unfounded: unfounded(facts),
    unacknowledged: unacknowledged(facts),
    unfinished: unfinished(facts),
    storedTwice: storedTwice(facts),
    groundless: groundless(facts),
    perished: perished(facts),
    unlogged: unlogged(facts),
    contradicted: contradicted(facts),
    garbled: garbled(facts),
    misplaced: misplaced(facts),
    answeredOutOfOrder: answeredOutOfOrder(facts),
    partsDoubled: repeatedParts(facts).doubled,
    uncounted: uncounted(facts),
    excessive: excessive(facts),
    unanswered: unanswered(facts),
    strays: facts.strays,
    overtold: overtold(facts),
    overmoved: overmoved(facts),
    restless: restless(facts),
    swaying: swaying(facts),
    slowRecoveries: slowRecoveries(facts),
    followed: facts.followed,
    unmet: unmet(facts),
    tooFew: tooFew(facts),
  };
  const isHeld = Object.values(faults).every((all: readonly string[]) => all.length === 0);
  return { faults, figures: figuresOf(facts), isHeld };
}
