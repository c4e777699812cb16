/** Sentences with the intent they belong to, from JSONL: `{"text","intent"}`, where no intent (null) means out of scope. */
import type { IntentExamples, TrainingSet } from "../../src/classify/intents/training-set.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";
import { isRecord, readLines } from "./jsonl.ts";

export interface Labelled {
  readonly text: string;
  /** Null: out of scope. */
  readonly intent: string | null;
}

export const readLabelled = (text: string): Result<readonly Labelled[], string> => readLines(text, labelledOf);

function labelledOf(value: unknown): Result<Labelled, string> {
  const { text, intent } = isRecord(value) ? value : {};
  if (typeof text !== "string") return fail('has no "text"');
  if (intent === undefined) return fail(withoutIntent(value));
  if (intent !== null && (typeof intent !== "string" || intent === "")) return fail('"intent" is neither a name nor null');
  return ok({ text, intent });
}

const withoutIntent = (value: unknown): string =>
  isRecord(value) && "label" in value ? 'has a "label"; call it "intent"' : 'has no "intent": a name, or null for what is out of scope';

export interface Examples {
  /** Null: out of scope. */
  readonly of: (intent: string | null) => readonly string[];
  /** The intents that its lines name. */
  readonly named: readonly string[];
}

/** A file of examples, one a line or as JSONL. JSONL lines that name an intent count only for this one, so that one file can serve many. */
export function readExamples(text: string, isJsonl: boolean): Result<Examples, string> {
  if (!isJsonl) {
    const examples = linesOf(text);
    return ok({ of: () => examples, named: [] });
  }
  const lines = readLines(text, exampleOf);
  if (!lines.ok) return lines;
  const byIntent = Map.groupBy(lines.value, ({ intent }) => intent);
  return ok({
    of: (intent) => [...(byIntent.get(undefined) ?? []), ...(byIntent.get(intent) ?? [])].map((line) => line.text),
    named: [...byIntent.keys()].filter((intent) => typeof intent === "string"),
  });
}

const linesOf = (text: string): readonly string[] =>
  text
    .replace(/^\ufeff/, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

function exampleOf(value: unknown): Result<{ readonly text: string; readonly intent?: string | null | undefined }, string> {
  const { text, intent } = isRecord(value) ? value : {};
  if (typeof text !== "string") return fail('has no "text"');
  if (intent !== undefined && intent !== null && typeof intent !== "string") return fail('"intent" is neither a name nor null');
  return ok({ text, intent });
}

/** Intents in the order in which they first occur. */
export function setOf(lines: readonly Labelled[], outOfScopeShare: number): TrainingSet {
  const byIntent = Map.groupBy(
    lines.filter(({ intent }) => intent !== null),
    ({ intent }) => intent ?? "",
  );
  const intents: IntentExamples[] = [...byIntent].map(([name, its]) => ({ name, examples: its.map(({ text }) => text) }));
  return { intents, outOfScope: lines.filter(({ intent }) => intent === null).map(({ text }) => text), outOfScopeShare };
}

/** In the order of the set: what `setOf` takes. */
export const linesOfSet = ({ intents, outOfScope }: TrainingSet): readonly Labelled[] => [
  ...intents.flatMap(({ name, examples }) => examples.map((text) => ({ text, intent: name }))),
  ...outOfScope.map((text) => ({ text, intent: null })),
];
