import fc from "fast-check";
import { expect, it } from "vitest";
import { tokensOf } from "../../src/classify/tokens.ts";

/** Neither letter nor digit, and beyond the plain characters: it takes the text off the short way without adding a word. */
const ELLIPSIS = " \u2026";

const plain = fc.string({ unit: fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)), maxLength: 60 });

it("plain text has the same words on the short way as on the long one", () => {
  fc.assert(
    fc.property(plain, (text) => {
      expect(tokensOf(text)).toEqual(tokensOf(text + ELLIPSIS));
    }),
  );
});

it("takes words apart at everything that is neither letter nor digit", () => {
  expect(tokensOf("where's my order_no 42?").map(({ text }) => text)).toEqual(["where", "s", "my", "order", "no", "42"]);
});

it("knows three kinds of words in one text", () => {
  expect(tokensOf("我的order呢 iphone을")).toEqual([
    { kind: "run", text: "我的" },
    { kind: "word", text: "order" },
    { kind: "run", text: "呢" },
    { kind: "word", text: "iphone" },
    { kind: "stem", text: "을" },
  ]);
});
