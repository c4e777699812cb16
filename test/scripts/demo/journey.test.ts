/** From lines of the edge's log to words: what is told is what was read. */
import { describe, expect, it } from "vitest";
import { type LogLine, readLogLine } from "../../../scripts/demo/edge-log.ts";
import {
  answeredBy,
  overriddenTo,
  recognisedAsRepeat,
  spokenFor,
  survivedDeath,
  turnedAway,
  waitedFor,
} from "../../../scripts/demo/expectation.ts";
import { isOver, type Journey, linesOf, readJourney, type Seen } from "../../../scripts/demo/journey.ts";
import { layOut, narrate, otherPins } from "../../../scripts/demo/narrate.ts";

const KEY = "telegram:support/chat/42";
const SITES = new Map([
  ["support-eu", { region: "weur", polls: false }],
  ["support-us", { region: "enam", polls: false }],
  ["eu-3", { region: "weur", polls: true }],
]);

const line = (facts: object): LogLine => {
  const read = readLogLine(JSON.stringify(facts));
  if (read === undefined) throw new Error("not a log line");
  return read;
};

const pinned = line({ event: "conversation.pinned", conversation: KEY, pool: "support", instance: "support-eu", epoch: 1 });
const held = line({ event: "message.held", conversation: KEY, message: "u7", pool: "support", detail: "connection refused" });
const moved = line({ ...pinned, event: "conversation.moved", from: "support-eu", instance: "support-us", epoch: 2 });
const settled = line({
  ...{ event: "message.settled", conversation: KEY, message: "u7", pool: "support", rule: "refunds", trace: "refunds: keywords refund*" },
  ...{ instance: "support-eu", epoch: 1, outcome: "accepted", state: "delivered", attempts: 1, ackMs: 3, deliveredMs: 14 },
});
const answered = line({ ...settled, outcome: "delivered", state: "answered" });
const asked = { agent: "sales-public", scopes: ["operator.write"], images: 0 };
const duplicate = line({ event: "message.duplicate", account: "telegram:support", message: "u7" });
const refused = line({ event: "delivery.refused", account: "telegram:support", problem: "unverified", reason: "mismatch" });
const view = {
  seq: 1,
  pins: [{ pool: "support", instance: "support-eu", epoch: 1 }],
  rule: "refunds",
  trace: "refunds: keywords refund*",
  isAnswered: true,
};

const journey = (lines: readonly LogLine[], more: Partial<Seen> = {}): Journey =>
  readJourney({ lines, statuses: [200], replies: ["hi"], view, ...more });
const told = (lines: readonly LogLine[], more?: Partial<Seen>): string => narrate(journey(lines, more), SITES).join(" → ");

describe("a journey in words", () => {
  it("is told from verification to reply", () => {
    expect(told([pinned, settled])).toBe(
      "verified → keywords refund* → rule refunds → pool support → new on support-eu (weur) → accepted after 14 ms → reply “hi”",
    );
  });

  it("names the instance a conversation stays on", () => {
    expect(told([settled])).toContain("pool support → stays on support-eu (weur) → accepted");
  });

  it("says that no rule decided", () => {
    const byDefault = line({ ...settled, rule: "default", trace: "default: no rule matched" });
    expect(told([byDefault])).toContain("verified → no rule matched → the account's default → pool support");
  });

  it("tells each reason for waiting once, then the move, then at which try", () => {
    const late = line({ ...settled, instance: "support-us", epoch: 2, attempts: 6, deliveredMs: 8_100 });
    expect(told([held, held, moved, late])).toContain(
      "pool support → held: connection refused → moved to support-us (enam), epoch 2 → accepted at try 6 after 8.1 s",
    );
  });

  it("puts a wait on the same instance before staying on it", () => {
    expect(told([held, line({ ...settled, attempts: 2 })])).toContain(
      "held: connection refused → stays on support-eu (weur) → accepted at try 2",
    );
  });

  it("knows the decision of a message that still waits from the admin API", () => {
    expect(told([held], { replies: [] })).toBe(
      "verified → keywords refund* → rule refunds → pool support → held: connection refused → still waiting",
    );
  });

  it("says of an instance that it polls", () => {
    const polled = line({ ...settled, instance: "eu-3" });
    expect(told([line({ ...pinned, instance: "eu-3" }), polled])).toContain("new on eu-3 (weur, polls) → accepted");
    expect(told([polled])).toContain("stays on eu-3 (weur, polls) → accepted");
  });

  it("names the agent that was asked, with how much authority, and how its answer came", () => {
    expect(told([answered], { asked, isPresent: true })).toContain(
      "asks its agent sales-public with operator.write → read mark and typing shown → answer delivered in one part after 14 ms → reply “hi”",
    );
    expect(told([answered], { asked: { ...asked, images: 1 }, replies: ["one", "two"] })).toContain(
      "with operator.write, and an image → answer delivered in 2 parts after 14 ms → reply “one” → reply “two”",
    );
    expect(told([line({ ...answered, outcome: "empty" })], { replies: [] })).toMatch(/ended as answered \(empty\)$/);
  });

  it("counts replies as they came", () => {
    expect(told([settled], { replies: ["one", "two"] })).toMatch(/reply “one” → reply “two”$/);
    expect(told([settled], { replies: [] })).toMatch(/no reply yet$/);
  });

  it("tells other endings by their name", () => {
    expect(told([line({ ...settled, state: "limited", outcome: "per sender", instance: null })], { replies: [] })).toMatch(
      /ended as limited \(per sender\)$/,
    );
  });

  it("tells a repeat, a refusal, and silence apart", () => {
    expect(told([duplicate], { replies: [] })).toBe("verified → seen before → answered 200, and nothing else is done");
    expect(told([refused], { statuses: [401], replies: [] })).toBe("not verified (unverified: mismatch) → answered 401 → goes no further");
    expect(told([], { statuses: [undefined], replies: [] })).toBe("no answer → the edge's log says nothing of it");
  });

  it("says nothing of an answer that was suppressed as if the person had seen it", () => {
    const suppressed = line({ event: "egress.suppressed", conversation: KEY, instance: "support-eu" });
    expect(told([settled, suppressed], { replies: [] })).toContain("1 answer of another instance suppressed → no reply yet");
  });
});

describe("pins in other pools", () => {
  it("are told when there are any", () => {
    const pins = [...view.pins, { pool: "sales", instance: "sales-us", epoch: 1 }];
    expect(otherPins(journey([settled], { view: { ...view, pins } }))).toBe("the conversation keeps sales-us for sales");
    expect(otherPins(journey([settled]))).toBeUndefined();
  });
});

describe("the lines of a message", () => {
  const other = line({ ...settled, message: "u8", conversation: "telegram:support/chat/43" });
  const stranger = line({ ...pinned, conversation: "telegram:support/chat/43" });

  it("are its own and those of its conversation that name no message", () => {
    expect(linesOf([pinned, stranger, other, settled], "u7")).toEqual([pinned, settled]);
  });

  it("are none before the conversation is known", () => {
    expect(linesOf([pinned, stranger], "u7")).toEqual([]);
  });
});

describe("a journey is over", () => {
  it.each([
    ["delivered and answered", [settled], {}, true],
    ["delivered, and the answer is not there", [settled], { replies: [] }, false],
    ["answered, and the edge does not know yet", [settled], { view: { ...view, isAnswered: false } }, false],
    ["held", [held], {}, false],
    ["a repeat", [duplicate], { replies: [] }, true],
    ["turned away", [refused], { replies: [] }, true],
    ["dead", [line({ ...settled, state: "dead" })], { replies: [] }, true],
    ["an answer that came back by the link and is with the person", [answered], { view: { ...view, isAnswered: false } }, true],
    ["one that nobody heard yet", [answered], { replies: [] }, false],
    ["an agent that chose to say nothing", [line({ ...answered, outcome: "empty" })], { replies: [] }, true],
  ])("%s: %#", (_, lines, more, isExpected) => expect(isOver(journey(lines, more))).toBe(isExpected));
});

describe("expectations", () => {
  const refunds = answeredBy({ pool: "support", rule: "refunds" });
  const survived = [held, line({ ...settled, attempts: 2 })];
  const eu3 = waitedFor({ pool: "support", rule: "refunds", instance: "eu-3" });
  const polled = line({ ...settled, instance: "eu-3" });
  const sales = spokenFor({ pool: "support", rule: "refunds", instance: "support-eu", agent: "sales-public", turn: 2 });
  const spoken = (more: Partial<Seen>): Journey => journey([answered], { asked, replies: ["here: answer 2 in this"], ...more });
  const wide = { ...view, pins: [...view.pins, { pool: "sales", instance: "sales-us", epoch: 1 }] };

  it.each([
    ["answered once", refunds, journey([settled]), true],
    ["answered twice", refunds, journey([settled], { replies: ["one", "two"] }), false],
    ["not answered", refunds, journey([settled], { replies: [] }), false],
    ["another pool", answeredBy({ pool: "sales", rule: "refunds" }), journey([settled]), false],
    ["another rule", answeredBy({ pool: "support", rule: "default" }), journey([settled]), false],
    ["not acknowledged", refunds, journey([settled], { statuses: [503] }), false],
    ["acknowledged at the second try", refunds, journey([settled], { statuses: [undefined, 200] }), true],
    [
      "overridden, the other pin kept",
      overriddenTo({ pool: "support", rule: "refunds" }, "sales"),
      journey([settled], { view: wide }),
      true,
    ],
    ["overridden, the other pin lost", overriddenTo({ pool: "support", rule: "refunds" }, "sales"), journey([settled]), false],
    ["a repeat", recognisedAsRepeat, journey([duplicate], { replies: [] }), true],
    ["a repeat that was answered again", recognisedAsRepeat, journey([duplicate]), false],
    ["a repeat that was delivered again", recognisedAsRepeat, journey([duplicate, settled], { replies: [] }), false],
    ["turned away", turnedAway, journey([refused], { statuses: [401], replies: [] }), true],
    ["turned away after it was taken", turnedAway, journey([refused, settled], { statuses: [401], replies: [] }), false],
    ["let in", turnedAway, journey([settled]), false],
    ["survived", survivedDeath, journey(survived), true],
    ["never held", survivedDeath, journey([settled]), false],
    ["another instance", answeredBy({ pool: "support", rule: "refunds", instance: "eu-3" }), journey([settled]), false],
    ["the instance that was meant", answeredBy({ pool: "support", rule: "refunds", instance: "eu-3" }), journey([polled]), true],
    ["waited for", eu3, journey([polled]), true],
    ["moved instead of waited for", eu3, journey([moved, polled]), false],
    ["spoken for", sales, spoken({}), true],
    ["spoken for twice", sales, spoken({ replies: ["answer 2 ", "answer 2 "] }), false],
    ["out of turn", sales, spoken({ replies: ["here: answer 3 in this"] }), false],
    ["another agent", sales, spoken({ asked: { ...asked, agent: "main" } }), false],
    ["with more authority", sales, spoken({ asked: { ...asked, scopes: ["operator.write", "operator.admin"] } }), false],
    ["an image nobody spoke of", sales, spoken({ asked: { ...asked, images: 1 } }), false],
    ["answered by itself", sales, journey([settled], { asked, replies: ["answer 2 "] }), false],
    ["answered twice after the death", survivedDeath, journey(survived, { replies: ["one", "two"] }), false],
  ])("%s: %#", (_, { isMet }, read, isExpected) => expect(isMet(read)).toBe(isExpected));
});

describe("the layout", () => {
  it("breaks only before an arrow, and indents", () => {
    expect(layOut(["verified", "pool support", "accepted"], 30)).toBe("    verified → pool support\n    → accepted");
  });

  it("leaves a step alone that is wider than the terminal", () => {
    expect(layOut(["a".repeat(60), "b"], 50)).toBe(`    ${"a".repeat(60)}\n    → b`);
  });
});

it("a line that is no log line is nobody's", () => {
  for (const text of ["", "workerd: something", "[]", '{"no":"event"}']) expect(readLogLine(text)).toBeUndefined();
});
