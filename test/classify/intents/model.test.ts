import fc from "fast-check";
import { expect, it } from "vitest";
import { miniSetOf, miniSets } from "./mini-sets.ts";
import { clinc, domains, draw, modelFrom, setOf } from "./sets.ts";

const intents = domains["banking"] ?? [];
const lines = draw(clinc("train"), intents, 12, 20);
const model = modelFrom(setOf(lines));

/** Words of the examples in any order, and anything else. */
const words = fc.constantFrom(...new Set(lines.flatMap(({ text }) => text.split(" "))));
const texts = fc.oneof(
  fc.array(words, { maxLength: 12 }).map((list) => list.join(" ")),
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ unit: "grapheme", maxLength: 60 }),
);

it("detail says what classify says, and classify says the same again", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const { intent, best, confidence, ...detail } = model.detail(text);
      expect(model.classify(text)).toEqual({ intent, best, confidence });
      expect(intent).toBe(best !== undefined && confidence >= model.threshold ? best : undefined);
      expect(confidence).toBeGreaterThanOrEqual(0);
      expect(confidence).toBeLessThanOrEqual(1);
      expect(detail.unknownShare).toBeGreaterThanOrEqual(0);
      expect(detail.unknownShare).toBeLessThanOrEqual(1);
      expect(detail.confidences[0]).toEqual(best === undefined ? undefined : { intent: best, confidence });
    }),
  );
});

it("the best ten, surest first, and what spoke for the best, heaviest first", () => {
  const detail = model.detail("please freeze my bank account");
  expect(detail).toMatchObject({ intent: "freeze_account", best: "freeze_account" });
  expect(detail.confidences).toHaveLength(10);
  expect(detail.confidences.map(({ confidence }) => confidence)).toEqual(
    detail.confidences.map(({ confidence }) => confidence).toSorted((left, right) => right - left),
  );
  expect(detail.for.length).toBeLessThanOrEqual(8);
  expect(detail.for.map(({ feature }) => feature)).toContain("freeze");
  expect(detail.for.map(({ weight }) => weight)).toEqual(detail.for.map(({ weight }) => weight).toSorted((left, right) => right - left));
  expect(detail.against.every(({ weight }) => weight < 0)).toBe(true);
});

it("a word counts as a word and as letters, and is told once", () => {
  const told = lines.map(({ text }) => model.detail(text)).map(({ for: raised, against }) => [...raised, ...against]);
  expect(told.filter((weighed) => new Set(weighed.map(({ feature }) => feature)).size < weighed.length)).toEqual([]);
});

it("unknown words make it less sure, and are told", () => {
  const known = model.detail("what is my account balance");
  const half = model.detail("what is my account balance zzyzx qwrtp vlkjh xxtrw");
  expect(half.confidence).toBeLessThan(known.confidence);
  expect(half.unknownShare).toBeGreaterThan(known.unknownShare);
  expect(model.detail("zzyzx qwrtp").intent).toBeUndefined();
});

const BAD: readonly { name: string; text: string }[] = [
  { name: "empty", text: "" },
  { name: "spaces", text: " \t\n\u3000" },
  { name: "one character", text: "a" },
  { name: "one Chinese character", text: "退" },
  { name: "emoji only", text: "👩‍👩‍👧‍👦🏳️‍🌈🙂" },
  { name: "100 kB of one word", text: "refund ".repeat(15_000) },
  { name: "100 kB without a space", text: "退".repeat(50_000) },
  { name: "mixed scripts", text: "退款 refund возврат استرداد 환불 返金 คืนเงิน धनवापसी" },
  { name: "lone surrogates", text: "\ud83d refund \udc00\ud800" },
  { name: "right-to-left marks", text: "\u202eknab ym\u202c \u200fbalance\u200e" },
  { name: "zero-width tricks", text: "f\u200br\u200ce\u200de\ufeffze m\u2060y acc\u00adount" },
  { name: "combining marks", text: `b${"\u0301".repeat(3_000)}alance` },
  { name: "a ligature that is 18 letters", text: "\ufdfa".repeat(2_000) },
  { name: "nulls", text: "\0\0balance\0" },
];

it.each(BAD)("$name: some label or none, never an exception", ({ text }) => {
  for (const one of [model, modelFrom(miniSetOf(miniSets[1] ?? { language: "", examples: {}, messages: [], outside: [] }))]) {
    const { intent, best, confidence } = one.classify(text);
    expect([undefined, ...one.names]).toContain(intent);
    expect([undefined, ...one.names]).toContain(best);
    expect(Number.isFinite(confidence)).toBe(true);
  }
});

it("says nothing about nothing", () => {
  const nothing = { intent: undefined, best: undefined, confidence: 0 };
  for (const text of ["", " ", "🙂", "\u200b", "?!"]) expect(model.classify(text)).toEqual(nothing);
  expect(model.detail("")).toEqual({ ...nothing, threshold: model.threshold, confidences: [], for: [], against: [], unknownShare: 0 });
});

it("tricks of spelling do not change the verdict", () => {
  const plain = model.classify("freeze my account");
  expect(model.classify("F\u200bREEZE \u202amy\u202c acc\u00adount")).toEqual(plain);
  expect(model.classify("ｆｒｅｅｚｅ mý account")).toEqual(plain);
});

it("what stands behind the cap is not read", () => {
  const start = "freeze my account ".repeat(112);
  expect(model.classify(`${start}what is my balance`)).toEqual(model.classify(start));
});
