/**
 * Patterns of rules: what the router needs of a regular expression engine. The engine itself is handed in by the composition
 * root, because it is large and must be linear in time: the built-in one lets a pattern of twenty characters stop a core for good.
 */
import type { Result } from "../core/result.ts";

export interface Pattern {
  /** Whether the pattern is found anywhere in the text, without case. Reads the first `MAX_TEXT_UNITS` of it. */
  readonly isIn: (text: string) => boolean;
}

export interface PatternCompiler {
  /** The problem is a sentence for the operator who wrote the pattern. */
  compile(source: string): Result<Pattern, string>;
}

/** Why a pattern cannot be used, or undefined: for the check of a routes document. */
export function patternProblem(compiler: PatternCompiler, source: string): string | undefined {
  const compiled = compiler.compile(source);
  return compiled.ok ? undefined : compiled.problem;
}
