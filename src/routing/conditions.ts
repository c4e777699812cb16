/**
 * A rule's condition, compiled: one test per field given, cheap ones first, each with its reason. Reasons are made of the
 * operator's words alone; what a person wrote, and who they are, never gets into a trace.
 */
import { commandName } from "../classify/command.ts";
import type { IntentModel } from "../classify/intents/model.ts";
import { compileKeywords, findKeyword } from "../classify/keywords.ts";
import { matchesLanguage } from "../classify/language.ts";
import type { PatternCompiler } from "../classify/pattern.ts";
import type { Condition } from "../config/schema.ts";
import { shownThreshold } from "./shares.ts";
import type { Subject } from "./subject.ts";

export interface Finding {
  readonly holds: boolean;
  readonly reason: string;
  /** What of the operator's words was found, for the labels. */
  readonly found?: { readonly keyword?: string; readonly intent?: string };
}

/** What conditions are compiled with. */
export interface Tools {
  readonly patterns: PatternCompiler;
  readonly intents?: IntentModel | undefined;
}

type Test = (subject: Subject) => Finding;
/** `minConfidence` is no test of its own: it is how sure `intent` has to be. */
type Field = Exclude<keyof Condition, "minConfidence">;

type Given = { readonly [F in Field]: NonNullable<Condition[F]> };
type Asked = { readonly [F in Field]?: Given[F] | undefined };
type Compilers = { readonly [F in Field]: (value: Given[F], tools: Tools, when: Condition) => Test };

/** How each field is compiled, in the order of asking; a new field of the schema does not compile without its line here. */
const FIELDS: Compilers = {
  account: (value) => oneOf("account", listOf(value), ({ account }) => account.id),
  channel: (value) => oneOf("channel", listOf(value), ({ account }) => account.channel),
  chat: (value) => oneOf("chat", listOf(value), ({ message }) => message.chat.kind),
  sender: (value) => bySender(new Set(listOf(value))),
  language: (value) => byLanguage(listOf(value)),
  command: (value) => byCommand(new Set(listOf(value).map(commandName))),
  complexity: (value) => byComplexity(value),
  keywords: (value) => byKeywords(value),
  pattern: (value, { patterns }) => byPattern(value, patterns),
  intent: (value, { intents }, { minConfidence }) => byIntent(listOf(value), intents, minConfidence),
};

export function compileCondition(when: Condition, tools: Tools): Test {
  const compileField = <F extends Field>(field: F): readonly Test[] => {
    const value: Asked[F] = when[field];
    return value === undefined ? [] : [FIELDS[field](value, tools, when)];
  };
  const tests = (Object.keys(FIELDS) as Field[]).flatMap((field) => compileField(field));
  return (subject) => allOf(tests, subject);
}

/** Every test must hold; the first that does not is the reason, and ends the work. */
function allOf(tests: readonly Test[], subject: Subject): Finding {
  const findings: Finding[] = [];
  for (const test of tests) {
    const finding = test(subject);
    if (!finding.holds) return finding;
    findings.push(finding);
  }
  const found: NonNullable<Finding["found"]> = Object.assign({}, ...findings.map((finding) => finding.found));
  return { holds: true, reason: findings.map((finding) => finding.reason).join(", "), found };
}

const listOf = <T extends string>(value: T | readonly T[]): readonly T[] => (typeof value === "string" ? [value] : value);

function oneOf(field: string, wanted: readonly string[], read: (subject: Subject) => string): Test {
  const values = new Set(wanted);
  return (subject) => {
    const value = read(subject);
    if (values.has(value)) return { holds: true, reason: `${field} ${value}` };
    return { holds: false, reason: `${field}: ${value} is not ${shorten(wanted)}` };
  };
}

const bySender =
  (wanted: ReadonlySet<string>): Test =>
  ({ message }) =>
    message.sender !== undefined && wanted.has(message.sender.id)
      ? { holds: true, reason: "sender listed" }
      : { holds: false, reason: "sender: not listed" };

const byLanguage =
  (wanted: readonly string[]): Test =>
  ({ message }) => {
    const tag = message.sender?.language;
    const range = tag === undefined ? undefined : wanted.find((candidate) => matchesLanguage(candidate, tag));
    if (range !== undefined) return { holds: true, reason: `language ${range}` };
    return { holds: false, reason: tag === undefined ? "language: unknown" : `language: not ${shorten(wanted)}` };
  };

const byCommand =
  (wanted: ReadonlySet<string>): Test =>
  ({ message }) =>
    message.command !== undefined && wanted.has(message.command)
      ? { holds: true, reason: `command ${message.command}` }
      : { holds: false, reason: `command: not ${shorten([...wanted])}` };

function byKeywords(written: readonly string[]): Test {
  const keywords = compileKeywords(written);
  return ({ text }) => {
    const keyword = findKeyword(keywords, text.ask());
    if (keyword === undefined) return { holds: false, reason: "keywords: none found" };
    return { holds: true, reason: `keywords ${keyword}`, found: { keyword } };
  };
}

function byPattern(source: string, patterns: PatternCompiler): Test {
  const compiled = patterns.compile(source);
  // The check of the document refuses such a pattern; should one arrive all the same, its rule rests and the others work.
  if (!compiled.ok) return () => ({ holds: false, reason: `pattern: ${compiled.problem}` });
  return ({ message }) =>
    compiled.value.isIn(message.text) ? { holds: true, reason: `pattern ${source}` } : { holds: false, reason: "pattern: not found" };
}

const byComplexity =
  (wanted: string): Test =>
  ({ complexity }) => {
    const found = complexity.ask();
    if (found === wanted) return { holds: true, reason: `complexity ${found}` };
    return { holds: false, reason: `complexity: ${found ?? "no words"} is not ${wanted}` };
  };

function byIntent(wanted: readonly string[], model: IntentModel | undefined, minConfidence: number | undefined): Test {
  if (model === undefined) return () => ({ holds: false, reason: "intent: no model" });
  const names = new Set(wanted);
  const least = minConfidence ?? model.threshold;
  const missed = `is not ${shorten(wanted)}`;
  return ({ verdict }) => {
    const { best, confidence, sure, shown } = verdict.ask();
    if (best === undefined) return { holds: false, reason: "intent: none" };
    if (!names.has(best)) return { holds: false, reason: `intent: ${shown} ${missed}` };
    if (confidence >= least) return { holds: true, reason: `intent ${best} (${sure})`, found: { intent: best } };
    return { holds: false, reason: `intent: ${shown} is below ${shownThreshold(least)}` };
  };
}

const SHOWN = 3;

function shorten(values: readonly string[]): string {
  const shown = values.slice(0, SHOWN).join(" or ");
  return values.length > SHOWN ? `${shown} or ${values.length - SHOWN} more` : shown;
}
