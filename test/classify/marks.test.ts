/** Questions that vectors take for one and people do not: what is compared word by word, and what is left to meaning. */
import { describe, expect, it } from "vitest";
import { fold } from "../../src/classify/fold.ts";
import { marksOf } from "../../src/classify/marks.ts";
import { tokensOf } from "../../src/classify/tokens.ts";

/** Everything is known that stands in one of the two, but for what no operator's example has. */
const RARE = new Set(["acme", "zyx", "kowalski"]);
const marks = (text: string) => marksOf(text, (word) => !RARE.has(word)).join(" ");

describe("two questions that no likeness makes one", () => {
  it.each([
    ["cancel order 12", "cancel order 13"],
    ["cancel order 12", "cancel my order"],
    ["Can I return it?", "Can't I return it?"],
    ["Can I return it?", "Can I not return it?"],
    ["can i return it", "cant i return it"],
    ["does it work with milk", "does it work without milk"],
    ["Are you open on Monday?", "Are you open on Tuesday?"],
    ["are you open on mondays", "are you open on tuesdays"],
    ["habt ihr im Februar offen", "habt ihr im März offen"],
    ["¿abren el miércoles?", "¿abren el jueves?"],
    ["open today?", "open tomorrow?"],
    ["a table for two", "a table for three"],
    ["from Berlin to Paris, how long?", "from Paris to Berlin, how long?"],
    ["ich möchte eine Erstattung", "ich möchte keine Erstattung"],
    ["quiero cancelar", "no quiero cancelar"],
    ["je veux un remboursement", "je ne veux pas de remboursement"],
    ["não quero pagar", "quero pagar"],
    ["я хочу отменить", "я не хочу отменить"],
    ["does acme sell it", "does zyx sell it"],
    ["a letter for Mr Smith", "a letter for Mr Jones"],
    ["is it below 5 €", "is it below 5 $"],
    ["can I use C", "can I use C++"],
    ["可以退货吗", "不可以退货吗"],
    ["환불해 주세요", "환불 안 해 주세요"],
    ["ยกเลิกได้ไหม", "ยกเลิกไม่ได้ไหม"],
  ])("%s | %s", (left, right) => expect(marks(left)).not.toBe(marks(right)));
});

describe("two questions of which meaning may decide", () => {
  it.each([
    ["What are your opening hours?", "when do you open"],
    ["How do I get my money back?", "I want a refund"],
    ["cancel order 12", "please stop order 12!"],
    ["Hi! Where are you?", "Hello. What is your address?"],
    ["are you open on Monday", "Monday, do you open?"],
    ["does ACME deliver", "would acme bring it"],
  ])("%s | %s", (left, right) => expect(marks(left)).toBe(marks(right)));
});

it("every day and every month of a year is a mark, in each language", () => {
  const missing = ["en", "de", "es", "fr", "it", "pt", "nl", "pl", "tr", "ru"].flatMap((language) =>
    Array.from({ length: 366 }, (_, day) => Date.UTC(2028, 0, 1 + day)).flatMap((day) =>
      (["month", "weekday"] as const).flatMap((what) => {
        const said = new Intl.DateTimeFormat(language, { [what]: "long", timeZone: "UTC" }).format(day);
        return marksOf(fold(said), () => true).length === tokensOf(fold(said)).length ? [] : [`${language}: ${said}`];
      }),
    ),
  );
  expect(missing).toEqual([]);
});
