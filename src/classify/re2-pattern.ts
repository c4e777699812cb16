/** The pattern engine: RE2 in plain JavaScript, linear in the text, with caps on pattern, program and text. Never backtracks. */
import { RE2JS } from "re2js";
import { fail, ok } from "../core/result.ts";
import { cut } from "./fold.ts";
import type { PatternCompiler } from "./pattern.ts";

/** The same as in the schema of the routes document: a longer pattern is a program. */
export const MAX_PATTERN_UNITS = 256;

/** Instructions after compiling: time is text x program, and `(?:a|b|ab){300}` makes 1,200 of them out of 15 characters. */
export const MAX_PROGRAM_SIZE = 250;

export const re2Patterns = {
  compile(source) {
    if (source.length > MAX_PATTERN_UNITS) return fail(`longer than ${MAX_PATTERN_UNITS} characters`);
    try {
      const compiled = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE);
      const size = compiled.programSize();
      if (size > MAX_PROGRAM_SIZE)
        return fail(`too large once its repetitions are written out: ${size} steps, at most ${MAX_PROGRAM_SIZE}`);
      return ok({ isIn: (text) => compiled.test(cut(text)) });
    } catch (error) {
      return fail(error instanceof Error ? error.message : "not a regular expression");
    }
  },
} satisfies PatternCompiler;
