import fc from "fast-check";
import { expect, it } from "vitest";
import { featuresOf } from "../../../src/classify/intents/features.ts";
import { settings } from "../../../src/classify/intents/settings.ts";

interface Read {
  readonly words: readonly string[];
  readonly grams: readonly string[];
}

/** Each feature by the piece of text it stands for. The ends of a text and of a word are not seen in it. */
function read(text: string): Read {
  const features = featuresOf(text);
  const pieces = Array.from({ length: features.count }, (_, at) => features.text.slice(features.from[at], features.to[at]));
  return { words: pieces.slice(0, features.words), grams: pieces.slice(features.words) };
}

const hashes = (text: string): readonly number[] => {
  const { hash, count } = featuresOf(text);
  return [...hash.subarray(0, count)];
};

const WORDS: readonly { script: string; text: string; words: readonly string[] }[] = [
  { script: "Latin", text: "Pay my Bill", words: ["pay", "pay", "my", "pay my", "bill", "my bill", "bill"] },
  { script: "accents", text: "Café", words: ["cafe", "cafe", "cafe"] },
  { script: "Cyrillic", text: "где заказ", words: ["где", "где", "заказ", "где заказ", "заказ"] },
  { script: "Arabic", text: "أين طلبي", words: ["أين", "أين", "طلبي", "أين طلبي", "طلبي"] },
  { script: "Korean", text: "환불 주세요", words: ["환불", "환불", "주세요", "환불 주세요", "주세요"] },
  { script: "Chinese: each character, and pairs", text: "退款", words: ["退", "退", "款", "退款", "款"] },
  { script: "Japanese", text: "返金を", words: ["返", "返", "金", "返金", "を", "金を", "を"] },
  { script: "mixed", text: "我的order", words: ["我", "我", "的", "我的", "order", "的order", "order"] },
  { script: "emoji only", text: "🙂🙂", words: [] },
  { script: "empty", text: "", words: [] },
];

it.each(WORDS)("$script: words, pairs, and the two ends", ({ text, words }) => {
  expect(read(text).words).toEqual(words);
});

it("characters come from within words: two to four, the ends of the word among them", () => {
  expect(read("ab").grams).toEqual(["a", "ab", "ab", "ab", "ab", "b"]);
});

it("a word, a pair and an n-gram with the same letters are not the same feature", () => {
  expect(new Set(hashes("ab"))).toHaveProperty("size", 3 + 6);
});

it("spellings that a reader takes for one give the same features", () => {
  expect(hashes("ＲＥＦＵＮＤ my\u200b café")).toEqual(hashes("refund my cafe"));
});

it("a text of any kind is cut, and never overflows the buffer", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 4_000 }),
    fc.constantFrom("a ", "ab", "退", "한", "\ud83d").map((one) => one.repeat(50_000)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const features = featuresOf(text);
      expect(features.text.length).toBeLessThanOrEqual(settings.maxUnits);
      expect(features.count).toBeLessThan(features.hash.length);
      for (let at = 0; at < features.count; at += 1) expect(features.to[at]).toBeGreaterThan(features.from[at] ?? 0);
    }),
    { numRuns: 60 },
  );
});
