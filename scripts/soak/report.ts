/** The figures and findings of a soak, for people and for programs. */
import type { Faults, Verdict } from "./check.ts";

const SHOWN = 5;

/** What each invariant says, in the order in which they matter. */
const INVARIANTS: Readonly<Record<keyof Faults, string>> = {
  lost: "acknowledged messages that nobody received and no dead letter names",
  reordered: "first receipts out of order within a conversation",
  crossed: "receipts by another account, or an instance that is none of the account's",
  invented: "receipts of what nobody said",
  doubled: "repeats that neither a kill nor the policy explains",
  split: "messages received by two instances",
  unfounded: "messages ended as taken that no instance has",
  unacknowledged: "messages never acknowledged",
  unfinished: "acknowledged messages without a terminal state",
  storedTwice: "messages stored twice",
  groundless: "dead letters without a reason that this link allows, or without a cause of their own",
  perished: "accounts with too many dead letters that nobody received",
  unlogged: "ends without a line in the log",
  contradicted: "messages with two different ends",
  garbled: "answers with a gap, or out of order",
  misplaced: "answers in another chat or by another account",
  answeredOutOfOrder: "answers in another order than their questions",
  partsDoubled: "parts read twice that neither a kill nor a silent platform explains",
  uncounted: "more parts read again than the edge counted",
  excessive: "messages and parts that came more often than any rule lets them",
  unanswered: "questions to one that answers itself, without an answer",
  strays: "texts that a person read and that are neither answer nor notice",
  overtold: "notices of a wait, although nothing was delivered since the last one",
  overmoved: "notices of a move, and there was none",
  restless: "conversations that moved twice within a minute, from instances they had spoken with",
  swaying: "conversations that went to and fro between instances",
  slowRecoveries: "kills after which what waited was sent too late, although nothing was broken",
  followed: "requests that came where a redirect pointed to",
  unmet: "kinds of trouble that nobody met in all this time",
  tooFew: "amounts that are too small for this length",
};

const finding = ([name, what]: readonly [string, string], found: readonly string[]): readonly string[] =>
  found.length === 0 ? [] : [`BROKEN ${name}: ${found.length} ${what}`, ...found.slice(0, SHOWN).map((each) => `  ${each.slice(0, 300)}`)];

const spell = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(" and ") || "0";

export function linesOf({ faults, figures, isHeld }: Verdict, complaints: ReadonlyMap<string, number>): readonly string[] {
  const { acknowledged, conversations, kills, troubles, receipts, ends, parts } = figures;
  const { repeatsByKill, repeatsByPolicy, repeatsUnheard, partsRepeatedByKill, linesAgain, moves, toldHeld, toldMoved } = figures;
  const { partsRepeatedByPolicy, partsRepeatedUnheard } = figures;
  return [
    `acknowledged ${acknowledged} in ${conversations} conversations, kills ${kills}, troubles ${troubles}`,
    `receipts ${receipts}; again: ${repeatsByKill} over a kill, ${repeatsByPolicy} not confirmed by the instance, ${repeatsUnheard} not heard by the edge`,
    `parts read ${parts}; again: ${spell(partsRepeatedByKill)} over a kill, ${partsRepeatedByPolicy} not confirmed by the platform, ${partsRepeatedUnheard} not heard by the edge; the edge counted ${figures.repeatsCounted}`,
    `moves ${moves}; people were told of ${toldMoved}, and ${toldHeld} times that they wait`,
    `ends that a later incarnation logged: ${linesAgain}`,
    `dead letters that nobody received: ${spell(figures.deadUnreceived)}`,
    `sent again by itself after ${figures.recoveries} kills with something waiting, ${figures.slowestRecoveryMs} ms after the start at most`,
    `troubles met: ${spell(figures.troublesMet)}`,
    ...Object.entries(ends).map(([kind, count]) => `  ${kind}: ${count}`),
    ...[...complaints].map(([event, count]) => `the edge complained: ${event} ${count} times`),
    ...Object.entries(INVARIANTS).flatMap((invariant) => finding(invariant, faults[invariant[0] as keyof Faults])),
    `${Object.keys(INVARIANTS).length} invariants: ${isHeld ? "all held" : "BROKEN"}`,
  ];
}
