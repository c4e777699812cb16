import { describe, expect, it } from "vitest";
import { MAX_TEXT_UNITS } from "../../src/classify/fold.ts";
import { patternProblem } from "../../src/classify/pattern.ts";
import { re2Patterns } from "../../src/classify/re2-pattern.ts";

function isIn(source: string, text: string): boolean {
  const compiled = re2Patterns.compile(source);
  if (!compiled.ok) throw new Error(compiled.problem);
  return compiled.value.isIn(text);
}

describe("a pattern", () => {
  it("is found anywhere, without case", () => expect(isIn("ORD-\\d{4}", "see ord-1234 please")).toBe(true));
  it("can be anchored", () => expect(isIn("^ord", "my ord")).toBe(false));
  it("knows scripts", () => expect(isIn("\\p{Han}{2}", "hello 退款")).toBe(true));
  it("sees only the beginning of a text", () => {
    expect(isIn("needle", `${"x".repeat(MAX_TEXT_UNITS)}needle`)).toBe(false);
    expect(isIn("needle", `${"x".repeat(MAX_TEXT_UNITS - 6)}needle`)).toBe(true);
  });
});

describe("a pattern that cannot be used is refused with a reason", () => {
  it.each([
    ["(a)\\1", /escape/],
    ["(?=a)", /Perl/],
    ["(", /missing/],
    ["x{1000}{1000}", /repetition/],
    ["(?:a|b|ab){300}c", /too large/],
    ["a".repeat(257), /longer than 256/],
  ])("%s", (source, reason) => expect(patternProblem(re2Patterns, source)).toMatch(reason));
});

it.each(["(a*)*b", "(x+x+)+y", ".*.*=.*", "(?:x?){60}x{60}y", "^(.*?,){20}z"])(
  "%s, which stops a backtracking engine, is done in a moment",
  (source) => {
    const compiled = re2Patterns.compile(source);
    expect(compiled.ok).toBe(true);
    const startedAt = performance.now();
    if (compiled.ok) for (const letter of ["a", "x", ",", "a,"]) compiled.value.isIn(letter.repeat(MAX_TEXT_UNITS));
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  },
);
