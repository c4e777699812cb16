import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConfigIssue } from "../../src/config/issue.ts";
import { type LoadedRoutes, loadRoutes } from "../../src/config/load.ts";
import { hasIntents, MAX_EXAMPLES, trainingSetOf } from "../../src/config/training-set-of.ts";
import { testCatalogue } from "../support/catalogue.ts";
import { withIntents } from "../support/routes-document.ts";

const refund = { examples: ["where is my money", "I want a refund"] };
const pricing = { examples: ["what does it cost"] };
const both = { refund, pricing };

const load = (document: unknown) => loadRoutes(JSON.stringify(document), testCatalogue);
const line = ({ level, path, message }: ConfigIssue): string => `${level} ${path}: ${message}`;

function issuesOf(document: unknown): readonly string[] {
  const loaded = load(document);
  return (loaded.ok ? loaded.value.warnings : loaded.problem).map(line);
}

function loaded(document: unknown): LoadedRoutes {
  const result = load(document);
  if (!result.ok) throw new Error(result.problem.map(line).join("\n"));
  return result.value;
}

const rule = (when: object, more: object = {}) => ({ name: "r", when, pool: "sales", ...more });

describe("a document with intents", () => {
  it("loads without a word when a rule asks for one of them", () => {
    expect(issuesOf(withIntents(both, rule({ intent: ["refund", "pricing"], minConfidence: 0.8 })))).toEqual([]);
    expect(issuesOf(withIntents(both, rule({ intent: "refund", language: "de", complexity: "complex" }, { mode: "tie-break" })))).toEqual(
      [],
    );
  });

  it("has a tenth of all messages out of scope, and rules that override, unless it says otherwise", () => {
    const { document } = loaded(withIntents(both, rule({ intent: "refund" })));
    expect([document.outOfScope, document.rules[0]?.mode]).toEqual([{ examples: [], share: 0.1 }, "override"]);
  });

  it("may call them in any script", () => {
    expect(issuesOf(withIntents({ 返金: refund, card_declined: pricing }, rule({ intent: "返金" })))).toEqual([]);
  });
});

describe("is refused, or warned of, with a sentence at the place", () => {
  const many = Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`i${index}`, { examples: [`example ${index}`] }]));
  const rules = [rule({ intent: "refund" })];
  it.each<[string, object, string]>([
    [
      "an intent nobody wrote",
      withIntents(both, rule({ intent: ["refund", "refnud"] })),
      "error rules[0].when.intent: no intent is called refnud",
    ],
    [
      "one that every object has",
      withIntents(both, rule({ intent: "constructor" })),
      "error rules[0].when.intent: no intent is called constructor",
    ],
    [
      "a confidence in nothing",
      withIntents(both, rule({ keywords: ["a"], minConfidence: 0.8 }), rule({ intent: "refund" }, { name: "s" })),
      "error rules[0].when.minConfidence: is how sure of an intent: name the intent beside it",
    ],
    [
      "a confidence in percent",
      withIntents(both, rule({ intent: "refund", minConfidence: 80 })),
      "error rules[0].when.minConfidence: a share from 0 to 1",
    ],
    ["no intent at all", withIntents(both, rule({ intent: [] })), "error rules[0].when.intent: names no intent: such a rule never matches"],
    ["a complexity that is none", withIntents(both, rule({ complexity: "hard" })), "error rules[0].when.complexity: "],
    ["a mode that is none", withIntents(both, rule({ intent: "refund" }, { mode: "tiebreak" })), "error rules[0].mode: "],
    [
      "an intent without example",
      withIntents({ ...both, hours: {} }, ...rules),
      "error intents.hours: has no example: write some under examples, or name an examplesFile",
    ],
    [
      "an example without words",
      withIntents({ ...both, hours: { examples: [" \n"] } }, ...rules),
      "error intents.hours.examples[0]: an example without words",
    ],
    [
      "an example like a novel",
      withIntents({ ...both, hours: { examples: ["x".repeat(1_001)] } }, ...rules),
      "error intents.hours.examples[0]: ",
    ],
    [
      "a file that is neither",
      withIntents({ ...both, hours: { examplesFile: "hours.csv" } }, ...rules),
      "error intents.hours.examplesFile: a .txt file",
    ],
    [
      "a field that is none",
      withIntents({ ...both, hours: { example: ["now?"] } }, ...rules),
      "error intents.hours.example: no such field",
    ],
    [
      "one intent alone",
      withIntents({ refund }, ...rules),
      "error intents: one intent alone is told from nothing: add another, or use keywords",
    ],
    ["more intents than anybody needs", withIntents({ ...both, ...many }, ...rules), "error intents: more than 1000 intents"],
    ["a name with spaces", withIntents({ ...both, "opening hours": pricing }, ...rules), "error intents.opening hours: letters, digits"],
    [
      "a name that is taken",
      withIntents({ ...both, none: { examples: ["hi"] } }, ...rules),
      "error intents.none: none is what having no intent is called",
    ],
    ["a name twice", withIntents({ ...both, Refund: { examples: ["hi"] } }, ...rules), "error intents.Refund: is refund in other letters"],
    [
      "an example of two",
      withIntents({ ...both, hours: { examples: ["now?", "  i want A  refund"] } }, ...rules),
      "warning intents.hours.examples[1]: is an example of intents.refund too",
    ],
    [
      "an example that is in scope and out of it",
      { ...withIntents(both, ...rules), outOfScope: { examples: ["What does it cost"] } },
      "warning outOfScope.examples[0]: is an example of intents.pricing too",
    ],
    [
      "intents nobody asks for",
      withIntents(both, rule({ keywords: ["a"] })),
      "warning intents: no rule asks for an intent: they send nobody anywhere",
    ],
    [
      "examples of nothing",
      { ...withIntents({}, rule({ keywords: ["a"] })), outOfScope: { examples: ["hi"] } },
      "warning outOfScope: has no effect: the document has no intents",
    ],
    [
      "a share of everything",
      { ...withIntents(both, ...rules), outOfScope: { share: 1 } },
      "error outOfScope.share: a share from 0 to 0.95",
    ],
  ])("%s", (_, document, expected) => {
    const issues = issuesOf(document);
    expect(issues.map((issue) => issue.slice(0, expected.length))).toEqual([expected]);
  });

  it("an example twice in one intent is nobody's mistake", () => {
    expect(issuesOf(withIntents({ pricing, refund: { examples: ["refund", "Refund"] } }, rule({ intent: "refund" })))).toEqual([]);
  });
});

describe("whatever stands there", () => {
  const anyName = fc.oneof(fc.constantFrom("constructor", "toString", "hasOwnProperty", "返金", "a.b"), fc.string({ maxLength: 8 }));
  const anyText = fc.string({ unit: "binary", maxLength: 12 });
  const anyExamples = fc.oneof({ arbitrary: fc.array(anyText, { minLength: 1, maxLength: 3 }), weight: 9 }, fc.jsonValue());
  const anyIntents = fc.oneof({ arbitrary: fc.dictionary(anyName, fc.record({ examples: anyExamples })), weight: 9 }, fc.jsonValue());

  function endOf(intents: unknown): string {
    const result = load({ ...withIntents({}, rule({ keywords: ["a"] })), intents });
    if (!result.ok) return result.problem.length > 0 ? "refused" : "refused without a reason";
    const set = trainingSetOf(result.value.document);
    if (!set.ok || set.value.intents.some(({ examples }) => examples.length === 0)) return "cannot be trained";
    return set.value.intents.length === 0 ? "nothing to train" : "something to train";
  }

  it("is loaded, or refused with reasons; what is loaded can be handed to the trainer", async () => {
    const ends = new Set<string>();
    await fc.assert(
      fc.property(anyIntents, (intents) => void ends.add(endOf(intents))),
      { numRuns: 500 },
    );
    expect(ends).toEqual(new Set(["nothing to train", "something to train", "refused"]));
  });
});

describe("what the trainer gets", () => {
  const files: Readonly<Record<string, readonly string[]>> = {
    "refund.txt": ["give it back", "", "  "],
    "long.txt": ["x".repeat(1_001)],
    "no.txt": [""],
  };
  const read = (file: string): readonly string[] => files[file] ?? [];
  const setOf = (intents: object, more: object = {}, reader: typeof read | undefined = read) =>
    trainingSetOf(loaded({ ...withIntents(intents, rule({ intent: "refund" })), ...more }).document, reader);

  it("is in the document's order, with what stands in files, without empty lines", () => {
    const intents = { refund: { ...refund, examplesFile: "refund.txt", description: "money back" }, pricing };
    expect(setOf(intents, { outOfScope: { examplesFile: "refund.txt", share: 0.3 } })).toEqual({
      ok: true,
      value: {
        intents: [
          { name: "refund", description: "money back", examples: ["where is my money", "I want a refund", "give it back"] },
          { name: "pricing", examples: ["what does it cost"] },
        ],
        outOfScope: ["give it back"],
        outOfScopeShare: 0.3,
      },
    });
  });

  it("asks for a file's examples in the intent's name, and for those out of scope in nobody's", () => {
    const asked: unknown[] = [];
    const reader = (...what: readonly unknown[]) => {
      asked.push(what);
      return ["words"];
    };
    setOf({ refund: { examplesFile: "all.jsonl" }, pricing }, { outOfScope: { examplesFile: "all.jsonl" } }, reader);
    expect(asked).toEqual([
      ["all.jsonl", "refund"],
      ["all.jsonl", null],
    ]);
  });

  it("has no files at the edge, and says how they get there", () => {
    const { document } = loaded(withIntents({ refund: { examplesFile: "refund.txt" }, pricing }, rule({ intent: "refund" })));
    expect(trainingSetOf(document)).toEqual({
      ok: false,
      problem: [
        {
          level: "error",
          path: "intents.refund.examplesFile",
          message: "is a file beside the document: push it with clawedge routes push",
        },
      ],
    });
  });

  it.each([
    ["long.txt", "example 1 of long.txt is longer than 1000 characters"],
    ["no.txt", "no.txt has no example"],
  ])("%s is named as the reason", (examplesFile, message) => {
    expect(setOf({ refund: { examplesFile }, pricing })).toEqual({
      ok: false,
      problem: [{ level: "error", path: "intents.refund.examplesFile", message }],
    });
  });

  it("is not without end", () => {
    const endless = () => Array.from({ length: MAX_EXAMPLES }, (_, index) => `example ${index}`);
    const set = setOf({ refund: { examplesFile: "refund.txt" }, pricing }, {}, endless);
    expect(!set.ok && set.problem.map(line)).toEqual([`error intents: ${MAX_EXAMPLES + 1} examples, more than ${MAX_EXAMPLES}`]);
  });

  it("is nothing when the document has no intents", () => {
    const { document } = loaded(withIntents({}, rule({ keywords: ["a"] })));
    expect([hasIntents(document), trainingSetOf(document).ok]).toEqual([false, true]);
  });
});
