/** Who is waited for, who is left and who is gone back to: drains that end by themselves, standbys, and pools of one. */
import { describe, expect, it } from "vitest";
import { wakeAtMs } from "../../../durable-objects/conversation/machine.ts";
import type { DeliveryRules, PoolRules } from "../../../src/core/delivery-rules.ts";
import type { Outcome } from "../../../src/core/outcome.ts";
import { accepted, answerOf, busy, Driver, deliveryRules, failed, onceRules, unknown, unreachable } from "../../support/conversation.ts";

function pinned(rules: DeliveryRules = deliveryRules()): Driver {
  const driver = new Driver(rules);
  driver.commit({ messageId: "first" });
  driver.place("eu-1");
  driver.answer(accepted);
  return driver;
}

const choices = (driver: Driver): number => driver.effects.filter((effect) => effect.do === "choose").length;

describe("an instance that drains and will be back", () => {
  const tells = { held: true, moved: true, unanswered: false };
  const returning = (bent: Partial<PoolRules> = {}): DeliveryRules => ({
    ...deliveryRules({ tells, ...bent }, ["eu-1"]),
    returning: ["eu-1"],
  });

  it.each(["hold", "hold-then-move", "move"] as const)("is waited for under %s, and nobody is told", (policy) => {
    const driver = pinned();
    driver.rules = returning({ policy });
    driver.commit({ messageId: "b" });
    driver.run(driver.nowMs + 1_200_000, () => unreachable);
    expect([choices(driver), driver.handOvers(), driver.notices()]).toEqual([1, ["first@eu-1"], []]);
    driver.rules = deliveryRules({ tells, policy });
    driver.run(driver.nowMs + 10_000, () => accepted);
    expect(driver.handOvers()).toEqual(["first@eu-1", "b@eu-1"]);
  });

  it("is waited for with what it may have, which is neither parked nor poison", () => {
    const driver = pinned();
    driver.commit({ messageId: "b" });
    driver.answer(unknown);
    driver.rules = returning();
    driver.run(driver.nowMs + 1_200_000, () => unreachable);
    expect(driver.endings()).toEqual(["first delivered: accepted"]);
    expect(driver.state.queue[0]).toMatchObject({ maybeAt: "eu-1", reached: 1 });
  });

  it.each<readonly [string, Outcome]>([
    ["no answer", unknown],
    ["an error", failed],
    ["nobody there yet", unreachable],
  ])("has a hold of its own once it is back: %s is tried again, neither parked nor moved", (_what, outcome) => {
    const driver = pinned();
    driver.rules = returning();
    driver.commit({ messageId: "b" });
    driver.run(driver.nowMs + 45_000, () => unreachable);
    driver.rules = deliveryRules({ tells });
    const troubles = [outcome];
    driver.run(
      driver.nowMs + 20_000,
      () => troubles.pop() ?? accepted,
      () => "eu-2",
    );
    expect(driver.handOvers()).toEqual(["first@eu-1", "b@eu-1", "b@eu-1"]);
    expect(driver.endings().at(-1)).toBe("b delivered: accepted");
    expect(driver.notices()).toEqual([]);
  });

  it("begins the hold of others anew when it is back to be moved to, and that hold has an end, crashes or not", () => {
    const driver = pinned();
    driver.rules = { ...deliveryRules({ tells }, ["eu-2"]), returning: ["eu-2"] };
    driver.commit({ messageId: "b" });
    driver.run(driver.nowMs + 120_000, () => unreachable);
    driver.rules = deliveryRules({ tells });
    const backAtMs = driver.nowMs;
    while (driver.state.choosing === undefined) {
      if (driver.state.queue[0]?.attempt !== undefined) driver.answer(unreachable);
      else driver.wake(wakeAtMs(driver.state, driver.nowMs)! - driver.nowMs);
      if (driver.state.choosing === undefined && driver.state.queue[0]?.attempt === undefined) driver.crash();
    }
    expect(driver.nowMs - backAtMs).toBeGreaterThanOrEqual(30_000);
    expect(driver.nowMs - backAtMs).toBeLessThan(36_000);
    expect(driver.notices()).toEqual(["b held"]);
  });

  it("leaves nobody to move to: what another one may have is not parked while it is the only one left", () => {
    const driver = pinned();
    driver.rules = { ...deliveryRules({ tells }, ["eu-2"]), returning: ["eu-2"] };
    driver.commit({ messageId: "b" });
    driver.run(driver.nowMs + 120_000, () => unknown);
    expect(driver.endings()).toEqual(["first delivered: accepted"]);
    driver.run(driver.nowMs + 60_000, () => accepted);
    expect(driver.endings()).toEqual(["first delivered: accepted", "b delivered: accepted"]);
  });

  it("is left like any other when its return is called off, and when it leaves the pool", () => {
    const calledOff = pinned();
    calledOff.rules = returning();
    calledOff.commit({ messageId: "b" });
    calledOff.run(calledOff.nowMs + 60_000, () => unreachable);
    calledOff.rules = deliveryRules({ tells }, ["eu-1"]);
    calledOff.run(
      calledOff.nowMs + 35_000,
      () => accepted,
      () => "eu-2",
    );
    const gone = pinned();
    gone.rules = returning({ instances: ["eu-2"] });
    gone.commit({ messageId: "b" });
    gone.run(
      gone.nowMs + 5000,
      () => accepted,
      () => "eu-2",
    );
    expect([calledOff.handOvers().at(-1), gone.handOvers().at(-1)]).toEqual(["b@eu-2", "b@eu-2"]);
  });
});

describe("a standby that serves a conversation", () => {
  const returnAfterMs = 600_000;
  const rules = (bent: Partial<PoolRules> = {}): DeliveryRules =>
    deliveryRules({ standbys: ["eu-2"], returnAfterMs, policy: "move", ...bent });

  /** Of a conversation that eu-1 answered to, then eu-2 as well. */
  function onStandby(bent: Partial<PoolRules> = {}): Driver {
    const driver = pinned(rules(bent));
    speak(driver, "eu-1");
    driver.commit({ messageId: "b" });
    driver.answer(unreachable);
    driver.place("eu-2");
    driver.answer(accepted);
    speak(driver, "eu-2");
    return driver;
  }

  const speak = (driver: Driver, instance: string) =>
    driver.feed({
      type: "speak",
      nowMs: driver.nowMs,
      speak: { instance, account: "telegram:support", class: "send", chat: { id: "7", kind: "direct" } },
    });

  it("gives it back after so much silence, and not before", () => {
    const early = onStandby();
    early.nowMs += returnAfterMs - 1;
    early.commit({ messageId: "c" });
    expect(early.handOvers().at(-1)).toBe("c@eu-2");
    const driver = onStandby();
    driver.nowMs += returnAfterMs;
    driver.commit({ messageId: "c" });
    expect(driver.effects.at(-1)).toMatchObject({ do: "choose", exclude: [] });
    driver.place("eu-1");
    expect(driver.handOvers().at(-1)).toBe("c@eu-1");
    expect(driver.state.pins["support"]).toMatchObject({ instance: "eu-1", epoch: 3, isUsed: false });
    expect(driver.effects.findLast((effect) => effect.do === "pinned")).toMatchObject({ from: "eu-2", reason: "back to a primary" });
  });

  it.each([["eu-2"], ["eu-3"], [undefined]])("keeps it, at once and without asking twice, when the choice is %s", (instance) => {
    const driver = onStandby({ instances: ["eu-1", "eu-2", "eu-3"], standbys: ["eu-2", "eu-3"] });
    driver.nowMs += returnAfterMs;
    driver.commit({ messageId: "c" });
    driver.place(instance);
    expect(driver.handOvers().at(-1)).toBe("c@eu-2");
    const asked = choices(driver);
    driver.answer({ ...failed });
    driver.commit({ messageId: "d" });
    driver.nowMs += 1000;
    driver.wake();
    expect(driver.state.pins["support"]?.epoch).toBe(2);
    expect(choices(driver)).toBe(driver.state.choosing === undefined ? asked : asked + 1);
  });

  it("keeps what others wait behind, and what waited behind another", () => {
    const two = onStandby();
    two.rules = rules({ policy: "hold" });
    two.nowMs += returnAfterMs;
    two.rules = { ...two.rules, draining: ["eu-2"] };
    two.commit({ messageId: "c" });
    two.commit({ messageId: "d" });
    two.rules = rules({ policy: "hold" });
    two.wake(5000);
    expect(two.handOvers().at(-1)).toBe("c@eu-2");
    two.nowMs += returnAfterMs;
    two.answer(accepted);
    expect(two.handOvers().at(-1)).toBe("d@eu-2");
  });

  it("keeps it while a primary owes an answer, or it does itself", () => {
    const silent = pinned(rules({ returnAfterMs: 1000 }));
    silent.commit({ messageId: "b" });
    silent.answer(unreachable);
    silent.place("eu-2");
    silent.answer(accepted);
    silent.nowMs += 70_000;
    silent.commit({ messageId: "c" });
    expect(silent.handOvers().at(-1)).toBe("c@eu-2");
    silent.answer(accepted);
    speak(silent, "eu-2");
    silent.nowMs += 900_000;
    silent.commit({ messageId: "d" });
    expect(silent.state.choosing).toBeDefined();
  });

  it("gives nothing back within a minute of the last move, nor where it is no standby or the pool does not ask for it", () => {
    const soon = onStandby({ returnAfterMs: 1000 });
    soon.nowMs += 59_000;
    soon.commit({ messageId: "c" });
    expect(soon.handOvers().at(-1)).toBe("c@eu-2");
    soon.answer(accepted);
    speak(soon, "eu-2");
    soon.nowMs += 1000;
    soon.commit({ messageId: "d" });
    expect(soon.state.choosing).toBeDefined();
    for (const bent of [{ standbys: [] }, { returnAfterMs: undefined }]) {
      const driver = onStandby(bent);
      driver.nowMs += 10 * returnAfterMs;
      driver.commit({ messageId: "c" });
      expect(driver.handOvers().at(-1)).toBe("c@eu-2");
    }
  });

  it("keeps what it may have", () => {
    const driver = onStandby();
    driver.rules = rules({ returnAfterMs: 1000, policy: "hold" });
    driver.nowMs += 59_000;
    driver.commit({ messageId: "c" });
    driver.answer(unknown);
    driver.wake(2000);
    expect(driver.handOvers().slice(-2)).toEqual(["c@eu-2", "c@eu-2"]);
  });

  it("by a link that brings the answer back, it gives nothing back while an answer is on its way", () => {
    const driver = new Driver({ ...onceRules({ standbys: ["eu-1"], returnAfterMs: 1000 }) });
    const replied = (seq: number) =>
      driver.feed({ type: "replied", seq, end: { state: "answered", outcome: "sent", parts: 1, repeats: 0 }, nowMs: driver.nowMs });
    driver.commit({ messageId: "a" });
    driver.place("eu-1");
    driver.commit({ messageId: "b" });
    driver.answer(answerOf("hello"));
    driver.answer(answerOf("hello"));
    replied(1);
    driver.nowMs += 60_000;
    driver.commit({ messageId: "c" });
    expect(driver.handOvers()).toEqual(["a@eu-1", "b@eu-1", "c@eu-1"]);
    driver.answer(answerOf("hello"));
    replied(2);
    replied(3);
    driver.nowMs += 60_000;
    driver.commit({ messageId: "d" });
    driver.place("eu-2");
    expect(driver.handOvers().at(-1)).toBe("d@eu-2");
  });
});

describe("a clock that went back", () => {
  it("is no reason to rest until it is that late again", () => {
    const driver = pinned(deliveryRules({ instances: ["eu-1", "eu-2", "eu-3"], policy: "move" }));
    driver.commit({ messageId: "b" });
    driver.answer(unreachable);
    driver.place("eu-2");
    driver.answer(accepted);
    driver.nowMs -= 3_600_000;
    driver.commit({ messageId: "c" });
    driver.answer(unreachable);
    driver.place("eu-3");
    expect(driver.handOvers().at(-1)).toBe("c@eu-3");
  });
});

describe("a busy instance that said ten minutes", () => {
  const waiting = (): Driver => {
    const driver = pinned();
    driver.commit({ messageId: "b" });
    driver.answer({ ...busy, retryAfterMs: 600_000 });
    return driver;
  };

  it.each<readonly [string, DeliveryRules, number]>([
    ["and left the document", deliveryRules({ instances: ["eu-2"] }), 61_000],
    ["and is drained for good", deliveryRules({}, ["eu-1"]), 95_000],
  ])("%s: that is seen within a minute, and the conversation moves as any other", (_how, rules, withinMs) => {
    const driver = waiting();
    driver.rules = rules;
    driver.run(
      driver.nowMs + withinMs,
      () => accepted,
      () => "eu-2",
    );
    expect(driver.handOvers()).toEqual(["first@eu-1", "b@eu-1", "b@eu-2"]);
  });

  it("is looked at by whatever wakes the conversation meanwhile", () => {
    const driver = waiting();
    driver.rules = deliveryRules({ instances: ["eu-2"] });
    driver.wake(1000);
    expect(driver.state.choosing?.seq).toBe(2);
  });

  it("and is still there is not asked before that", () => {
    const driver = waiting();
    driver.run(driver.nowMs + 599_000, () => unreachable);
    expect(driver.handOvers()).toEqual(["first@eu-1", "b@eu-1"]);
    driver.run(driver.nowMs + 2000, () => accepted);
    expect(driver.endings().at(-1)).toBe("b delivered: accepted");
  });

  it("holds nobody else's pace up: what is to be spaced out goes no sooner because its instance is gone", () => {
    const driver = pinned();
    const limits = { perSender: { perMinute: 1, burst: 1, onLimit: "defer" } } as const;
    driver.commit({ messageId: "b", limits });
    driver.answer(accepted);
    driver.commit({ messageId: "c", limits });
    driver.rules = deliveryRules({ instances: ["eu-2"] });
    const sinceMs = driver.nowMs;
    driver.run(
      driver.nowMs + 40_000,
      () => accepted,
      () => "eu-2",
    );
    expect([driver.nowMs - sinceMs, driver.handOvers()]).toEqual([40_000, ["first@eu-1", "b@eu-1"]]);
  });
});

describe("retries", () => {
  it("in a pool of one are as far apart after the hold as before it", () => {
    const driver = pinned(deliveryRules({ instances: ["eu-1"] }));
    driver.commit({ messageId: "b" });
    driver.run(driver.nowMs + 600_000, () => unreachable);
    expect(driver.handOvers().length).toBeLessThan(260);
  });

  it("end with the hold, to the second, however far the next one was", () => {
    const driver = pinned(deliveryRules({ maxAttempts: 100 }));
    driver.commit({ messageId: "b" });
    const sinceMs = driver.nowMs;
    while (driver.state.choosing === undefined) {
      if (driver.state.queue[0]?.attempt !== undefined) driver.answer(failed);
      else driver.wake(wakeAtMs(driver.state, driver.nowMs)! - driver.nowMs);
    }
    expect(driver.nowMs - sinceMs).toBe(30_000);
  });
});

describe("a message that its instance dies of", () => {
  const endOf = (bent: Partial<PoolRules>): string | undefined => {
    const driver = pinned(deliveryRules(bent));
    driver.commit({ messageId: "b" });
    driver.run(
      driver.nowMs + 1_200_000,
      () => unknown,
      () => "eu-2",
    );
    return driver.endings().at(-1);
  };

  it("is ambiguous once the hold is over, for another instance was waiting; poison where nobody else is, or it was too often first", () => {
    expect(endOf({})).toBe("b dead: ambiguous");
    expect(endOf({ instances: ["eu-1"] })).toBe("b dead: poison: timeout");
    expect(endOf({ policy: "hold" })).toBe("b dead: poison: timeout");
    expect(endOf({ maxAttempts: 3 })).toBe("b dead: poison: timeout");
    expect(endOf({ ambiguous: "resend", maxAttempts: 20 })).toBe("b dead: poison: timeout");
  });
});

it("who was left with a parked message and found again has the history still, and is not left like a stranger", () => {
  const driver = pinned(deliveryRules({ tells: { held: false, moved: true, unanswered: false } }));
  driver.commit({ messageId: "b" });
  driver.commit({ messageId: "c" });
  driver.run(
    driver.nowMs + 31_000,
    () => unknown,
    () => "eu-1",
  );
  expect(driver.endings()).toContain("b dead: ambiguous");
  expect(driver.state.pins["support"]).toMatchObject({ instance: "eu-1", epoch: 2, isUsed: true });
});

describe("a conversation without history, in a pool whose instances are all out", () => {
  const heldBack: Outcome = { kind: "unreachable", retryAfterMs: 2500, detail: "held back: no answer in time", isHeldBack: true };

  it("tries the next one at once, and after that goes to and fro no faster than it is told to wait", () => {
    const driver = new Driver(deliveryRules());
    driver.commit({ messageId: "first" });
    driver.run(
      driver.nowMs + 60_000,
      () => heldBack,
      () => (driver.state.pins["support"]?.instance === "eu-1" ? "eu-2" : "eu-1"),
    );
    expect(driver.handOvers().slice(0, 2)).toEqual(["first@eu-1", "first@eu-2"]);
    expect(driver.effects.filter((effect) => effect.do === "pinned").length).toBeLessThanOrEqual(30);
  });

  it("or none of which the edge can send to, for what it lacks itself, goes to and fro no faster", () => {
    const driver = new Driver(deliveryRules());
    driver.commit({ messageId: "first" });
    driver.run(
      driver.nowMs + 60_000,
      () => ({ kind: "unreachable", detail: "the variable TG_SECRET is not set", isOurs: true }),
      () => (driver.state.pins["support"]?.instance === "eu-1" ? "eu-2" : "eu-1"),
    );
    expect(driver.effects.filter((effect) => effect.do === "pinned").length).toBeLessThanOrEqual(30);
    expect(driver.endings()).toEqual([]);
  });
});
