import { describe, expect, it } from "vitest";
import type { Judged } from "../../../scripts/intents/figures.ts";
import { contradictionsOf, qualityOf } from "../../../scripts/intents/quality.ts";
import { warningsOf } from "../../../scripts/intents/warnings.ts";
import type { TrainingSet } from "../../../src/classify/intents/training-set.ts";
import { loadForTest } from "../../support/catalogue.ts";
import { withRules } from "../../support/routes-document.ts";

const setWith = (intents: Readonly<Record<string, readonly string[]>>, outOfScope: readonly string[] = []): TrainingSet => ({
  intents: Object.entries(intents).map(([name, examples]) => ({ name, examples })),
  outOfScope,
  outOfScopeShare: 0.25,
});

const judged = (intent: string | null, best: string, confidence: number): Judged => ({
  text: `${intent} as ${best}, ${confidence}`,
  intent,
  best,
  said: confidence >= 0.5 ? best : undefined,
  confidence,
});

const some = [
  ...[judged("a", "a", 0.9), judged("a", "b", 0.6), judged("a", "b", 0.8), judged("a", "b", 0.2)],
  ...[judged("b", "b", 0.9), judged("b", "b", 0.9), judged("b", "b", 0.9), judged("b", "a", 0.7)],
  ...[judged(null, "a", 0.1), judged(null, "c", 0.6)],
];

describe("figures", () => {
  const quality = qualityOf(setWith({ a: ["x"], b: ["y"] }, ["z"]), { folds: 3, judged: some });

  it("says what is guessed right, what reaches an intent, and what falls back", () => {
    expect(quality).toMatchObject({ folds: 3, judged: 10, accuracy: 4 / 8, reached: 4 / 8, misrouted: 3 / 8 });
    expect(quality.fallsBack).toEqual({ inScope: 1 / 8, outOfScope: 1 / 2, expected: 0.75 / 8 + 0.25 / 2 });
  });

  it("names confusions at the threshold, with the surest sentences", () => {
    expect(quality.confusions).toEqual([
      { intent: "a", takenFor: "b", count: 2, share: 2 / 4, examples: ["a as b, 0.8", "a as b, 0.6"] },
      { intent: null, takenFor: "c", count: 1, share: 1 / 2, examples: ["null as c, 0.6"] },
      { intent: "b", takenFor: "a", count: 1, share: 1 / 4, examples: ["b as a, 0.7"] },
    ]);
  });

  it("intents are alike by the best guess, whatever the threshold and the direction", () => {
    expect(qualityOf(setWith({}), { folds: 3, judged: [...some, ...some, ...some] }).alike).toEqual([
      { intents: ["a", "b"], share: 4 / 8 },
    ]);
  });

  it("intents of few examples are not called alike: whatever is hard to guess would be", () => {
    const nine = Array.from({ length: 9 }, () => judged("a", "b", 0.9));
    const ten = (best: string) => Array.from({ length: 10 }, () => judged("b", best, 0.9));
    expect(qualityOf(setWith({}), { folds: 3, judged: [...nine, ...ten("a")] }).alike).toEqual([]);
    expect(qualityOf(setWith({}), { folds: 3, judged: [...nine, judged("a", "b", 0.9), ...ten("b")] }).alike).toHaveLength(1);
  });

  it("where nothing out of scope is given, all of it is taken to fall back", () => {
    const { fallsBack } = qualityOf(setWith({ a: ["x"] }), { folds: 3, judged: some.filter(({ intent }) => intent !== null) });
    expect(fallsBack).toEqual({ inScope: 1 / 8, outOfScope: null, expected: 0.75 / 8 + 0.25 });
  });
});

it("examples contradict when they are the same words", () => {
  const set = setWith({ a: ["Refund, please!", "mine"], b: ["refund please", "yours"], c: ["🙂", "mine?"] }, ["YOURS", "🙃"]);
  expect(contradictionsOf(set)).toEqual([
    { text: "Refund, please!", intents: ["a", "b"] },
    { text: "mine", intents: ["a", "c"] },
    { text: "yours", intents: ["b", null] },
  ]);
});

describe("warnings", () => {
  const nothing = qualityOf(setWith({}), { folds: 5, judged: [] });
  const enough = (what: string) => ["one", "two", "three", "four", "five"].map((word) => `${what} ${word}`);
  const warned = (set: TrainingSet, rules: readonly object[] = [], quality = nothing) =>
    warningsOf(loadForTest(withRules(...rules)).routes.document, set, quality).map(({ path, message }) => `${path}: ${message}`);

  it("has none for examples that are fine", () => expect(warned(setWith({ a: enough("red"), b: enough("blue") }))).toEqual([]));

  it("names intents with few examples, and what contradicts", () => {
    expect(warned(setWith({ a: ["hello"], b: enough("blue"), c: ["x", "blue one"] }))).toEqual([
      'intents.b: the example "blue one" is also one of c: nobody could learn which is meant',
      "intents.a: only one example: it cannot be cross-validated; give ten or more",
      "intents.c: only 2 examples: give ten or more",
    ]);
    expect(warned(setWith({ a: Array(5).fill("hello"), b: enough("blue") })).at(-1)).toBe(
      "intents.a: only one example: it cannot be cross-validated; give ten or more",
    );
  });

  it("counts examples that stand more than once in their intent, in whatever spelling", () => {
    const doubled = setWith({ a: [...enough("red"), "Red one!", "RED ONE", "réd two"], b: enough("blue") }, ["hello", "Hello"]);
    expect(warned(doubled)).toEqual(["intents: 3 examples stand more than once; each is judged as one"]);
    expect(warned(setWith({ a: [...enough("red"), "red one"], b: enough("blue") }))).toEqual([
      "intents: 1 example stands more than once; each is judged as one",
    ]);
  });

  it("names intents that are alike", () => {
    const quality = qualityOf(setWith({}), { folds: 5, judged: Array(12).fill(some).flat() });
    expect(warned(setWith({}), [], quality)).toEqual([
      "intents.a: too like b: 50 % of their examples were taken for the other's; join the two, or tell them apart",
    ]);
  });

  const fallen = (count: number, of: number) => Array.from({ length: of }, (_, index) => judged("a", "a", index < count ? 0.1 : 0.9));

  it.each([
    [99, ["intents: too few examples for these figures to mean much; give ten or more for each intent"]],
    [100, []],
  ])("says when figures of %i examples mean little", (count, expected) => {
    const quality = qualityOf(setWith({}), { folds: 5, judged: fallen(0, count) });
    expect(warned(setWith({ a: enough("red"), b: enough("blue") }), [], quality)).toEqual(expected);
  });

  it.each([
    [60, []],
    [
      61,
      [
        "intents: 51 % of what is in scope would reach no intent; give more examples, or say minConfidence in the rules where a mistake costs little",
      ],
    ],
  ])("says when most of what is in scope falls back: %i of 120", (count, expected) => {
    expect(warned(setWith({}), [], qualityOf(setWith({}), { folds: 5, judged: fallen(count, 120) }))).toEqual(expected);
  });

  it("names an intent that has few examples beside others", () => {
    const fifty = Array.from({ length: 50 }, (_, index) => `blue ${index}`);
    expect(warned(setWith({ a: enough("red"), b: fifty }))).toEqual([]);
    expect(warned(setWith({ a: enough("red"), b: [...fifty, "blue"] }))).toEqual([
      "intents.a: 5 examples, and b 51, more than 10 times as many: it is guessed too rarely; give it more",
    ]);
  });

  it("a thousand intents do not make a thousand lines", () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`intent-${index}`, [`word${index}`]]));
    const lines = warned(setWith(many));
    expect([lines.length, lines.at(-1)]).toEqual([11, "intents: 990 more intents with few examples"]);
  });

  const rule = (language: unknown) => ({ name: "by language", when: { language }, pool: "sales" });
  const inRussian = setWith({ a: [...enough("refund"), "верните деньги 24"], b: enough("12345 🙂") });

  it.each([
    [[], ["intents: 1 example is in Cyrillic script: no other script teaches what is meant there; give ten or more for each intent"]],
    [[rule(["en", "ru"])], []],
    [[rule("en")], ['intents.a: 1 of 6 examples is in Cyrillic script, and the rules name en: "верните деньги 24"']],
    [[rule("no language at all")], []],
  ])("where rules name languages (%j), examples in another script are named", (rules, expected) => {
    expect(warned(inRussian, rules)).toEqual(expected);
  });

  it("counts each script by itself", () => {
    const mixed = ["refund", "退款", "我要退款", "请退款", "استرداد", "धनवापसी"];
    expect(warned(setWith({ a: mixed }), [rule("en")])).toEqual([
      'intents.a: 3 of 6 examples are in Han script, 1 in Arabic, 1 in Devanagari, and the rules name en: "退款"',
    ]);
  });

  it("where no rule names a language, says of which scripts there is too little", () => {
    expect(warned(setWith({ a: [...enough("refund"), "退款"], b: [...enough("open"), "استرداد", "开门"] }))).toEqual([
      "intents: 2 examples are in Han script, 1 in Arabic: no other script teaches what is meant there; give ten or more for each intent",
    ]);
    const japanese = ["返金してください", "キャンセル", "注文", "お金を返して", "返金"];
    expect(warned(setWith({ a: [...enough("refund"), ...japanese], b: enough("open") }))).toEqual([]);
  });

  it("names examples that nothing can be learned from", () => {
    expect(warned(setWith({ a: [...enough("red"), "🙂"], b: enough("blue") }, ["?!"]))).toEqual([
      'intents.a: the example "🙂" has no letters or digits: nothing is learned from it',
      'outOfScope: the example "?!" has no letters or digits: nothing is learned from it',
    ]);
  });

  it.each([
    ["ja", "返金してください"],
    ["ja", "返金"],
    ["zh-Hant", "退款"],
    ["ko", "환불"],
    ["pt_BR", "devolução"],
    ["ar", "استرداد"],
    ["hi", "धनवापसी"],
  ])("%s is written like %s", (language, text) => {
    const set = setWith({ a: [1, 2, 3, 4, 5].map((number) => `${text} ${number}`) });
    expect(warned(set, [rule(language)])).toEqual([]);
    expect(warned(set, [rule("el")])).toHaveLength(1);
  });
});
