import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JSON_LIMITS, parseJson } from "../../src/core/json.ts";

const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

describe("what is JSON within the limits is what the platform's parser makes of it", () => {
  it("for any value", () =>
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 10 }), (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
      }),
    ));
  it.each([nested(JSON_LIMITS.maxDepth), JSON.stringify(`"${"[".repeat(100)}`), '"[[[["', '"\\"[[["', '{"a":"}{,:\\\\"}', "[]"])(
    "%s",
    (text) => expect(parseJson(text).ok).toBe(true),
  );
  it("brackets, commas and colons inside a text count for nothing", () => {
    expect(parseJson(JSON.stringify(`${"[".repeat(100_000)}${",:".repeat(100_000)}\\"`)).ok).toBe(true);
  });
  it("a member called __proto__ reaches no prototype", () => {
    const parsed = parseJson('{"__proto__":{"polluted":true}}');
    expect(parsed.ok && Object.keys(parsed.value as object)).toEqual(["__proto__"]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe("what is not", () => {
  it.each([
    [nested(JSON_LIMITS.maxDepth + 1), "too-deep"],
    ['{"a":'.repeat(JSON_LIMITS.maxDepth + 1), "too-deep"],
    [JSON.stringify(Array.from({ length: JSON_LIMITS.maxKeys + 2 }, () => 0)), "too-deep"],
    [JSON.stringify(Object.fromEntries(Array.from({ length: JSON_LIMITS.maxKeys + 1 }, (_, index) => [`k${index}`, 0]))), "too-deep"],
    ["", "not-json"],
    ["]]]]", "not-json"],
    ['"open', "not-json"],
    ["{'a':1}", "not-json"],
    ["\ufeff{}", "not-json"],
    ["undefined", "not-json"],
  ])("%.20s is refused as %s", (text, reason) => {
    const parsed = parseJson(text);
    expect(parsed.ok ? "ok" : parsed.problem.reason).toBe(reason);
  });

  it("never throws, whatever the text", () =>
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("[", "]", "{", "}", '"', "\\", ":", ",", "1", "\ud800", " "), maxLength: 400 }),
        (text) => {
          const parsed = parseJson(text);
          expect(parsed.ok || ["not-json", "too-deep"].includes(parsed.problem.reason)).toBe(true);
        },
      ),
    ));

  it.each(["[", '{"a":[', "[]"])("a mebibyte of %s is refused before it is parsed", (unit) => {
    const text = unit.repeat(Math.floor((1024 * 1024) / unit.length));
    const startedAt = performance.now();
    expect(parseJson(text).ok).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
