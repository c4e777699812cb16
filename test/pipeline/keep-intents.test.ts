import { describe, expect, it } from "vitest";
import type { IntentModel } from "../../src/classify/intents/model.ts";
import { re2Patterns } from "../../src/classify/re2-pattern.ts";
import type { Message } from "../../src/core/message.ts";
import { keep } from "../../src/pipeline/keep.ts";
import { buildRouter } from "../../src/routing/router.ts";
import { loadForTest } from "../support/catalogue.ts";
import { type Kept, keepPorts, keepSetting } from "../support/keep.ts";
import { directMessage, groupMessage, withIntents } from "../support/routes-document.ts";

const intents = {
  refund: { examples: ["I want my money back", "give me a refund", "please refund the order"] },
  pricing: { examples: ["what does it cost", "how much is it", "price of the blue one"] },
};
const rules = [
  { name: "hr", when: { intent: "refund", minConfidence: 0 }, pool: "hr" },
  { name: "prices", when: { intent: "pricing", minConfidence: 0 }, pool: "sales", mode: "tie-break" },
  { name: "refunds", when: { intent: "refund", minConfidence: 0 }, pool: "sales" },
];

const ONE = { perMinute: 60, burst: 1 };

/** The message through the journey's end, by a trained model that counts how often it is asked. */
async function keptOf(
  message: Message,
  more: object = {},
): Promise<Kept & { readonly calls: number; readonly charged: readonly string[] }> {
  const loaded = loadForTest({ ...withIntents(intents, ...rules), ...more });
  const { intents: model } = loaded;
  if (model === undefined) throw new Error("no model");
  const texts: string[] = [];
  const counted: IntentModel = { ...model, classify: (text) => model.classify(texts[texts.push(text) - 1] ?? "") };
  const snapshot = { ...loaded, router: buildRouter(loaded.routes.document, re2Patterns, counted), intents: counted };
  const { ports, kept } = keepPorts();
  const charged: string[] = [];
  const quota = { take: (name: string) => ports.quota.take(charged[charged.push(name) - 1] ?? "", ONE) };
  expect(await keep.message(message, { ...keepSetting(), snapshot }, { ...ports, quota })).toMatchObject({ ok: true });
  return { ...kept, calls: texts.length, charged };
}

describe("a message that is ruled on by its intent", () => {
  it("costs one commit and one look at the model, whatever the number of rules", async () => {
    const { asked, commits, calls } = await keptOf({ ...directMessage, text: "my money back please" });
    expect([asked, calls]).toEqual([["commit telegram:support/chat/777"], 1]);
    expect(commits).toMatchObject([{ pool: "sales", rule: "refunds", keepsPool: false }]);
  });

  it("stays in its pool where only a tie-break was for it", async () => {
    const { commits } = await keptOf({ ...directMessage, text: "how much is the blue one" });
    expect(commits).toMatchObject([{ pool: "sales", rule: "prices", keepsPool: true, isTieBreak: true }]);
  });

  it("counts in the pool that its rule names, also where it may stay in another: nobody asks the conversation before", async () => {
    const limits = { perPool: { sales: ONE, support: ONE } };
    const { charged } = await keptOf({ ...directMessage, text: "how much is the blue one" }, { limits });
    expect(charged).toEqual(["pool/sales"]);
  });

  it("leaves none of its words in the log or the trace", async () => {
    const { commits, log } = await keptOf({ ...directMessage, text: "my money back, zanzibar" });
    expect(commits[0]?.trace).toMatch(/^refunds: intent refund \(0\.\d\d\)$/);
    expect(JSON.stringify([log, commits.map(({ trace, rule }) => [trace, rule])])).not.toMatch(/zanzibar|money/);
  });
});

it.each<[string, Message]>([
  ["is overheard", { ...groupMessage, isAddressed: false, text: "my money back" }],
  ["refers to another", { ...directMessage, isFollowUp: true, text: "my money back" }],
  ["has no words", { ...directMessage, text: "" }],
])("the model is not asked of what %s", async (_, message) => {
  const { commits, calls } = await keptOf(message);
  expect([calls, commits[0]?.pool, commits[0]?.rule, commits[0]?.isTieBreak]).toEqual([0, "support", "default", undefined]);
});
