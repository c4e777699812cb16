import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fold } from "../../src/classify/fold.ts";
import { compileKeywords, findKeyword, keywordProblem } from "../../src/classify/keywords.ts";
import { indexText } from "../../src/classify/tokens.ts";

const found = (keyword: string, text: string): boolean => findKeyword(compileKeywords([keyword]), indexText(fold(text))) !== undefined;

describe("a keyword is found", () => {
  it.each([
    ["order", "ORDER", "without case"],
    ["order", "my order, please!", "between punctuation"],
    ["order", "order_id", "before an underscore"],
    ["Bestellung", "wo ist meine BESTELLUNG?", "German"],
    ["rückgabe", "Ruckgabe", "with and without accents"],
    ["заказ", "Где мой Заказ?", "Russian"],
    ["επιστροφής", "ΕΠΙΣΤΡΟΦΉΣ χρημάτων", "Greek, with a final sigma"],
    ["طلب", "أين طلب، من فضلك", "Arabic"],
    ["החזר", "אני רוצה החזר!", "Hebrew"],
    ["वापसी", "मुझे वापसी चाहिए", "Hindi"],
    ["退款", "我想要退款可以吗", "Chinese, inside a sentence"],
    ["返品", "この商品を返品したいです", "Japanese"],
    ["リファンド", "ﾘﾌｧﾝﾄﾞ希望", "Katakana in half width"],
    ["คืนเงิน", "ฉันต้องการคืนเงินค่ะ", "Thai"],
    ["환불", "환불해 주세요", "Korean with an ending"],
    ["주문 취소", "주문을 취소하고 싶어요", "a Korean phrase with particles"],
    ["iphone", "iphone을 샀어요", "a Latin word with a Korean particle"],
    ["order", "我的order在哪", "a Latin word among Chinese"],
    ["30天退款", "支持30天退款吗", "digits and Chinese"],
    ["refund policy", "your Refund -\n policy?", "a phrase across punctuation and a line end"],
    ["don't work", "they don\u2019t work", "any apostrophe"],
    ["refund*", "refunds", "with a wildcard, a longer word"],
    ["refund*", "refund", "with a wildcard, the word itself"],
    ["free refund*", "free refunding", "with a wildcard at the end of a phrase"],
    ["💸", "give me 💸now", "an emoji"],
    ["❤️", "❤ it", "an emoji without its variation selector"],
    ["4711", "order 4711.", "a number"],
  ])("%s in %s (%s)", (keyword, text) => expect(found(keyword, text)).toBe(true));
});

describe("a keyword is not found", () => {
  it.each([
    ["order", "border", "at the end of a longer word"],
    ["order", "reorder the list", "after a prefix"],
    ["order", "orders", "in its plural: another word"],
    ["refund*", "prerefunds", "with a wildcard, in the middle of a word"],
    ["refund policy", "refund of the policy", "as a phrase with a word between"],
    ["refund policy", "policy refund", "as a phrase in the wrong order"],
    ["refund policy", "refund", "as half a phrase at the end of the text"],
    ["환불", "재환불", "Korean, in the middle of a word"],
    ["заказ", "перезаказ", "Russian, inside a longer word"],
    ["退款", "退 款", "Chinese, taken apart"],
    ["order", "", "in an empty text"],
    ["constructor", "toString", "through a prototype"],
    ["[a-z]+", "abc", "as a pattern"],
  ])("%s in %s (%s)", (keyword, text) => expect(found(keyword, text)).toBe(false));
});

it("the first keyword of the list that is found is named as it was written", () => {
  expect(findKeyword(compileKeywords(["Zeta", "ÉTÉ", "refund"]), indexText(fold("refund cet ete")))).toBe("ÉTÉ");
});

it.each(["\u200b", "*", " * ", "\u202e*"])("%j has nothing to look for, and is a problem", (word) =>
  expect(keywordProblem(word)).toMatch(/nothing/),
);
it.each(["!!!", "💸", "a*", "退"])("%j can be looked for", (word) => expect(keywordProblem(word)).toBeUndefined());

it("a word with separators around it is always found, whatever stands around it", () => {
  const word = fc.constantFrom("refund", "заказ", "वापसी", "退款", "환불", "คืนเงิน", "Straße", "two words");
  const noise = fc.string({ unit: "grapheme", maxLength: 40 });
  return fc.assert(
    fc.property(word, noise, noise, (keyword, before, after) => {
      expect(found(keyword, `${before} | ${keyword} | ${after}`)).toBe(true);
    }),
  );
});

it("whole words of Latin script agree with a reading letter by letter", () => {
  const text = fc
    .array(fc.constantFrom("order", "orders", "b", " ", ",", "re", "ORDER", "2", "é"), { maxLength: 12 })
    .map((parts) => parts.join(""));
  return fc.assert(
    fc.property(text, (sentence) => {
      const words = fold(sentence).split(/[^\p{L}\p{N}]+/u);
      expect(found("order", sentence)).toBe(words.includes("order"));
    }),
  );
});

it("20,000 keywords of two kinds against a long text take a fraction of a second", () => {
  const keywords = compileKeywords(
    Array.from({ length: 20_000 }, (_, index) => (index % 2 === 0 ? `word${index} two` : `退${String.fromCodePoint(0x4e00 + index)}款`)),
  );
  const text = indexText(fold("退货 word word1 一二三 ".repeat(300)));
  const startedAt = performance.now();
  expect(findKeyword(keywords, text)).toBeUndefined();
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
