import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Complexity, complexityOf } from "../../src/classify/complexity.ts";

const LONG =
  "I moved from the monthly plan to the yearly one in March, was charged for both until June, and now the invoice shows a credit that is smaller than what I paid. Please work out what I am owed.";

describe("a message is complex by what it asks for, as far as its shape says so", () => {
  it.each<readonly [string, Complexity, string]>([
    ["", "simple", "nothing"],
    ["Hi!", "simple", "a greeting"],
    ["Where is my refund?", "simple", "one question"],
    ["Where is my order? And when does it come?", "simple", "two short ones"],
    [LONG, "complex", "a case to work out"],
    ["What does it cost? Is there a trial? Can I cancel? Do you sign a contract?", "complex", "four questions"],
    ["why does this fail?\nfor (const a of b) {\n  await c(a);\n}", "complex", "code"],
    [`look: https://shop.example/${"a/b".repeat(50)}`, "simple", "a long link"],
    ["n".padEnd(40, "o"), "simple", "a letter held down"],
    ["ha! ".repeat(3) + "🎉".repeat(30), "simple", "pictures"],
    ["a\u200b".repeat(3) + "\u200b".repeat(200), "simple", "what nobody sees"],
    ["Thanks;", "simple", "a slip of the finger"],
    ["我的退款在哪里？", "simple", "one question in Chinese"],
    [
      "我三月份从月付套餐换成年付，六月以前两边都扣了钱，现在账单上的余额比我实际支付的少，请帮我算一下应退多少。",
      "complex",
      "a case in Chinese",
    ],
    ["환불은 언제 되나요?", "simple", "one question in Korean"],
    ["لماذا؟ متى؟ أين؟ كيف؟", "complex", "four questions in Arabic"],
  ])("%j is %s (%s)", (text, complexity) => expect(complexityOf(text)).toBe(complexity));

  it("a longer telling of the same is never simpler", () =>
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 300 }),
        fc.array(fc.constantFrom("refund", "why?", "{", "退款", ";\n"), { maxLength: 40 }),
        (text, more) => {
          expect([complexityOf(text), complexityOf(`${text} ${more.join(" ")}`)]).not.toEqual(["complex", "simple"]);
        },
      ),
    ));

  it("has an answer for anything", () =>
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 6_000 }), (text) => {
        expect(["simple", "complex"]).toContain(complexityOf(text));
      }),
    ));
});
