import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { namesPerson, type Person, questionIn } from "../../src/classify/same-question.ts";

describe("the same question is one spelling", () => {
  it.each([
    ["What are your opening hours?", "what are your opening hours"],
    ["  what are\u00a0your  OPENING hours?!… ", "what are your opening hours"],
    ["“What are your opening hours?”", "what are your opening hours"],
    ["¿Cuánto cuesta?", "cuanto cuesta"],
    ["什么时候开门？", "什么时候开门"],
    ["open\u200b now", "open now"],
    ["100% off, or 100 off?", "100% off, or 100 off"],
  ])("%j is %j", (text, question) => expect(questionIn(text)).toBe(question));

  it.each(["", "?!", " \u200b ", "x".repeat(301)])("%j is none", (text) => expect(questionIn(text)).toBeUndefined());

  it.each([
    ["Can I return it?", "Can I not return it?"],
    ["Is it 5 €?", "Is it 5 $?"],
    ["Order 1234", "Order 1235"],
    ["C", "C++"],
  ])("%j and %j are two", (left, right) => expect(questionIn(left)).not.toBe(questionIn(right)));

  it("is its own spelling", () =>
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        const question = questionIn(text);
        expect(question === undefined ? undefined : questionIn(question)).toBe(question);
      }),
    ));
});

describe("an answer that names the person is theirs alone", () => {
  const anna: Person = { name: "Anna-Lena O’Brien ✨", ids: ["491701234567"] };

  it.each<readonly [string, Person, boolean]>([
    ["We open at nine.", anna, false],
    ["Dear ANNA, we open at nine.", anna, true],
    ["Guten Tag, Frau O'Brien!", anna, true],
    ["I will call you at +49 (170) 123-4567.", anna, true],
    ["I will call you at 0170/1234567.", anna, true],
    ["Your number ends in 4567.", anna, false],
    ["Ruf mich an: ０１７０ １２３４５６７", anna, true],
    ["Call us at 0800 7654321.", anna, false],
    ["王先生，您好", { name: "王小明", ids: [] }, true],
    ["您好，九点开门", { name: "王小明", ids: [] }, false],
    ["Of course, all day.", { name: "Al", ids: [] }, false],
    ["Of course, Al.", { name: "Al", ids: [] }, true],
    ["Annas Bestellung", { name: "Anna", ids: [] }, true],
    ["小明您好", { name: "王小明", ids: [] }, true],
    ["민수님, 안녕하세요", { name: "김민수", ids: [] }, true],
    ["Hello us.13491ab", { name: undefined, ids: ["US.13491Ab"] }, true],
    ["A week at most", { name: "A", ids: [] }, false],
    ["Nothing known", { name: undefined, ids: [] }, false],
    ["Nothing known", { name: "✨✨", ids: ["1"] }, false],
  ])("%j", (answer, person, isNamed) => expect(namesPerson(answer, person)).toBe(isNamed));
});
