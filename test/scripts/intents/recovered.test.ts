import { expect, it } from "vitest";
import { readAnswered, recoveredOf } from "../../../scripts/intents/recovered.ts";

const CODE = "why is this?\nlet a = 1;\nlet b = 2;";
const LINK = `see https://example.com/${"long/".repeat(40)}`;

it("says how much of the gap is closed where the rule sends a text, and where length alone does", () => {
  const answered = [
    { text: CODE, weak: 0, strong: 1 },
    { text: LINK, weak: 0.5, strong: 0.5 },
    { text: "hi", weak: 0, strong: 3 },
    { text: "what time is it", weak: 1, strong: 1 },
  ];
  // Code is complex and short; a link is long and says nothing.
  expect(recoveredOf(answered)).toEqual({ count: 4, sent: 1 / 4, byRule: 1 / 4, byLength: 0 });
});

it("where both models do as well, nothing is closed", () => {
  expect(recoveredOf([{ text: CODE, weak: 1, strong: 1 }])).toEqual({ count: 1, sent: 1, byRule: 0, byLength: 0 });
  expect(recoveredOf([])).toEqual({ count: 0, sent: 0, byRule: 0, byLength: 0 });
});

it.each([
  [{ weak: 0, strong: 1 }, 'line 1: has no "text"'],
  [{ text: "a", weak: "0", strong: 1 }, 'line 1: "weak" or "strong" is no number'],
])("a line that is none is named: %j", (line, problem) => {
  expect(readAnswered(JSON.stringify(line))).toEqual({ ok: false, problem });
});
