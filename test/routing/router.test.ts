import { describe, expect, it } from "vitest";
import type { Message } from "../../src/core/message.ts";
import { type Decision, describeDecision } from "../../src/routing/router.ts";
import { loadForTest } from "../support/catalogue.ts";
import { directMessage, groupMessage, validDocument, withRules } from "../support/routes-document.ts";

function decide(document: object, message: Message, account = "telegram:support"): Decision {
  const { routes, router } = loadForTest(document);
  const found = routes.accounts.get(account);
  if (found === undefined) throw new Error(`no account ${account}`);
  return router.route(message, found);
}

const verdicts = (decision: Decision): readonly string[] => decision.trace.map((entry) => entry.verdict);

describe("each condition decides alone", () => {
  it.each<[object, Partial<Message>, boolean, string]>([
    [{ account: "telegram:support" }, {}, true, "account telegram:support"],
    [{ channel: ["whatsapp", "telegram"] }, {}, true, "channel telegram"],
    [{ channel: "whatsapp" }, {}, false, "channel: telegram is not whatsapp"],
    [{ chat: "direct" }, {}, true, "chat direct"],
    [{ chat: ["group", "channel"] }, {}, false, "chat: direct is not group or channel"],
    [{ sender: ["1", "777"] }, {}, true, "sender listed"],
    [{ sender: "7" }, {}, false, "sender: not listed"],
    [{ language: "pt" }, { sender: { id: "1", language: "pt-br" } }, true, "language pt"],
    [{ language: ["de", "pt-br"] }, { sender: { id: "1", language: "pt" } }, false, "language: not de or pt-br"],
    [{ language: "de" }, { sender: { id: "1" } }, false, "language: unknown"],
    [{ keywords: ["order", "Refund"] }, {}, true, "keywords Refund"],
    [{ keywords: ["order"] }, {}, false, "keywords: none found"],
    [{ pattern: "re?fund\\b" }, {}, true, "pattern re?fund\\b"],
    [{ pattern: "^refund" }, {}, false, "pattern: not found"],
    [{ command: ["/Start"] }, { command: "start" }, true, "command start"],
    [{ command: "start" }, {}, false, "command: not start"],
    [{ command: "start" }, { text: "start" }, false, "command: not start"],
  ])("%j with %j: %s", (when, message, matches, reason) => {
    const decision = decide(withRules({ name: "r", when, pool: "sales" }), { ...directMessage, ...message });
    expect(decision).toMatchObject({ pool: matches ? "sales" : "support", rule: matches ? "r" : "default", keepsPool: false });
    expect(decision.trace).toEqual([{ rule: "r", verdict: matches ? "matched" : "missed", reason }]);
  });
});

it("all conditions of a rule must hold, and each has its say in the reason", () => {
  const when = { language: "en", keywords: ["refund"], chat: "direct" };
  expect(decide(withRules({ name: "r", when, pool: "sales" }), directMessage).trace[0]?.reason).toBe(
    "chat direct, language en, keywords refund",
  );
  expect(decide(withRules({ name: "r", when: { ...when, chat: "group" }, pool: "sales" }), directMessage).pool).toBe("support");
});

it("the first rule that matches wins, and the trace has them all", () => {
  const rules = [
    { name: "a", when: { keywords: ["order"] }, pool: "sales" },
    { name: "b", when: { keywords: ["refund"] }, pool: "sales" },
    { name: "c", when: { channel: "telegram" }, pool: "support" },
  ];
  const decision = decide(withRules(...rules), directMessage);
  expect(decision).toMatchObject({ rule: "b", pool: "sales", labels: { keywords: ["refund"] } });
  expect(verdicts(decision)).toEqual(["missed", "matched", "not-reached"]);
  expect(describeDecision(decision)).toBe("b: keywords refund");
});

it("a rule whose pool is closed to the channel is passed over", () => {
  const rules = [{ name: "hr", when: { keywords: ["refund"] }, pool: "hr" }, ...validDocument.rules];
  const decision = decide(withRules(...rules), directMessage);
  expect(verdicts(decision)).toEqual(["closed", "matched"]);
  expect(decision.trace[0]?.reason).toBe("the pool hr is closed to telegram");
});

it("a command nobody rules on goes to the account's pool like any message", () => {
  const decision = decide(validDocument, { ...directMessage, text: "/start", command: "start" });
  expect(decision).toMatchObject({ pool: "support", rule: "default", keepsPool: false });
  expect(describeDecision(decision)).toBe("default: no rule matched");
});

describe("in a group", () => {
  it("what does not address the bot goes to the account's pool, whatever it says", () => {
    const decision = decide(validDocument, { ...groupMessage, isAddressed: false });
    expect(decision).toMatchObject({ pool: "support", rule: "default", keepsPool: false });
    expect(verdicts(decision)).toEqual(["not-addressed"]);
    expect(describeDecision(decision)).toBe("default: not addressed");
  });

  it("what addresses the bot is ruled on", () => {
    expect(decide(validDocument, groupMessage)).toMatchObject({ pool: "sales", rule: "refunds", keepsPool: false });
  });
});

describe("what has no words of its own", () => {
  it.each([
    ["an edit", { isFollowUp: true, text: "where is my refund?" }],
    ["a photo", { text: "" }],
  ])("%s stays in the pool the conversation is in", (_name, bent) => {
    const decision = decide(validDocument, { ...directMessage, ...bent });
    expect(decision).toMatchObject({ pool: "support", rule: "default", keepsPool: true });
    expect(describeDecision(decision)).toBe("default: no words to decide by, stays in its pool");
  });

  it("is still ruled on by who and where it comes from", () => {
    const vip = { name: "vip", when: { sender: "777" }, pool: "sales" };
    expect(decide(withRules(vip), { ...directMessage, isFollowUp: true })).toMatchObject({ pool: "sales", keepsPool: false });
  });
});

it("the trace has the operator's words and nothing of the sender's", () => {
  const message: Message = {
    ...directMessage,
    sender: { id: "491701234567", language: "xx-private" },
    command: "secretcommand",
    text: "my secret words",
  };
  const rules = [{ sender: "1" }, { language: "de" }, { command: "start" }, { keywords: ["refund"] }, { pattern: "x{9}" }];
  const decision = decide(withRules(...rules.map((when, index) => ({ name: `r${index}`, when, pool: "sales" }))), message);
  expect(JSON.stringify(decision)).not.toMatch(/49170|private|secret/);
});

it("names from a prototype are neither rules nor keywords", () => {
  const decision = decide(withRules({ name: "constructor", when: { keywords: ["constructor"] }, pool: "sales" }), {
    ...directMessage,
    text: "toString",
  });
  expect(decision.rule).toBe("default");
});
