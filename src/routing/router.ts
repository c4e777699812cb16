/**
 * Rules to pool: the first rule that matches wins, else the account's default. `route` is the one function for production,
 * `explain` and the command line, so they cannot differ; the trace is a by-product of deciding, not a second opinion.
 */
import type { Complexity } from "../classify/complexity.ts";
import type { IntentModel, Verdict } from "../classify/intents/model.ts";
import type { PatternCompiler } from "../classify/pattern.ts";
import type { RoutesDocument, RuleConfig } from "../config/schema.ts";
import type { Account } from "../core/account.ts";
import type { Message } from "../core/message.ts";
import { compileCondition, type Finding, type Tools } from "./conditions.ts";
import { type Subject, subjectOf } from "./subject.ts";

/** What classification says of a message: always the operator's words, never the sender's. */
export interface Labels {
  /** Keywords found by the rule that won. */
  readonly keywords: readonly string[];
  /** When a rule asked for it: the intent the winner was for, else the one that is above the model's threshold. */
  readonly intent?: string;
  /** That the intent is right, 0 to 1; there with it. */
  readonly confidence?: number;
  /** When a rule asked for it. */
  readonly complexity?: Complexity;
  /** A rule asked, and the model knows none that it is sure of. */
  readonly isUnsure?: true;
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
   * The conversation stays in the pool it was last in, and `pool` is only for one that was in none. True where a tie-break decided,
   * and for what has no words of its own to decide by (a button, a reaction, an edit, a photo): it belongs to whoever is being talked to.
   */
  readonly keepsPool: boolean;
  /** Said in a group without addressing the bot: no rule applied, and it says nothing of what the conversation is about. */
  readonly isOverheard: boolean;
}

export interface Router {
  /** `opinion`: in place of the model's, and called so in the trace. */
  route(message: Message, account: Account, opinion?: Verdict): Decision;
}

export const DEFAULT_RULE = "default";

interface CompiledRule {
  readonly name: string;
  readonly pool: string;
  readonly isTieBreak: boolean;
  readonly isClosedTo: (channel: string) => boolean;
  readonly test: (subject: Subject) => Finding;
}

/**
 * A document that was loaded without errors becomes a router; everything that can be prepared once is prepared here. The model is
 * asked at most once a message, and only when a rule that is reached asks for an intent.
 */
export function buildRouter(document: RoutesDocument, patterns: PatternCompiler, intents?: IntentModel): Router {
  const rules = document.rules.map((rule) => compileRule(rule, document, { patterns, intents }));
  return { route: (message, account, opinion) => decide(rules, subjectOf(message, account, { intents, opinion })) };
}

function compileRule(rule: RuleConfig, document: RoutesDocument, tools: Tools): CompiledRule {
  const { name, pool, mode, when } = rule;
  const channels = document.pools[pool]?.channels;
  const isClosedTo = (channel: string): boolean => channels !== undefined && !channels.includes(channel);
  return { name, pool, isTieBreak: mode === "tie-break", isClosedTo, test: compileCondition(when, tools) };
}

function decide(rules: readonly CompiledRule[], subject: Subject): Decision {
  const { message, account } = subject;
  const isOverheard = message.chat.kind === "group" && !message.isAddressed;
  const { trace, winner } = walk(rules, subject, isOverheard);
  const labels = labelsOf(subject, winner?.finding);
  if (winner !== undefined) {
    const { name, pool, isTieBreak } = winner.rule;
    return { pool, rule: name, trace, labels, keepsPool: isTieBreak, isOverheard: false };
  }
  const keepsPool = !isOverheard && isWordless(message);
  return { pool: account.pool, rule: DEFAULT_RULE, trace, labels, keepsPool, isOverheard };
}

function labelsOf({ message, verdict, complexity }: Subject, finding: Finding | undefined): Labels {
  const { keyword, intent = verdict.known()?.intent } = finding?.found ?? {};
  const shape = complexity.known();
  return {
    keywords: keyword === undefined ? [] : [keyword],
    ...(intent === undefined ? {} : { intent, confidence: verdict.known()?.confidence ?? 0 }),
    ...(shape === undefined ? {} : { complexity: shape }),
    ...(intent === undefined && verdict.known() !== undefined && message.text.trim() !== "" ? { isUnsure: true } : {}),
  };
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

/** One line for the log: `refunds: keywords refund`, `default: no rule matched`. */
export function describeDecision({ rule, trace, keepsPool, isOverheard }: Decision): string {
  const matched = trace.find((entry) => entry.verdict === "matched");
  if (matched !== undefined) return `${rule}: ${matched.reason}${keepsPool ? "; a tie-break: stays in its pool if it has one" : ""}`;
  if (keepsPool) return `${rule}: no words to decide by, stays in its pool`;
  return `${rule}: ${isOverheard && trace.length > 0 ? "not addressed" : "no rule matched"}`;
}
