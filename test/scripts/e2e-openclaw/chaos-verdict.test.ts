/** The judgement over the chaos, judged: what an honest run leaves behind passes, and each thing that must not be is found. */
import { expect, it } from "vitest";
import { type ChaosFacts, judge, type Words } from "../../../scripts/e2e-openclaw/chaos-verdict.ts";

const texts: readonly Words[] = [
  { chat: "710101", text: "hello, I am 710101" },
  { chat: "710101", text: "and now?" },
  { chat: "710201", text: "think about this" },
  { chat: "710201", text: "and now?" },
  { chat: "710301", text: "before the crash" },
  { chat: "710301", text: "while you were gone" },
  { chat: "710701", text: "round 1 in 710701" },
];
const questions = texts.map((words, index) => ({ ...words, message: `u${index + 1}` }));
const isExplained = ({ text }: Words): boolean => text === "think about this" || text === "before the crash";

const honest: ChaosFacts = {
  questions,
  answers: texts.filter((words) => !isExplained(words)),
  notices: [
    { chat: "710501", text: "nearly done" },
    { chat: "710601", text: "a reminder for you" },
  ],
  ends: questions.map(({ message }) => ({ message, state: "delivered" })),
};

it("an honest chaos has nothing to explain but the two questions that a move costs", () => expect(judge(honest)).toEqual([]));

const told = (text: string, chat = "710401"): Partial<ChaosFacts> => ({ notices: [...honest.notices, { chat, text }] });
const ended = (state: string): Partial<ChaosFacts> => ({
  ends: honest.ends.map((end) => (end.message === "u2" ? { ...end, state } : end)),
});

it.each<readonly [what: string, facts: Partial<ChaosFacts>, found: readonly string[]]>([
  [
    "a question without an answer",
    { answers: honest.answers.filter(({ chat, text }) => chat !== "710101" || text !== "and now?") },
    ['"and now?" in 710101 stayed without an answer'],
  ],
  ["nobody answered at all", { answers: [] }, honest.answers.map(({ chat, text }) => `"${text}" in ${chat} stayed without an answer`)],
  ["an answer twice", { answers: [...honest.answers, texts[1]!] }, ['"and now?" in 710101 was answered 2 times, and asked 1 times']],
  [
    "an answer in another chat",
    { answers: [...honest.answers, { chat: "710101", text: "while you were gone" }] },
    ['"while you were gone" in 710101 was answered 1 times, and asked 0 times'],
  ],
  [
    "a former owner who was heard",
    { answers: [...honest.answers, texts[2]!] },
    ['"think about this" in 710201 was answered, by one that had lost the chat'],
  ],
  [
    "a case that did not do its part",
    { questions: questions.filter(({ text }) => text !== "before the crash"), ends: honest.ends.filter(({ message }) => message !== "u5") },
    ['"before the crash" in 710301 was never asked'],
  ],
  ["one that never ended", { ends: honest.ends.slice(1) }, ['"hello, I am 710101" in 710101 never ended']],
  ["one that ended twice", { ends: [...honest.ends, { message: "u2", state: "delivered" }] }, ["u2 ended 2 times"]],
  ["one that ended as dead", ended("dead"), ["u2 ended as dead"]],
  [
    "one that ended, and nobody said it",
    { ends: [...honest.ends, { message: "u99", state: "delivered" }] },
    ["u99 ended, and nobody said it"],
  ],
  [
    "a gateway that has no reply",
    told("⚠️ OpenClaw couldn't produce or deliver a reply. Please try again."),
    ['people were told "⚠️ OpenClaw couldn\'t produce or deliver a reply. Please try again." in 710401'],
  ],
  [
    "a gateway that goes on, in a chat that is another's",
    told("I'm continuing your interrupted request now", "710301"),
    ['people were told "I\'m continuing your interrupted request now" in 710301'],
  ],
  [
    "an edit of a former owner",
    { notices: [{ chat: "710501", text: "done, says the old one" }, honest.notices[1]!] },
    ['people were told "done, says the old one" in 710501', "/^nearly done$/ was read 0 times in 710501"],
  ],
  ["a reminder in somebody else's chat", told("a reminder for you", "710602"), ['people were told "a reminder for you" in 710602']],
  ["a reminder twice", told("a reminder for you", "710601"), ["/^a reminder for you$/ was read 2 times in 710601"]],
])("finds: %s", (_what, facts, found) => expect(judge({ ...honest, ...facts })).toEqual(found));
