/**
 * What a choice between a weak and a strong model is worth: the share of the gap between the two that is closed, by the edge's own rule
 * of what is complex, and by length alone where as much is sent to the strong one. Pure; chance closes as much as is sent.
 */
import { complexityOf } from "../../src/classify/complexity.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";
import { isRecord, readLines } from "./jsonl.ts";

/** What each of the two models made of a text, however that is scored. */
export interface Answered {
  readonly text: string;
  readonly weak: number;
  readonly strong: number;
}

export const readAnswered = (text: string): Result<readonly Answered[], string> => readLines(text, answeredOf);

function answeredOf(value: unknown): Result<Answered, string> {
  const { text, weak, strong } = isRecord(value) ? value : {};
  if (typeof text !== "string") return fail('has no "text"');
  if (typeof weak !== "number" || typeof strong !== "number") return fail('"weak" or "strong" is no number');
  return ok({ text, weak, strong });
}

export interface Recovered {
  readonly count: number;
  /** What is complex by the rule. */
  readonly sent: number;
  readonly byRule: number;
  readonly byLength: number;
}

export function recoveredOf(answered: readonly Answered[]): Recovered {
  const complex = answered.filter(({ text }) => complexityOf(text) === "complex");
  const longest = answered.toSorted((left, right) => right.text.length - left.text.length).slice(0, complex.length);
  const gapOf = (some: readonly Answered[]): number => some.reduce((sum, { weak, strong }) => sum + strong - weak, 0);
  const gap = gapOf(answered);
  const shareOf = (some: readonly Answered[]): number => (gap === 0 ? 0 : gapOf(some) / gap);
  return {
    count: answered.length,
    sent: complex.length / Math.max(1, answered.length),
    byRule: shareOf(complex),
    byLength: shareOf(longest),
  };
}
