/** Messages whose answer comes back by the link: what is written down, who is asked again, and what happens where no repeat is absorbed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MENDING_MS } from "../../../durable-objects/conversation/hold.ts";
import { LEASE_MS, ONCE_LEASE_MS, wakeAtMs } from "../../../durable-objects/conversation/machine.ts";
import { GIVE_UP_MS } from "../../../durable-objects/conversation/reply.ts";
import type { Outcome } from "../../../src/core/outcome.ts";
import type { ReplyEnd } from "../../../src/ports/bots.ts";
import { answerOf, busy, commitOf, Driver, failed, onceRules, refused, unknown, unreachable } from "../../support/conversation.ts";

const sent = { state: "answered", outcome: "sent", parts: 1, repeats: 0 } as const;
const modelFailed: Outcome = { kind: "model-failed", status: 502, detail: "http 502 api_error" };
const internal: Outcome = { kind: "model-failed", status: 200, isInternal: true, detail: "internal error: api_error" };
const cutOff: Outcome = { kind: "cut-off", detail: "after 12 characters" };

function asked(bent: Parameters<typeof onceRules>[0] = {}): Driver {
  const driver = new Driver(onceRules(bent));
  driver.commit({ messageId: "one" });
  driver.place("eu-1");
  return driver;
}

const replied = (driver: Driver, seq = 1, end: ReplyEnd = sent) => driver.feed({ type: "replied", seq, end, nowMs: driver.nowMs });

describe("an answer", () => {
  it("is written with its message before the bot hears of it, and ends by the bot's word", () => {
    const driver = asked();
    const step = driver.answer(answerOf("hello"));
    expect(step.writes.map((write) => write.row)).toEqual(["reply", "pin"]);
    expect(driver.replies()).toEqual(["one: hello"]);
    expect(driver.endings()).toEqual([]);
    expect(driver.state.queue).toEqual([]);
    replied(driver);
    expect(driver.endings()).toEqual(["one answered: sent"]);
    expect(driver.state.replying).toEqual([]);
  });

  it("does not hold up the next message", () => {
    const driver = asked();
    driver.commit({ messageId: "two" });
    driver.answer(answerOf("hello"));
    expect(driver.handOvers()).toEqual(["one@eu-1", "two@eu-1"]);
  });

  it("is handed to the bot until that has it, and again after a restart", () => {
    const driver = asked();
    driver.answer(answerOf("hello"));
    expect(wakeAtMs(driver.state, driver.nowMs)).toBe(driver.nowMs + LEASE_MS);
    driver.wake(LEASE_MS);
    expect(driver.replies()).toHaveLength(2);
    driver.feed({ type: "kept", seq: 1, nowMs: driver.nowMs });
    expect(wakeAtMs(driver.state, driver.nowMs)).toBeUndefined();
    driver.wake(LEASE_MS);
    expect(driver.replies()).toHaveLength(2);
    driver.crash();
    driver.wake();
    expect(driver.replies()).toHaveLength(3);
  });

  it("without words is an answer too: nothing is sent", () => {
    const driver = asked();
    driver.answer(answerOf(" \n"));
    expect([driver.endings(), driver.replies()]).toEqual([["one answered: empty"], []]);
  });

  it("that the platform never took ends its message as dead, with the reason", () => {
    const driver = asked();
    driver.answer(answerOf("hello"));
    replied(driver, 1, { state: "dead", outcome: "undelivered: 131026", parts: 1, repeats: 0 });
    expect(driver.endings()).toEqual(["one dead: undelivered: 131026"]);
  });

  it("ends once, however often the bot says it", () => {
    const driver = asked();
    driver.answer(answerOf("hello"));
    for (let time = 0; time < 3; time += 1) replied(driver);
    replied(driver, 99);
    expect(driver.endings()).toHaveLength(1);
  });

  it("never leaves a debt: a conversation may come back to an instance that answered", () => {
    const driver = asked();
    driver.answer(answerOf("hello"));
    expect(driver.state.accepted).toEqual({});
  });
});

describe("after a turn that broke off its gateway may refuse the next ones", () => {
  /** Of two messages the first broke off. */
  function broken(outcome: Outcome = cutOff): Driver {
    const driver = asked();
    driver.commit({ messageId: "two" });
    driver.answer(outcome);
    return driver;
  }

  it.each<readonly [string, Outcome]>([
    ["cut off", cutOff],
    ["lost without a word", unknown],
  ])("%s: they are asked again, and are no repeats", (_how, outcome) => {
    const driver = broken(outcome);
    for (let time = 0; time < 20; time += 1) {
      driver.answer(internal);
      driver.wake(3000);
    }
    expect(driver.state.queue[0]).toMatchObject({ messageId: "two", reached: 0, attempt: { instance: "eu-1" } });
    expect(driver.state.queue[0]?.attempt).not.toHaveProperty("isRepeat");
    driver.answer(answerOf("hello"));
    expect([driver.endings().length, driver.replies()]).toEqual([1, ["two: hello"]]);
  });

  it("for ten minutes", () => {
    const driver = broken();
    driver.nowMs += MENDING_MS;
    driver.answer(internal);
    expect(driver.endings()[1]).toBe("two dead: model-failed: internal error: api_error");
  });

  it("and not once it has answered, nor when its model failed", () => {
    const well = broken();
    well.commit({ messageId: "three" });
    well.answer(answerOf("hello"));
    well.answer(internal);
    expect(well.endings()[1]).toBe("three dead: model-failed: internal error: api_error");
    const ill = broken();
    ill.answer(modelFailed);
    expect(ill.endings()[1]).toBe("two dead: model-failed: http 502 api_error");
  });

  it("without such a turn the error is the end", () => {
    const driver = asked();
    driver.answer(internal);
    expect(driver.endings()).toEqual(["one dead: model-failed: internal error: api_error"]);
  });
});

describe("answers on their way to the bot", () => {
  it("go one after the other: the bot keeps the order in which it gets them", () => {
    const driver = asked();
    driver.commit({ messageId: "two" });
    driver.answer(answerOf("first"));
    driver.answer(answerOf("second"));
    expect(driver.replies()).toEqual(["one: first"]);
    driver.feed({ type: "kept", seq: 1, nowMs: driver.nowMs });
    expect(driver.replies()).toEqual(["one: first", "two: second"]);
  });

  it("that the bot ends before it is known to have kept them let the next one go", () => {
    const driver = asked();
    driver.commit({ messageId: "two" });
    driver.answer(answerOf("first"));
    driver.answer(answerOf("second"));
    replied(driver, 1);
    expect(driver.replies()).toEqual(["one: first", "two: second"]);
  });

  it("that the bot cannot take are offered later and later, and given up after a day", () => {
    const driver = asked();
    driver.answer(answerOf("hello"));
    const refuse = () => driver.feed({ type: "unkept", seq: 1, detail: "no token", ...driver.moment() });
    let offers = 0;
    const endMs = driver.nowMs + GIVE_UP_MS + 600_000;
    while (driver.state.replying.length > 0 && driver.nowMs < endMs) {
      refuse();
      const atMs = wakeAtMs(driver.state, driver.nowMs);
      if (atMs !== undefined) driver.wake(atMs - driver.nowMs);
      offers += 1;
    }
    expect(driver.endings()).toEqual(["one dead: undelivered: no token"]);
    expect(offers).toBeLessThan(400);
  });
});

describe("where no repeat is absorbed", () => {
  const endOf = (outcome: Outcome, bent: Parameters<typeof onceRules>[0] = {}): string => {
    const driver = asked(bent);
    driver.answer(outcome);
    return driver.endings()[0] ?? `asks again after ${(driver.state.queue[0]?.dueAtMs ?? 0) > driver.nowMs ? "a while" : "nothing"}`;
  };

  it.each<readonly [string, Outcome, string]>([
    ["nobody can say whether a turn ran", unknown, "one dead: ambiguous: timeout"],
    ["the model failed", modelFailed, "one dead: model-failed: http 502 api_error"],
    ["the answer was cut off", cutOff, "one dead: cut-off: after 12 characters"],
    ["nothing was sent", unreachable, "asks again after a while"],
    ["the instance was busy", busy, "asks again after a while"],
    ["the instance said that nothing was stored", failed, "asks again after a while"],
    ["the payload is refused", refused, "one dead: refused: http 400"],
  ])("%s", (_what, outcome, end) => expect(endOf(outcome)).toBe(end));

  it.each<readonly [string, Outcome]>([
    ["unknown", unknown],
    ["model-failed", modelFailed],
    ["cut-off", cutOff],
  ])("with resend an outcome %s is asked again, and marked as a repeat", (_kind, outcome) => {
    const driver = asked({ ambiguous: "resend", holdMs: 600_000 });
    driver.answer(outcome);
    driver.wake(60_000);
    expect(driver.handOvers()).toEqual(["one@eu-1", "one@eu-1"]);
    expect(driver.state.queue[0]?.attempt).toMatchObject({ isOnce: true, isRepeat: true });
  });

  it("with resend it is a repeat at another instance too", () => {
    const driver = asked({ ambiguous: "resend", policy: "move" });
    driver.answer(unknown);
    driver.place("eu-2");
    expect(driver.handOvers()).toEqual(["one@eu-1", "one@eu-2"]);
    expect(driver.state.queue[0]?.attempt).toMatchObject({ instance: "eu-2", isRepeat: true });
  });

  it("a first attempt after nothing was sent is no repeat", () => {
    const driver = asked();
    driver.answer(unreachable);
    driver.wake(60_000);
    if (driver.state.queue[0]?.attempt === undefined) driver.place("eu-2");
    expect(driver.state.queue[0]?.attempt).toMatchObject({ isOnce: true });
    expect(driver.state.queue[0]?.attempt).not.toHaveProperty("isRepeat");
  });

  it("an attempt whose incarnation died is not made again, unless the pool says so", () => {
    for (const [ambiguous, end] of [["park", ["one dead: ambiguous: the edge was interrupted"]] as const, ["resend", []] as const]) {
      const driver = asked({ ambiguous });
      driver.crash();
      driver.wake(ONCE_LEASE_MS);
      expect(driver.endings()).toEqual(end);
    }
  });

  it("followers flow behind what was parked", () => {
    const driver = asked();
    driver.commit({ messageId: "two" });
    driver.answer(unknown);
    expect(driver.handOvers()).toEqual(["one@eu-1", "two@eu-1"]);
  });

  it("the deadline is the link's own, and its lease is renewed rarely", () => {
    const driver = asked();
    expect(driver.state.queue[0]?.attempt?.deadlineAtMs).toBe(driver.nowMs + 120_000);
    expect(wakeAtMs(driver.state, driver.nowMs)).toBe(driver.nowMs + ONCE_LEASE_MS);
    driver.wake(60_000);
    expect(driver.handOvers()).toEqual(["one@eu-1"]);
  });
});

describe("a person who will get no answer", () => {
  it.each([unknown, modelFailed, cutOff, refused])("is told once where the pool says so: $kind", (outcome) => {
    const driver = asked({ tells: { held: false, moved: false, unanswered: true } });
    driver.answer(outcome);
    driver.wake(60_000);
    expect(driver.notices()).toEqual(["one unanswered"]);
  });

  it("is not told of what was not said to the bot", () => {
    const driver = new Driver(onceRules({ tells: { held: false, moved: false, unanswered: true } }));
    driver.commit({ messageId: "chatter", isOverheard: true });
    driver.place("eu-1");
    driver.answer(unknown);
    expect([driver.endings().length, driver.notices()]).toEqual([1, []]);
  });

  it("is not told otherwise", () => {
    const driver = asked();
    driver.answer(unknown);
    expect(driver.notices()).toEqual([]);
  });

  it("is told of what an agent left unsaid, and not of an answer that could not be sent", () => {
    const driver = asked({ tells: { held: false, moved: false, unanswered: true } });
    driver.commit({ messageId: "two" });
    driver.answer(answerOf("hello"));
    replied(driver, 1, { state: "dead", outcome: "undelivered: 131026", parts: 1, repeats: 0 });
    driver.answer(answerOf(""));
    expect(driver.notices()).toEqual(["two unanswered"]);
  });
});

describe("a conversation that continues another", () => {
  const continues = { key: "telegram:support/chat/old" };

  it("asks for it once, before it keeps anything, and never when it has a word of its own", () => {
    const driver = new Driver(onceRules());
    expect(driver.commit({ continues })).toMatchObject({ reply: { state: "continues" }, writes: [] });
    expect(driver.commit()).toMatchObject({ reply: { state: "stored" } });
    expect(driver.commit({ continues })).toMatchObject({ reply: { state: "stored" } });
  });

  it("does not ask again once the pins are there", () => {
    const driver = new Driver(onceRules());
    const pin = { pool: "support", instance: "eu-2", epoch: 4, atMs: 0, isUsed: true };
    driver.feed({ type: "adopt", pins: [pin], nowMs: driver.nowMs });
    expect(driver.commit({ continues, messageId: "one" })).toMatchObject({ reply: { state: "stored" } });
    expect(driver.handOvers()).toEqual(["one@eu-2"]);
  });
});

/** What can happen to a conversation, each where it can; `spared` counts hand-overs after which no turn can have run. */
const HAPPENINGS: Readonly<Record<string, (driver: Driver, spared: (id: string) => void) => void>> = {
  commit: (driver) => void driver.commit({ messageId: commitOf().messageId }),
  place: (driver) => void (driver.state.choosing !== undefined && driver.place("eu-1")),
  answer: (driver) => settle(driver, answerOf("yes")),
  unknown: (driver) => settle(driver, unknown),
  cut: (driver) => settle(driver, cutOff),
  busy: (driver, spared) => settle(driver, busy, spared),
  unreachable: (driver, spared) => settle(driver, unreachable, spared),
  crash: (driver) => driver.crash(),
  wake: (driver) => void driver.wake(3000),
  kept: (driver) => withOwed(driver, (seq) => driver.feed({ type: "kept", seq, nowMs: driver.nowMs })),
  replied: (driver) => withOwed(driver, (seq) => replied(driver, seq)),
};

function settle(driver: Driver, result: Outcome, spared: (id: string) => void = () => undefined): void {
  const head = driver.state.queue[0];
  if (head?.attempt === undefined) return;
  driver.answer(result);
  spared(head.messageId);
}

function withOwed(driver: Driver, act: (seq: number) => void): void {
  const owed = driver.state.replying[0];
  if (owed !== undefined) act(owed.entry.seq);
}

it("whatever happens in whatever order, every message ends once at most, and a turn is never asked twice unless nothing was sent", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...Object.keys(HAPPENINGS)), { maxLength: 40 }), (script) => {
      const driver = new Driver(onceRules());
      const turns = new Map<string, number>();
      const count = (id: string, by: number): void => void turns.set(id, (turns.get(id) ?? 0) + by);
      for (const name of script) HAPPENINGS[name]?.(driver, (id) => count(id, -1));
      for (const handed of driver.handOvers()) count(handed.split("@")[0] ?? "", 1);
      for (const times of turns.values()) expect(times).toBeLessThanOrEqual(1);
      const ended = driver.endings().map((text) => text.split(" ")[0]);
      expect(new Set(ended).size).toBe(ended.length);
    }),
  );
});

describe("where an account may enter", () => {
  const reach = { "telegram:support": ["support", "sales"], "whatsapp:sales": ["sales"] };

  it("is not widened by where another account of the same person was last", () => {
    const rules = { ...onceRules(), reach, defaultPools: { "telegram:support": "support", "whatsapp:sales": "sales" } };
    const driver = new Driver(rules);
    driver.commit({ messageId: "one", pool: "support" });
    driver.place("eu-1");
    driver.answer(answerOf("hello"));
    driver.commit({ messageId: "photo", account: "whatsapp:sales", pool: "sales", keepsPool: true });
    expect(driver.state.queue[0]).toMatchObject({ messageId: "photo", pool: "sales" });
  });

  it("ends with the document: what waits for a pool that no rule leads to any more goes to the default", () => {
    const driver = new Driver(onceRules());
    driver.commit({ messageId: "one", pool: "sales" });
    driver.place();
    driver.rules = { ...driver.rules, reach: { "telegram:support": ["support"] } };
    driver.wake(10_000);
    expect(driver.state.queue[0]).toMatchObject({ messageId: "one", pool: "support" });
  });
});

it("a chat that moved away and back lives here again: two conversations never point at each other", () => {
  const driver = new Driver(onceRules());
  driver.feed({ type: "move", to: { key: "telegram:support/chat/new" }, own: "|telegram:support/chat/7" });
  expect(driver.commit()).toMatchObject({ reply: { state: "moved" } });
  const step = driver.feed({ type: "adopt", pins: [], nowMs: driver.nowMs });
  expect(step.writes).toEqual([{ row: "stayed" }]);
  expect(driver.commit()).toMatchObject({ reply: { state: "stored" } });
});
