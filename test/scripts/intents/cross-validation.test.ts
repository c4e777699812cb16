import { describe, expect, it } from "vitest";
import { crossValidate, foldsFor } from "../../../scripts/intents/cross-validation.ts";
import { linesOfSet } from "../../../scripts/intents/labelled.ts";
import { openArtefact } from "../../../src/classify/intents/artefact.ts";
import { train } from "../../../src/classify/intents/train.ts";
import type { TrainingSet } from "../../../src/classify/intents/training-set.ts";
import { clinc, domains, draw, setOf } from "../../classify/intents/sets.ts";

const set: TrainingSet = {
  intents: [
    { name: "refund", examples: ["i want my money back", "refund my order", "money back please", "give me a refund", "refund please"] },
    { name: "hours", examples: ["when do you open", "opening hours please", "are you open today", "what are your hours"] },
    { name: "alone", examples: ["talk to a human"] },
  ],
  outOfScope: ["how tall is the tower", "write me a poem"],
  outOfScopeShare: 0.1,
};

const byText = (left: string, right: string) => (left < right ? -1 : 1);

it("judges every example once, but for the only one of an intent, which stays to be learned from", () => {
  const { judged, folds } = crossValidate(set, 3);
  const expected = linesOfSet(set).filter(({ intent }) => intent !== "alone");
  expect(folds).toBe(3);
  expect(judged.map(({ text }) => text).sort(byText)).toEqual(expected.map(({ text }) => text).sort(byText));
  expect(judged.filter(({ text, intent }) => !expected.some((line) => line.text === text && line.intent === intent))).toEqual([]);
});

it("says the same every time, and how far it is", () => {
  const seen: number[] = [];
  expect(crossValidate(set, 2, (done) => seen.push(done))).toEqual(crossValidate(set, 2));
  expect(seen.every((done, index) => done >= (seen[index - 1] ?? 0))).toBe(true);
  expect(seen.at(-1)).toBe(1);
});

it("a sentence is judged by a model that has not seen it", () => {
  // Two intents that share no word within themselves: only memory could tell them.
  const unlike: TrainingSet = {
    intents: [
      { name: "left", examples: ["alpha", "bravo", "charlie", "delta"] },
      { name: "right", examples: ["golf", "hotel", "india", "juliet"] },
    ],
    outOfScope: [],
    outOfScopeShare: 0.1,
  };
  const { judged } = crossValidate(unlike, 4);
  expect(judged.filter(({ said, intent }) => said === intent).length).toBeLessThan(judged.length);
});

describe("what stands there more than once", () => {
  const guessedRight = (some: TrainingSet) => {
    const { judged } = crossValidate(some, foldsFor(some));
    return { judged: judged.length, right: judged.filter(({ best, intent }) => best === intent).length };
  };
  const again = (spelled: (text: string) => string): TrainingSet => ({
    ...set,
    intents: set.intents.map((intent) => ({ ...intent, examples: [...intent.examples, ...intent.examples.map(spelled)] })),
    outOfScope: [...set.outOfScope, ...set.outOfScope.map(spelled)],
  });

  it.each([
    ["as it is", (text: string) => text],
    ["in capitals, with a mark", (text: string) => `${text.toUpperCase()}!`],
    ["with accents", (text: string) => text.replaceAll("e", "é")],
  ])("is left out with its first and judged once: a doubled set is guessed as well as itself, %s", (_, spelled) => {
    expect([foldsFor(again(spelled)), guessedRight(again(spelled))]).toEqual([foldsFor(set), guessedRight(set)]);
  });

  it("at full size too: a doubled file is no better than itself", () => {
    const clincs = setOf(draw(clinc("train"), (domains["banking"] ?? []).slice(0, 8), 10, 0));
    const doubled = {
      ...clincs,
      intents: clincs.intents.map((intent) => ({ ...intent, examples: [...intent.examples, ...intent.examples] })),
    };
    const [once, twice] = [guessedRight(clincs), guessedRight(doubled)];
    expect([once.judged, twice.judged]).toEqual([80, 80]);
    expect(once.right).toBeLessThan(80);
    expect(Math.abs(twice.right - once.right)).toBeLessThanOrEqual(1);
  });

  it("under another intent it is left out as well, and judged there too", () => {
    const [refund, ...others] = set.intents;
    const both = { ...set, intents: [{ name: "refund", examples: [...(refund?.examples ?? []), "Opening hours, please?"] }, ...others] };
    const { judged } = crossValidate(both, foldsFor(both));
    expect(judged.filter(({ text }) => /^opening hours/i.test(text)).map(({ intent }) => intent)).toEqual(["refund", "hours"]);
  });
});

it("of a small set leaves each example out by itself", () => {
  const folds = foldsFor(set);
  expect(folds).toBe(12);
  // The only example of an intent stays.
  expect(crossValidate(set, folds).judged).toHaveLength(11);
  const [first] = crossValidate(set, folds).judged;
  const [refund, ...others] = set.intents;
  const without = openArtefact(train({ ...set, intents: [{ name: "refund", examples: refund?.examples.slice(1) ?? [] }, ...others] }));
  const { intent: said, ...verdict } = without.ok ? without.value.classify("i want my money back") : { intent: "none" };
  expect(first).toEqual({ text: "i want my money back", intent: "refund", said, ...verdict });
});

it.each([
  [60, 60],
  [61, 20],
  [200, 20],
  [201, 5],
  [5_000, 5],
  [5_001, 3],
  [30_001, 2],
])("%i examples are dealt into %i parts", (count, folds) => {
  expect(
    foldsFor({
      intents: [{ name: "a", examples: Array.from({ length: count }, (_, index) => `word${index}`) }],
      outOfScope: [],
      outOfScopeShare: 0,
    }),
  ).toBe(folds);
});
