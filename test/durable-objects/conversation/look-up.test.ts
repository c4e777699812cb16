/** A first message that may be answered without asking anybody: what waits for the cache, for how long, and which answers are worth keeping. */
import { describe, expect, it } from "vitest";
import { LOOK_UP_MS } from "../../../durable-objects/conversation/look-up.ts";
import { LEASE_MS, wakeAtMs } from "../../../durable-objects/conversation/machine.ts";
import type { Commit } from "../../../src/core/commit.ts";
import type { PoolRules } from "../../../src/core/delivery-rules.ts";
import type { ReplyEnd } from "../../../src/ports/bots.ts";
import { answerOf, busy, Driver, onceRules, unreachable } from "../../support/conversation.ts";

const SENT: ReplyEnd = { state: "answered", outcome: "sent", parts: 1, repeats: 0 };
const caching = (bent: Partial<PoolRules> = {}) => new Driver(onceRules({ keepsAnswers: true, ...bent }));

const doing = (driver: Driver): readonly string[] =>
  driver.effects.map((effect) => effect.do).filter((what) => what !== "granted" && what !== "pinned");
const lookedUp = (driver: Driver, text?: string, seq = 1) =>
  driver.feed({ type: "looked-up", seq, text, key: "digest", ...driver.moment() });
const replied = (driver: Driver, end: ReplyEnd = SENT, seq = 1) => driver.feed({ type: "replied", seq, end, nowMs: driver.nowMs });
const keptAnswers = (driver: Driver): readonly string[] =>
  driver.effects.flatMap((effect) => (effect.do === "keep-answer" ? [`${effect.entry.messageId}: ${effect.text} (${effect.key})`] : []));

/** Its first message, not known to the cache, with its instance. */
function asked(driver: Driver, bent: Partial<Commit> = {}): Driver {
  driver.commit({ messageId: "one", ...bent });
  lookedUp(driver);
  driver.place("eu-1");
  return driver;
}

describe("the first message of a conversation", () => {
  it("is looked up before anybody is chosen, and answered by what is known", () => {
    const driver = caching();
    driver.commit({ messageId: "one" });
    expect(doing(driver)).toEqual(["look-up"]);
    const step = lookedUp(driver, "At nine.");
    expect(step.writes.map((write) => write.row)).toEqual(["reply"]);
    expect(driver.replies()).toEqual(["one: At nine."]);
    replied(driver);
    expect(driver.endings()).toEqual(["one answered: cached: sent"]);
    expect([driver.handOvers(), driver.state.pins, keptAnswers(driver)]).toEqual([[], {}, []]);
  });

  it("that is not known is asked, and its answer kept once the person has it", () => {
    const driver = asked(caching());
    driver.answer(answerOf("At nine."));
    expect(keptAnswers(driver)).toEqual([]);
    replied(driver);
    expect(keptAnswers(driver)).toEqual(["one: At nine. (digest)"]);
    expect(driver.endings()).toEqual(["one answered: sent"]);
  });

  it("waits for the cache so long and no longer; a late word is none", () => {
    const driver = caching();
    driver.commit({ messageId: "one" });
    expect(wakeAtMs(driver.state, driver.nowMs)).toBe(driver.nowMs + LEASE_MS);
    driver.wake(LOOK_UP_MS - 1);
    expect(doing(driver)).toEqual(["look-up"]);
    driver.wake(1);
    expect(doing(driver)).toEqual(["look-up", "choose"]);
    lookedUp(driver, "At nine.");
    expect(driver.replies()).toEqual([]);
    driver.place("eu-1");
    driver.answer(answerOf("At ten."));
    replied(driver);
    expect([driver.replies(), keptAnswers(driver)]).toEqual([["one: At ten."], []]);
  });

  it("is asked at once after a restart, and its answer not kept", () => {
    const driver = caching();
    driver.commit();
    driver.crash();
    driver.wake();
    driver.place("eu-1");
    driver.answer(answerOf("At nine."));
    replied(driver);
    expect(doing(driver)).toEqual(["look-up", "choose", "hand-over", "reply", "ended"]);
  });

  it("ends as dead when the platform takes no known answer either, with the platform's reason", () => {
    const driver = caching();
    driver.commit({ messageId: "one" });
    lookedUp(driver, "At nine.");
    replied(driver, { ...SENT, state: "dead", outcome: "undelivered: 131026" });
    expect(driver.endings()).toEqual(["one dead: undelivered: 131026"]);
  });

  it("keeps its answer through a restart of the object", () => {
    const driver = caching();
    driver.commit({ messageId: "one" });
    lookedUp(driver, "At nine.");
    driver.crash();
    driver.wake(LEASE_MS);
    replied(driver);
    expect([driver.replies(), driver.endings()]).toEqual([["one: At nine.", "one: At nine."], ["one answered: cached: sent"]]);
  });
});

describe("nothing is looked up", () => {
  it.each<readonly [string, Driver, Partial<Commit>]>([
    ["in a pool that keeps no answers", new Driver(onceRules()), {}],
    ["in a group", caching(), { chat: { id: "-1", kind: "group" } }],
  ])("%s", (_, driver, bent) => {
    driver.commit(bent);
    driver.place("eu-1");
    driver.answer(answerOf("At nine."));
    replied(driver);
    expect(doing(driver)).toEqual(["choose", "hand-over", "reply", "ended"]);
  });

  it("for a second message, whatever became of the first", () => {
    const driver = caching();
    driver.commit();
    lookedUp(driver, "At nine.");
    driver.commit();
    driver.place("eu-1");
    driver.answer(answerOf("On Sundays too."));
    replied(driver, SENT, 2);
    expect([doing(driver).filter((what) => what === "look-up").length, keptAnswers(driver)]).toEqual([1, []]);
  });

  it("where somebody spoke first, or another conversation goes on", () => {
    const driver = caching();
    driver.feed({ type: "adopt", pins: [{ pool: "support", instance: "eu-1", epoch: 3, atMs: 0, isUsed: true }], nowMs: driver.nowMs });
    driver.commit();
    driver.answer(answerOf("At nine."));
    replied(driver);
    expect(doing(driver)).toEqual(["hand-over", "reply", "ended"]);
  });
});

describe("an answer is not kept", () => {
  const kept = (end: (driver: Driver) => void): readonly string[] => {
    const driver = asked(caching({ policy: "move" }));
    end(driver);
    return keptAnswers(driver);
  };

  it.each<readonly [string, (driver: Driver) => void]>([
    [
      "that the person did not get",
      (driver) => void [driver.answer(answerOf("At nine.")), replied(driver, { ...SENT, state: "dead", outcome: "unconfirmed: 500" })],
    ],
    [
      "that ended for want of room",
      (driver) => void [driver.answer({ ...answerOf(""), answer: { text: "At ni", isPartial: true } }), replied(driver)],
    ],
    [
      "that came so late that a template was sent",
      (driver) => void [driver.answer(answerOf("At nine.")), replied(driver, { ...SENT, outcome: "template" })],
    ],
    ["without words", (driver) => void driver.answer(answerOf(" "))],
    [
      "of a second attempt",
      (driver) => void [driver.answer(busy), driver.wake(5000), driver.answer(answerOf("As I said, at nine.")), replied(driver)],
    ],
    [
      "of an instance it moved to",
      (driver) => void [driver.answer(unreachable), driver.place("eu-2"), driver.answer(answerOf("At nine.")), replied(driver)],
    ],
  ])("%s", (_, end) => expect(kept(end)).toEqual([]));
});

describe("where a pool hands over what was said", () => {
  const telling = () => caching({ handoverMs: 30_000 });
  const briefs = (driver: Driver): readonly string[] =>
    driver.effects.flatMap((effect) => (effect.do === "brief" ? [effect.entry.messageId] : []));
  const briefed = (driver: Driver, pool = "support") => driver.feed({ type: "briefed", pool, epoch: 1, ...driver.moment() });

  it.each<readonly [string, (driver: Driver) => void]>([
    ["once it was answered", (driver) => void [lookedUp(driver, "At nine."), replied(driver), driver.commit({ messageId: "two" })]],
    ["while it is looked up", (driver) => void [driver.commit({ messageId: "two" }), lookedUp(driver, "At nine.")]],
    [
      "before a restart",
      (driver) => void [lookedUp(driver, "At nine."), replied(driver), driver.crash(), driver.commit({ messageId: "two" })],
    ],
    [
      "behind one that was too late",
      (driver) => void [lookedUp(driver, "At nine."), driver.commit({ expiresAtMs: 1 }), driver.commit({ messageId: "two" })],
    ],
    [
      "with the first, and waits through a restart",
      (driver) => void [driver.commit({ messageId: "two" }), lookedUp(driver, "At nine."), driver.crash(), driver.wake()],
    ],
  ])("the agent that gets the second message is told of the first, which nobody answered: it comes %s", (_, second) => {
    const driver = telling();
    driver.commit({ messageId: "one" });
    second(driver);
    driver.place("eu-1");
    expect([briefs(driver), driver.handOvers()]).toEqual([["two"], []]);
    briefed(driver);
    driver.answer(answerOf("On Sundays too."));
    driver.commit({ messageId: "three" });
    expect([briefs(driver), driver.handOvers()]).toEqual([["two"], ["two@eu-1", "three@eu-1"]]);
  });

  it("nobody else is told, and once it was told never again, restarted or not", () => {
    const driver = telling();
    driver.commit({ messageId: "one" });
    lookedUp(driver, "At nine.");
    driver.commit({ messageId: "elsewhere", pool: "sales" });
    driver.place("us-1");
    driver.answer(answerOf("Yes."));
    driver.commit({ messageId: "two" });
    driver.place("eu-1");
    briefed(driver);
    driver.crash();
    driver.wake();
    driver.commit({ messageId: "three" });
    expect(briefs(driver)).toEqual(["two"]);
  });

  it("who is found in place of the one that was to be told is told once", () => {
    const driver = telling();
    driver.commit({ messageId: "one" });
    lookedUp(driver, "At nine.");
    driver.commit({ messageId: "two" });
    driver.rules = { ...driver.rules, draining: ["eu-1"] };
    driver.place("eu-1");
    driver.place("eu-2");
    driver.feed({ type: "briefed", pool: "support", epoch: 2, ...driver.moment() });
    expect([briefs(driver), driver.handOvers()]).toEqual([["two"], ["two@eu-2"]]);
  });
});
