import { describe, expect, it } from "vitest";
import type { IntentModel, Verdict } from "../../src/classify/intents/model.ts";
import { re2Patterns } from "../../src/classify/re2-pattern.ts";
import type { Message } from "../../src/core/message.ts";
import { buildRouter, type Decision, describeDecision } from "../../src/routing/router.ts";
import { loadForTest } from "../support/catalogue.ts";
import { directMessage, groupMessage, withIntents } from "../support/routes-document.ts";

const intents = {
  refund: { examples: ["my money back"] },
  pricing: { examples: ["what does it cost"] },
  hours: { examples: ["open now?"] },
};
const THRESHOLD = 0.62;

const verdict = (best: string | undefined, confidence: number): Verdict => ({
  best,
  confidence,
  intent: confidence >= THRESHOLD ? best : undefined,
});

/** Says the same of every text, and remembers what it was asked. */
function modelThatSays(said: Verdict): IntentModel & { readonly asked: readonly string[] } {
  const asked: string[] = [];
  return {
    names: Object.keys(intents),
    threshold: THRESHOLD,
    asked,
    classify: (text) => {
      asked.push(text);
      return said;
    },
    detail: () => ({ ...said, threshold: THRESHOLD, confidences: [], for: [], against: [], unknownShare: 0 }),
  };
}

function decide(rules: readonly object[], model: IntentModel | undefined, bent: Partial<Message> = {}): Decision {
  const { routes } = loadForTest(withIntents(intents, ...rules));
  const account = routes.accounts.get("telegram:support");
  if (account === undefined) throw new Error("no account");
  return buildRouter(routes.document, re2Patterns, model).route({ ...directMessage, ...bent }, account);
}

const rule = (when: object, more: object = {}) => ({ name: "r", when, pool: "sales", ...more });
const sure = verdict("refund", 0.934);

describe("a rule on an intent", () => {
  it.each<[object, Verdict, boolean, string]>([
    [{ intent: "refund" }, sure, true, "intent refund (0.93)"],
    [{ intent: ["pricing", "refund"] }, sure, true, "intent refund (0.93)"],
    [{ intent: "pricing" }, sure, false, "intent: refund 0.93 is not pricing"],
    [{ intent: "refund" }, verdict("refund", 0.41), false, "intent: refund 0.41 is below 0.62"],
    [{ intent: "refund" }, verdict("refund", 0.6199), false, "intent: refund 0.61 is below 0.62"],
    [{ intent: "refund", minConfidence: 0.07 }, verdict("refund", 0.0699), false, "intent: refund 0.06 is below 0.07"],
    [{ intent: "refund", minConfidence: 0.4 }, verdict("refund", 0.41), true, "intent refund (0.41)"],
    [{ intent: "refund", minConfidence: 0.95 }, sure, false, "intent: refund 0.93 is below 0.95"],
    [{ intent: "refund" }, verdict(undefined, 0), false, "intent: none"],
    [{ intent: "refund", minConfidence: 0 }, verdict(undefined, 0), false, "intent: none"],
    [{ intent: "refund", keywords: ["refund"] }, sure, true, "keywords refund, intent refund (0.93)"],
    [{ intent: "refund", keywords: ["price"] }, sure, false, "keywords: none found"],
    [{ complexity: "simple" }, sure, true, "complexity simple"],
    [{ complexity: "complex" }, sure, false, "complexity: simple is not complex"],
  ])("%j where the model says %j: %s", (when, said, matches, reason) => {
    const decision = decide([rule(when)], modelThatSays(said));
    expect(decision.trace).toEqual([{ rule: "r", verdict: matches ? "matched" : "missed", reason }]);
    expect(decision).toMatchObject({ pool: matches ? "sales" : "support", keepsPool: false });
  });

  it("misses where there is no model", () => {
    const decision = decide([rule({ intent: "refund", minConfidence: 0 })], undefined);
    expect(decision.trace).toEqual([{ rule: "r", verdict: "missed", reason: "intent: no model" }]);
  });

  it("sends nobody into a pool that is closed to the channel, and the model is not asked", () => {
    const model = modelThatSays(sure);
    const decision = decide([rule({ intent: "refund", minConfidence: 0 }, { pool: "hr" })], model);
    expect(decision).toMatchObject({
      pool: "support",
      trace: [{ rule: "r", verdict: "closed", reason: "the pool hr is closed to telegram" }],
    });
    expect(model.asked).toEqual([]);
  });
});

describe("labels", () => {
  it.each<[string, readonly object[], Verdict, Decision["labels"]]>([
    [
      "of the rule that won",
      [rule({ intent: "refund", keywords: ["refund"] })],
      sure,
      { keywords: ["refund"], intent: "refund", confidence: 0.934 },
    ],
    [
      "of a rule that asks for less",
      [rule({ intent: "refund", minConfidence: 0.3 })],
      verdict("refund", 0.4),
      { keywords: [], intent: "refund", confidence: 0.4 },
    ],
    ["when the rule that asked has lost", [rule({ intent: "pricing" })], sure, { keywords: [], intent: "refund", confidence: 0.934 }],
    ["without an intent that nobody believes", [rule({ intent: "refund" })], verdict("refund", 0.4), { keywords: [], isUnsure: true }],
    [
      "without what nobody asked for",
      [rule({ keywords: ["refund"] }), rule({ intent: "refund" }, { name: "s" })],
      sure,
      { keywords: ["refund"] },
    ],
    ["with the complexity", [rule({ complexity: "complex" })], sure, { keywords: [], complexity: "simple" }],
  ])("%s", (_, rules, said, labels) => expect(decide(rules, modelThatSays(said)).labels).toEqual(labels));
});

describe("the model is asked", () => {
  const three = ["refund", "pricing", "hours"].map((intent) => rule({ intent }, { name: intent }));
  const calls = (rules: readonly object[], bent: Partial<Message> = {}): readonly string[] => {
    const model = modelThatSays(verdict("hours", 0.9));
    decide(rules, model, bent);
    return model.asked;
  };

  it("once, however many rules ask", () => expect(calls(three)).toEqual([directMessage.text]));
  it("once, also when it has no answer", () => {
    const model = modelThatSays(verdict(undefined, 0));
    decide(three, model);
    expect(model.asked).toHaveLength(1);
  });
  it("never when no rule that is reached asks", () => {
    expect(calls([rule({ keywords: ["refund"] }), ...three])).toEqual([]);
    expect(calls([rule({ keywords: ["nothing"], intent: "refund" })])).toEqual([]);
  });

  it.each<[string, Partial<Message>]>([
    ["of what is only overheard", { ...groupMessage, isAddressed: false }],
    ["of what refers to something said before", { isFollowUp: true }],
    ["of a photo", { text: "" }],
    ["of nothing but spaces", { text: " \n\u00a0" }],
  ])("never %s", (_, bent) => expect(calls(three, bent)).toEqual([]));
});

it.each<[string, Partial<Message>]>([
  ["an edit", { isFollowUp: true }],
  ["a photo", { text: "" }],
])("%s has neither intent nor complexity, and stays in its pool", (_, bent) => {
  const decision = decide(
    [rule({ intent: "refund", minConfidence: 0 }), rule({ complexity: "simple" }, { name: "s" })],
    modelThatSays(sure),
    bent,
  );
  expect(decision).toMatchObject({ pool: "support", keepsPool: true, labels: { keywords: [] } });
  expect(decision.trace.map(({ reason }) => reason)).toEqual(["intent: none", "complexity: no words is not simple"]);
});

it("a second opinion stands in the model's place, and the trace says whose word it is", () => {
  const { routes } = loadForTest(withIntents(intents, rule({ intent: "pricing" }, { name: "p" }), rule({ intent: "refund" })));
  const account = routes.accounts.get("telegram:support");
  const model = modelThatSays(verdict("hours", 0.3));
  if (account === undefined) throw new Error("no account");
  const decision = buildRouter(routes.document, re2Patterns, model).route(directMessage, account, verdict("refund", THRESHOLD));
  expect(decision).toMatchObject({ pool: "sales", labels: { intent: "refund", confidence: THRESHOLD } });
  expect(decision.trace.map(({ reason }) => reason)).toEqual(["intent: refund 0.62 is not pricing", "intent refund (second opinion)"]);
  expect(model.asked).toEqual([]);
});

describe("a tie-break", () => {
  const tie = rule({ intent: "refund" }, { mode: "tie-break" });

  it("decides for a conversation that has no pool, and leaves the others where they are", () => {
    const decision = decide([tie], modelThatSays(sure));
    expect(decision).toMatchObject({ pool: "sales", rule: "r", keepsPool: true });
    expect(describeDecision(decision)).toBe("r: intent refund (0.93); a tie-break: stays in its pool if it has one");
  });

  it("stands in the one list with the others: the first that matches wins", () => {
    const override = rule({ keywords: ["refund"] }, { name: "k", pool: "support" });
    expect(decide([override, tie], modelThatSays(sure))).toMatchObject({ rule: "k", keepsPool: false });
    expect(decide([tie, override], modelThatSays(sure))).toMatchObject({ rule: "r", keepsPool: true });
  });

  it("that misses changes nothing", () => {
    expect(decide([tie], modelThatSays(verdict("hours", 0.9)))).toMatchObject({ rule: "default", keepsPool: false });
  });
});

it("the trace has the operator's words and numbers, and nothing of what was written", () => {
  const rules = [rule({ intent: "pricing" }), rule({ complexity: "complex" }, { name: "c" }), rule({ intent: "refund" }, { name: "s" })];
  expect(JSON.stringify(decide(rules, modelThatSays(sure), { text: "my secret" }))).not.toMatch(/secret/);
});
