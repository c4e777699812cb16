/**
 * Rules to pool: the first rule that matches wins, else the account's default. `route` is the one function for production,
 * `explain` and the command line, so they cannot differ; the trace is a by-product of deciding, not a second opinion.
 */
import type { Account } from "../core/account.ts";
import type { Message } from "../core/message.ts";

/** What classification says of a message. */
export interface Labels {
  /** Text prepared once for all rules: see `src/classify/`. */
  readonly folded: unknown;
}

export interface RuleTrace {
  readonly rule: string;
  readonly verdict: "matched" | "missed" | "closed" | "not-addressed" | "not-reached";
  /** The condition that decided: `keywords: refund`, `chat: group is not direct`. */
  readonly reason: string;
}

export interface Decision {
  readonly pool: string;
  /** The rule's name, or `default`. */
  readonly rule: string;
  readonly trace: readonly RuleTrace[];
}

export interface Router {
  route(message: Message, account: Account): Decision;
}
