/**
 * Rules to pool: the first rule that matches wins, else the account's default. `route` is the one function for production,
 * `explain` and the command line, so they cannot differ; the trace is a by-product of deciding, not a second opinion.
 */
import { fold } from "../classify/fold.ts";
import type { PatternCompiler } from "../classify/pattern.ts";
import { indexText, type TextIndex } from "../classify/tokens.ts";
import type { RoutesDocument, RuleConfig } from "../config/schema.ts";
import type { Account } from "../core/account.ts";
import type { Message } from "../core/message.ts";
import { compileCondition, type Finding, type Subject } from "./conditions.ts";

/** What classification says of a message: always the operator's words, never the sender's. */
export interface Labels {
  /** Keywords found by the rules that were looked at. */
  readonly keywords: readonly string[];
}

export interface RuleTrace {
  readonly rule: string;
  readonly verdict: "matched" | "missed" | "closed" | "not-addressed" | "not-reached";
  /** The condition that decided: `keywords refund`, `chat: group is not direct`. */
  readonly reason: string;
}

export interface Decision {
  readonly pool: string;
  /** The rule's name, or `default`. */
  readonly rule: string;
  /** Every rule, in the document's order. */
  readonly trace: readonly RuleTrace[];
  readonly labels: Labels;
  /**
   * The conversation stays in the pool it was last in, and `pool` is only for one that was in none. True for what has no words of
   * its own to decide by (a button, a reaction, an edit, a photo): it belongs to whoever is being talked to.
   */
  readonly keepsPool: boolean;
  /** Said in a group without addressing the bot: no rule applied, and it says nothing of what the conversation is about. */
  readonly isOverheard: boolean;
}

export interface Router {
  route(message: Message, account: Account): Decision;
}

export const DEFAULT_RULE = "default";

interface CompiledRule {
  readonly name: string;
  readonly pool: string;
  readonly isClosedTo: (channel: string) => boolean;
  readonly test: (subject: Subject) => Finding;
}

/** A document that was loaded without errors becomes a router; everything that can be prepared once is prepared here. */
export function buildRouter(document: RoutesDocument, patterns: PatternCompiler): Router {
  const rules = document.rules.map((rule) => compileRule(rule, document, patterns));
  return { route: (message, account) => decide(rules, message, account) };
}

function compileRule(rule: RuleConfig, document: RoutesDocument, patterns: PatternCompiler): CompiledRule {
  const channels = document.pools[rule.pool]?.channels;
  const isClosedTo = (channel: string): boolean => channels !== undefined && !channels.includes(channel);
  return { name: rule.name, pool: rule.pool, isClosedTo, test: compileCondition(rule.when, patterns) };
}

function decide(rules: readonly CompiledRule[], message: Message, account: Account): Decision {
  const isOverheard = message.chat.kind === "group" && !message.isAddressed;
  const text = message.isFollowUp === true ? "" : message.text;
  const subject: Subject = { message: { ...message, text }, account, text: lazyIndex(text) };
  const { trace, winner } = walk(rules, subject, isOverheard);
  if (winner !== undefined) {
    const { rule, finding } = winner;
    return {
      pool: rule.pool,
      rule: rule.name,
      trace,
      labels: { keywords: [finding.keyword ?? []].flat() },
      keepsPool: false,
      isOverheard: false,
    };
  }
  const keepsPool = !isOverheard && isWordless(subject.message);
  return { pool: account.pool, rule: DEFAULT_RULE, trace, labels: { keywords: [] }, keepsPool, isOverheard };
}

interface Walk {
  readonly trace: readonly RuleTrace[];
  readonly winner: { readonly rule: CompiledRule; readonly finding: Finding } | undefined;
}

function walk(rules: readonly CompiledRule[], subject: Subject, isOverheard: boolean): Walk {
  const trace: RuleTrace[] = [];
  let winner: Walk["winner"];
  for (const rule of rules) {
    const skipped = winner === undefined ? skip(rule, subject.account, isOverheard) : NOT_REACHED;
    const finding = skipped === undefined ? rule.test(subject) : undefined;
    trace.push({ rule: rule.name, ...(skipped ?? verdictOf(finding)) });
    if (finding?.holds === true) winner = { rule, finding };
  }
  return { trace, winner };
}

const isWordless = (message: Message): boolean => message.text.trim() === "" && message.command === undefined;

type Judgement = Pick<RuleTrace, "verdict" | "reason">;

const NOT_REACHED: Judgement = { verdict: "not-reached", reason: "an earlier rule matched" };
const NOT_ADDRESSED: Judgement = { verdict: "not-addressed", reason: "in a group, only what addresses the bot is ruled on" };

/** What people say to each other in a group is the account's pool's, all of it: else that instance lacks the context of the next question. */
function skip(rule: CompiledRule, account: Account, isOverheard: boolean): Judgement | undefined {
  if (isOverheard) return NOT_ADDRESSED;
  if (rule.isClosedTo(account.channel)) return { verdict: "closed", reason: `the pool ${rule.pool} is closed to ${account.channel}` };
  return undefined;
}

const verdictOf = (finding: Finding | undefined): Judgement =>
  finding?.holds === true ? { verdict: "matched", reason: finding.reason } : { verdict: "missed", reason: finding?.reason ?? "" };

function lazyIndex(text: string): () => TextIndex {
  let index: TextIndex | undefined;
  return () => {
    index ??= indexText(fold(text));
    return index;
  };
}

/** One line for the log: `refunds: keywords refund`, `default: no rule matched`. */
export function describeDecision(decision: Decision): string {
  if (decision.keepsPool) return `${decision.rule}: no words to decide by, stays in its pool`;
  const overheard = decision.trace.find((entry) => entry.verdict === "not-addressed");
  if (overheard !== undefined) return `${decision.rule}: not addressed`;
  const matched = decision.trace.find((entry) => entry.verdict === "matched");
  return `${decision.rule}: ${matched?.reason ?? "no rule matched"}`;
}
