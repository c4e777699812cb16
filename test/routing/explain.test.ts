import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { Message } from "../../src/core/message.ts";
import { type ExplainInput, explain, explainSchema } from "../../src/routing/explain.ts";
import type { Decision } from "../../src/routing/router.ts";
import { type Loaded, loadForTest } from "../support/catalogue.ts";
import { validDocument, withIntents, withRules } from "../support/routes-document.ts";

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

const ruled = (condition: fc.Arbitrary<object>) =>
  fc
    .array(
      fc.record(
        {
          when: condition,
          pool: fc.constantFrom("support", "sales", "hr"),
          mode: fc.constantFrom("override", "tie-break"),
        },
        { requiredKeys: ["when", "pool"] },
      ),
      { maxLength: 6 },
    )
    .map((rules) => rules.map((rule, index) => ({ ...rule, name: `rule-${index}` })));

const documents = ruled(when).map((rules) => withRules(...rules));

const text = fc
  .array(fc.oneof(word, fc.constantFrom("/start", " ", ", ", "hello", "42", "STRASSE")), { maxLength: 6 })
  .map((parts) => parts.join(" "));

const INTENTS = ["money-back", "注文", "hours_of_opening"];
const example = fc.array(fc.oneof(word, fc.constantFrom("where is my", "hello", "open", "42", "💸")), { minLength: 1, maxLength: 4 });
const examples = fc.array(
  example.map((parts) => parts.join(" ")),
  { minLength: 1, maxLength: 5 },
);
const withLabels = fc
  .tuple(
    when,
    fc.record(
      { intent: some(fc.constantFrom(...INTENTS)), minConfidence: fc.double({ min: 0, max: 1, noNaN: true }) },
      { requiredKeys: ["intent"] },
    ),
    fc.constantFrom({}, {}, { complexity: "simple" }, { complexity: "complex" }),
  )
  .map(([others, label, complexity]) => ({ ...others, ...label, ...complexity }));
const labelled = fc.oneof(
  { arbitrary: fc.record({ intent: some(fc.constantFrom(...INTENTS)), minConfidence: fc.constantFrom(0, 0.2, 0.5) }), weight: 2 },
  { arbitrary: withLabels, weight: 1 },
  { arbitrary: when, weight: 1 },
);
const documentsWithIntents = fc
  .record({
    rules: ruled(labelled),
    intents: fc.tuple(...INTENTS.map(() => examples)),
    outOfScope: fc.oneof(fc.constant([]), examples),
  })
  .map(({ rules, intents, outOfScope }) => ({
    ...withIntents(Object.fromEntries(INTENTS.map((name, index) => [name, { examples: intents[index] }])), ...rules),
    outOfScope: { examples: outOfScope },
  }));

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

/** What both say of a message; throws where they differ. */
function agreed(message: Message, parts: Loaded): Decision {
  const account = parts.routes.accounts.get("telegram:support");
  const explained = explain(inputOf(message), parts);
  if (account === undefined || !explained.ok) throw new Error("no account");
  const decision = parts.router.route(message, account);
  expect(explained.value.decision).toEqual(decision);
  const { intent, confidence } = decision.labels;
  if (intent !== undefined) expect(explained.value.intent).toMatchObject({ best: intent, confidence });
  return decision;
}

const sortOf = ({ labels, rule, keepsPool }: Decision): string => {
  if (labels.intent === undefined) return "no intent";
  if (rule === "default") return "an intent nobody wants";
  return keepsPool ? "an intent, and a pool to stay in" : "an intent that decides";
};

it("nor do they where rules ask for intents", async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.property(documentsWithIntents, fc.array(messages, { minLength: 1, maxLength: 8 }), (document, said) => {
      const parts = loadForTest(document);
      for (const message of said) seen.add(sortOf(agreed(message, parts)));
    }),
    { numRuns: 150 },
  );
  expect([...seen]).toEqual(expect.arrayContaining(["an intent that decides", "an intent, and a pool to stay in", "no intent"]));
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

it("prints what the model makes of the text, and what of it weighed", () => {
  const intents = {
    refund: { examples: ["where is my refund", "I want a refund", "refund please", "money back", "refund my order", "my refund is late"] },
    pricing: { examples: ["what does it cost", "how much is it", "price list", "prices please", "is it expensive", "price of two"] },
  };
  const ruled = { name: "refunds", when: { intent: "refund", minConfidence: 0.05 }, pool: "sales" };
  const explained = explain({ account: "telegram:support", text: "where is my zq refund?" }, loadForTest(withIntents(intents, ruled)));
  if (!explained.ok) throw new Error(explained.problem);
  const lines = explained.value.lines.map((line) => line.replaceAll(/\d\.\d+/g, "0.##"));
  expect(lines.slice(0, 4)).toEqual([
    "1. refunds: matched (intent refund (0.##))",
    "=> pool sales (refunds: intent refund (0.##))",
    expect.stringMatching(/^intent: refund 0\.##, (?:above|below) the threshold of 0\.##$/),
    "  confidences: refund 0.##, pricing 0.##",
  ]);
  expect(lines.find((line) => line.startsWith("  for:"))).toContain('"refund" 0.##');
  expect(lines.at(-1)).toBe("  never seen in training: 0.## of it");
});

it("says nothing of the intent of what has no words, or where there is no model", () => {
  const parts = loadForTest(
    withIntents({ a: { examples: ["one"] }, b: { examples: ["two"] } }, { name: "r", when: { intent: "a" }, pool: "sales" }),
  );
  const ask = (text: string, { intents: _, ...without }: Loaded = parts) => explain({ account: "telegram:support", text }, { ...without });
  for (const explained of [explain({ account: "telegram:support", text: " " }, parts), ask("one")])
    expect(explained.ok && [explained.value.intent, explained.value.lines.length]).toEqual([undefined, 2]);
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
