import { expect, it } from "vitest";
import { linesOfSet, readExamples, readLabelled, setOf } from "../../../scripts/intents/labelled.ts";

const jsonl = (...lines: readonly unknown[]) => lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");

it("reads sentences with their intents; null is out of scope, empty lines are nothing", () => {
  const text = `\ufeff${jsonl({ text: "hi", intent: "greeting" }, "", { text: "42", intent: null, id: 7 })}\r\n`;
  expect(readLabelled(text)).toEqual({
    ok: true,
    value: [
      { text: "hi", intent: "greeting" },
      { text: "42", intent: null },
    ],
  });
});

it.each([
  ["{", "line 2: is not JSON"],
  ['"text"', 'line 2: has no "text"'],
  [{ text: 7, intent: "a" }, 'line 2: has no "text"'],
  [{ text: "hi" }, 'line 2: has no "intent": a name, or null for what is out of scope'],
  [{ text: "hi", label: "a" }, 'line 2: has a "label"; call it "intent"'],
  [{ text: "hi", intent: 7 }, 'line 2: "intent" is neither a name nor null'],
  [{ text: "hi", intent: "" }, 'line 2: "intent" is neither a name nor null'],
  [{ text: "hi", intent: ["a"] }, 'line 2: "intent" is neither a name nor null'],
])("the line %j is named: %s", (line, problem) => {
  expect(readLabelled(jsonl({ text: "a", intent: "b" }, line))).toEqual({ ok: false, problem });
});

it.each([
  ["text,intent\nhello,greeting", "line 2: is not JSON\nit does not begin with an object; give a JSON object in each line instead"],
  ['[{"text":"a","intent":"b"}]', 'line 1: has no "text"\nit begins like one JSON array; give a JSON object in each line instead'],
  ['\ufeff[\n{"text":"a","intent":"b"}\n]', "line 3: is not JSON\nit begins like one JSON array; give a JSON object in each line instead"],
])("says what to give in place of %j", (text, problem) => {
  expect(readLabelled(text)).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
});

it("of many wrong lines the first are named, and the rest counted", () => {
  const read = readLabelled(jsonl(..."{".repeat(8)));
  expect(read).toMatchObject({ ok: false, problem: expect.stringMatching(/line 5: is not JSON\nand 3 more lines like these$/) });
  expect(readLabelled(jsonl(..."{".repeat(6)))).toMatchObject({
    ok: false,
    problem: expect.stringMatching(/\nand 1 more line like these$/),
  });
});

it("a set has its intents in the order in which they first occur", () => {
  const lines = [
    { text: "1", intent: "b" },
    { text: "2", intent: "a" },
    { text: "3", intent: null },
    { text: "4", intent: "b" },
  ];
  const set = setOf(lines, 0.2);
  expect(set).toEqual({
    intents: [
      { name: "b", examples: ["1", "4"] },
      { name: "a", examples: ["2"] },
    ],
    outOfScope: ["3"],
    outOfScopeShare: 0.2,
  });
  expect(setOf(linesOfSet(set), 0.2)).toEqual(set);
});

it("examples stand one a line, or as JSONL, where a line that names an intent is only this one's", () => {
  const plain = readExamples("\ufeff one \r\n\n two\n", false);
  expect(plain.ok && plain.value.of("any")).toEqual(["one", "two"]);
  const labelled = readExamples(
    jsonl({ text: "all" }, { text: "a", intent: "a" }, { text: "b", intent: "b" }, { text: "no", intent: null }),
    true,
  );
  expect(labelled.ok && [labelled.value.of("a"), labelled.value.of(null), labelled.value.named]).toEqual([
    ["all", "a"],
    ["all", "no"],
    ["a", "b"],
  ]);
});

it.each([
  [{ intent: "a" }, 'line 1: has no "text"'],
  [{ text: "a", intent: 7 }, 'line 1: "intent" is neither a name nor null'],
])("a line of examples that is none is named: %j", (line, problem) => {
  expect(readExamples(jsonl(line), true)).toEqual({ ok: false, problem });
});
