import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { Message } from "../../src/core/message.ts";
import { type ExplainInput, explain, explainSchema } from "../../src/routing/explain.ts";
import { loadForTest } from "../support/catalogue.ts";
import { validDocument, withRules } from "../support/routes-document.ts";

const WORDS = ["refund", "order", "退款", "환불", "заказ", "straße", "two words", "re*"];
const word = fc.constantFrom(...WORDS);
const chat = fc.constantFrom("direct" as const, "group" as const, "channel" as const);
const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 3 });

const when = fc
  .record(
    {
      account: fc.constant("telegram:support"),
      channel: some(fc.constantFrom("telegram", "slack")),
      chat: fc.oneof(chat, some(chat)),
      sender: some(fc.constantFrom("1", "777")),
      language: some(fc.constantFrom("pt", "pt-br", "de")),
      keywords: some(word),
      pattern: fc.constantFrom("refund|order", "^\\p{L}+$", "\\d"),
      command: some(fc.constantFrom("start", "/help")),
    },
    { requiredKeys: [] },
  )
  .filter((condition) => Object.keys(condition).length > 0);

const documents = fc
  .array(fc.record({ when, pool: fc.constantFrom("support", "sales", "hr") }), { maxLength: 6 })
  .map((rules) => withRules(...rules.map((rule, index) => ({ ...rule, name: `rule-${index}` }))));

const text = fc
  .array(fc.oneof(word, fc.constantFrom("/start", " ", ", ", "hello", "42", "STRASSE")), { maxLength: 6 })
  .map((parts) => parts.join(" "));

const messages: fc.Arbitrary<Message> = fc
  .record({
    text,
    kind: chat,
    sender: fc.constantFrom("1", "777", "9"),
    language: fc.option(fc.constantFrom("pt", "pt-br", "de", "en"), { nil: undefined }),
    command: fc.constantFrom("start", "help", "other"),
    isAddressed: fc.boolean(),
  })
  .map(({ kind, sender, language, ...rest }) => ({
    ...rest,
    id: "42",
    kind: "message",
    chat: { id: "-5", kind },
    sender: { id: sender, ...(language === undefined ? {} : { language }) },
    sentAtMs: 5,
  }));

function inputOf({ text: said, chat: where, sender, command, isAddressed }: Message): ExplainInput {
  const language = sender?.language === undefined ? {} : { language: sender.language };
  return { account: "telegram:support", text: said, chat: where.kind, sender: sender?.id, command, isAddressed, ...language };
}

it("explain and production never differ", () => {
  return fc.assert(
    fc.property(documents, messages, (document, message) => {
      const parts = loadForTest(document);
      const account = parts.routes.accounts.get("telegram:support");
      if (account === undefined) throw new Error("no account");
      const explained = explain(inputOf(message), parts);
      expect(explained.ok && explained.value.decision).toEqual(parts.router.route(message, account));
    }),
    { numRuns: 300 },
  );
});

it("the winner is the first rule that would win alone", () => {
  return fc.assert(
    fc.property(documents, messages, (document, message) => {
      const winnerOf = (rules: readonly object[]) => {
        const explained = explain(inputOf(message), loadForTest(withRules(...rules)));
        return explained.ok ? explained.value.decision.rule : "nothing";
      };
      const alone = document.rules.map((rule) => winnerOf([rule])).find((name) => name !== "default");
      expect(winnerOf(document.rules)).toBe(alone ?? "default");
    }),
    { numRuns: 150 },
  );
});

it("prints every rule in order, then the outcome", () => {
  const rules = [
    { name: "hr", when: { keywords: ["refund"] }, pool: "hr" },
    { name: "help", when: { command: "help" }, pool: "sales" },
    ...validDocument.rules,
  ];
  const explained = explain({ account: "telegram:support", text: "where is my refund?" }, loadForTest(withRules(...rules)));
  expect(explained.ok && explained.value.lines).toEqual([
    "1. hr: closed (the pool hr is closed to telegram)",
    "2. help: missed (command: not help)",
    "3. refunds: matched (keywords refund)",
    "=> pool sales (refunds: keywords refund)",
  ]);
});

it("reads a command from the text, and takes a group message without one as not addressed", () => {
  const parts = loadForTest(withRules({ name: "help", when: { command: "help" }, pool: "sales" }));
  const ask = (said: string) => explain({ account: "telegram:support", text: said, chat: "group" }, parts);
  const [command, chatter] = [ask("/help@bot me"), ask("help me")];
  expect(command.ok && command.value.decision).toMatchObject({ rule: "help", keepsPool: false });
  expect(chatter.ok && chatter.value.lines.at(-1)).toBe("=> pool support (default: not addressed)");
});

it("an unknown account is a sentence, not a decision", () => {
  expect(explain({ account: "constructor" }, loadForTest(validDocument))).toEqual({
    ok: false,
    problem: "no account is called constructor",
  });
});

it("what comes over the admin API is checked before", () => {
  expect(explainSchema.safeParse({ account: "telegram:support", text: "hi" }).success).toBe(true);
  expect(explainSchema.safeParse({ account: "telegram:support", txet: "hi" }).success).toBe(false);
});
