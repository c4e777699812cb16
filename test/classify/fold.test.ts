import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cut, fold, MAX_TEXT_UNITS } from "../../src/classify/fold.ts";

describe("folding gives one spelling to what people call the same word", () => {
  it.each([
    ["REFUND", "refund", "case"],
    ["Crème Brûlée", "creme brulee", "accents"],
    ["Straße", "strasse", "sharp s"],
    ["STRAẞE", "strasse", "capital sharp s"],
    ["İADE", "iade", "Turkish dotted capital"],
    ["ıade", "iade", "Turkish dotless"],
    ["ΛΌΓΟΣ", "λογοσ", "Greek tonos and capital sigma"],
    ["λόγος", "λογοσ", "Greek final sigma"],
    ["Ёлка", "елка", "Cyrillic with dots"],
    ["Łódź", "lodz", "letters Unicode does not take apart"],
    ["ｒｅｆｕｎｄ", "refund", "full width"],
    ["ﬁnance", "finance", "ligatures"],
    ["re\u200bfu\u200dnd", "refund", "zero width"],
    ["\u202erefund\u202c\u2066\u2069\ufeff", "refund", "bidirectional controls"],
    ["re\u00adfund", "refund", "soft hyphen"],
    ["ﾘﾌｧﾝﾄﾞ", "リファンド", "half-width Katakana"],
    ["हिन्दी", "हिन्दी", "Devanagari vowel signs stay"],
    ["ที่อยู่", "ที่อยู่", "Thai vowels and tones stay"],
    ["환불", "환불", "Hangul is put together again"],
    ["が", "が", "Kana voicing stays"],
  ])("%s becomes %s (%s)", (text, folded) => expect(fold(text)).toBe(folded));

  it("keeps a lone surrogate instead of failing", () => expect(fold("a\ud800b É")).toBe("a\ud800b e"));

  it("never grows past the cap, not even where one letter stands for eighteen", () =>
    expect(fold("\ufdfa".repeat(MAX_TEXT_UNITS)).length).toBe(MAX_TEXT_UNITS));

  it("folding again changes nothing", () =>
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(fold(fold(text))).toBe(fold(text));
      }),
      { numRuns: 2_000 },
    ));
});

describe("cutting", () => {
  it("does not split a pair", () => expect(cut("a💸b", 2)).toBe("a"));
  it("leaves a short text alone", () => expect(cut("a\ud800", 2)).toBe("a\ud800"));
});
