/**
 * The contract for instances that ask for their updates, as they would ask the platform: what such a call wants, and the words of
 * the answer. Pure; which updates are given, and under which ids, an instance's outbox decides.
 */
import type { Result } from "../core/result.ts";
import type { CallHead, EgressProblem, WireAnswer } from "./egress.ts";

export interface PollQuestion {
  /**
   * What has a lower id was taken care of. 0: from the oldest that was not. Negative: so many of the newest are wanted, and the
   * others are to be forgotten.
   */
  readonly offset: number;
  readonly limit: number;
  /** How long to wait for an update when there is none. */
  readonly waitMs: number;
  /** The kinds of events wanted from now on; empty: those the platform sends unless told otherwise. Undefined: as before. */
  readonly kinds?: readonly string[];
}

export type PollCall =
  | { readonly kind: "updates"; readonly question: PollQuestion }
  /** Asks how many updates wait. */
  | { readonly kind: "pending" };

export interface Polling {
  /** Undefined: a call like any other. */
  readonly read: (call: CallHead) => Result<PollCall | undefined, EgressProblem>;
  /** `kinds` as a question named them. */
  readonly isWanted: (kind: string, kinds: readonly string[]) => boolean;
  /** The update as text, under an id of ours instead of the platform's; undefined when it is no update. */
  readonly numbered: (update: Uint8Array, id: number) => string | undefined;
  /** The body of an answer with these updates, as `numbered` made them. */
  readonly answerOf: (updates: readonly string[]) => string;
  readonly pendingAnswer: (count: number) => WireAnswer;
  /** How the platform ends a question when another one comes while it waits. */
  readonly conflict: string;
  /** Updates of one answer are no longer than this together, unless a single one is. */
  readonly maxAnswerBytes: number;
}
