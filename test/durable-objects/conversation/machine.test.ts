import { describe, expect, it } from "vitest";
import { DEBT_MS } from "../../../durable-objects/conversation/failover.ts";
import { wakeAtMs } from "../../../durable-objects/conversation/machine.ts";
import { adopt } from "../../../durable-objects/conversation/moving.ts";
import { emptyState } from "../../../durable-objects/conversation/state.ts";
import type { Outcome } from "../../../src/core/outcome.ts";
import { accepted, busy, Driver, deliveryRules, failed, refused, unknown, unreachable } from "../../support/conversation.ts";

const pinned = (rules = deliveryRules()) => {
  const driver = new Driver(rules);
  driver.commit({ messageId: "first" });
  driver.place("eu-1");
  driver.answer(accepted);
  return driver;
};

describe("keeping", () => {
  it("a stored message asks for an instance at once and goes to it", () => {
    const driver = new Driver();
    expect(driver.commit({ messageId: "a" }).reply).toEqual({ state: "stored", seq: 1 });
    driver.place("eu-1");
    expect(driver.handOvers()).toEqual(["a@eu-1"]);
    driver.answer(accepted);
    expect(driver.endings()).toEqual(["a delivered: accepted"]);
    expect(driver.state.queue).toEqual([]);
    expect(driver.state.queuedBytes).toBe(0);
  });

  it("a key that was seen changes nothing and says under which number it stands", () => {
    const driver = new Driver();
    const first = driver.commit();
    const again = driver.feed({
      type: "commit",
      commit: { ...first.writes.flatMap((write) => (write.row === "insert" ? [write.commit] : []))[0]! },
      knownAs: 1,
      ...driver.moment(),
    });
    expect(again.reply).toEqual({ state: "duplicate", seq: 1 });
    expect(again.writes).toEqual([]);
  });

  it("a full backlog stores nothing and asks the platform to keep it", () => {
    const driver = new Driver();
    for (let index = 0; index < 1000; index += 1) driver.commit();
    const refusal = driver.commit();
    expect(refusal.reply).toMatchObject({ state: "full" });
    expect(refusal.writes).toEqual([]);
  });

  it("a message that is worthless on arrival ends as expired and has its row", () => {
    const driver = new Driver();
    const step = driver.commit({ messageId: "late", expiresAtMs: driver.nowMs });
    expect(step.reply).toMatchObject({ state: "expired" });
    expect(step.writes.map((write) => write.row)).toEqual(["insert"]);
    expect(driver.endings()).toEqual(["late expired: expired"]);
  });
});

describe("order", () => {
  it("one hand-over is in flight at a time, and the next begins when it ends", () => {
    const driver = pinned();
    for (const messageId of ["b", "c", "d"]) driver.commit({ messageId });
    expect(driver.handOvers()).toEqual(["first@eu-1", "b@eu-1"]);
    driver.answer(accepted);
    driver.answer(accepted);
    driver.answer(accepted);
    expect(driver.handOvers()).toEqual(["first@eu-1", "b@eu-1", "c@eu-1", "d@eu-1"]);
  });

  it("followers wait behind a held head", () => {
    const driver = pinned();
    driver.commit({ messageId: "b" });
    driver.answer(failed);
    driver.commit({ messageId: "c" });
    expect(driver.handOvers()).toEqual(["first@eu-1", "b@eu-1"]);
    driver.wake(2000);
    driver.answer(accepted);
    expect(driver.handOvers().slice(-2)).toEqual(["b@eu-1", "c@eu-1"]);
  });
});

describe("outcomes", () => {
  it.each([
    ["busy waits as long as it was asked to and never counts toward poison", busy, 3000],
    ["failed backs off", failed, 750],
    ["unreachable backs off and never counts toward poison", unreachable, 375],
  ] as const)("%s", (_name, outcome, atLeastMs) => {
    const driver = pinned();
    driver.commit({ messageId: "b" });
    driver.answer(outcome);
    const head = driver.state.queue[0]!;
    expect(head.dueAtMs - driver.nowMs).toBeGreaterThanOrEqual(atLeastMs);
    expect(head.reached).toBe(outcome.kind === "failed" ? 1 : 0);
    expect(driver.state.pins["support"]?.instance).toBe("eu-1");
  });

  it("a refused payload is a dead letter at once, and followers flow", () => {
    const driver = pinned();
    driver.commit({ messageId: "bad" });
    driver.commit({ messageId: "good" });
    driver.answer(refused);
    expect(driver.endings().at(-1)).toBe("bad dead: refused: http 400");
    expect(driver.handOvers().at(-1)).toBe("good@eu-1");
  });

  it("a refusal of ours (401, 404) is asked again three times a minute at most and never moves the conversation", () => {
    const driver = pinned(deliveryRules({ policy: "move" }));
    driver.commit({ messageId: "b" });
    driver.answer({ kind: "refused", status: 401, isPermanent: false, detail: "http 401" });
    expect(driver.state.queue[0]!.dueAtMs - driver.nowMs).toBeGreaterThanOrEqual(20_000);
    expect(driver.state.choosing).toBeUndefined();
    for (let turn = 0; turn < 50; turn += 1) {
      driver.wake(driver.state.queue[0]!.dueAtMs - driver.nowMs);
      driver.answer({ kind: "refused", status: 401, isPermanent: false, detail: "http 401" });
    }
    expect(driver.endings()).toEqual(["first delivered: accepted"]);
  });

  it("a refusal after an outage is asked again as soon as any first one, and later and later when it stays", () => {
    const driver = pinned();
    driver.commit({ messageId: "b" });
    const answerAndWait = (outcome: Outcome): number => {
      driver.answer(outcome);
      const waitMs = driver.state.queue[0]!.dueAtMs - driver.nowMs;
      driver.wake(waitMs);
      return waitMs;
    };
    for (let turn = 0; turn < 8; turn += 1) answerAndWait(unreachable);
    const refusal: Outcome = { kind: "refused", status: 401, isPermanent: false, detail: "http 401" };
    expect([1, 2].map(() => answerAndWait(refusal))).toEqual([27_000, 120_000]);
  });

  it("an instance that says when is asked then, not sooner", () => {
    const driver = pinned();
    driver.commit({ messageId: "b" });
    driver.answer({ ...busy, retryAfterMs: 300_000 });
    expect(driver.state.queue[0]!.dueAtMs - driver.nowMs).toBeGreaterThanOrEqual(300_000);
  });

  it("a message that reaches an instance twelve times in vain is a dead letter", () => {
    const driver = pinned(deliveryRules({ policy: "hold" }));
    driver.commit({ messageId: "poison" });
    for (let attempt = 0; attempt < 12; attempt += 1) {
      driver.answer(failed);
      driver.wake(31_000);
    }
    expect(driver.endings().at(-1)).toBe("poison dead: poison: http 500");
  });

  it("a message that cannot be delivered because nobody is there is never poison", () => {
    const driver = pinned(deliveryRules({ policy: "hold" }));
    driver.commit({ messageId: "patient" });
    for (let attempt = 0; attempt < 200; attempt += 1) {
      driver.answer(unreachable);
      driver.wake(60_000);
    }
    expect(driver.endings()).toEqual(["first delivered: accepted"]);
  });

  it("an outage is no part of the time a message may fail, asked about or not", () => {
    const driver = pinned(deliveryRules({ policy: "hold" }));
    const heldBack = { kind: "unreachable", retryAfterMs: 2500, detail: "held back: http 500", isHeldBack: true } as const;
    driver.commit({ messageId: "b" });
    driver.answer(failed);
    driver.run(driver.nowMs + 960_000, () => heldBack);
    const troubles = [failed, failed, failed, failed];
    driver.run(driver.nowMs + 60_000, () => troubles.pop() ?? accepted);
    expect(driver.endings().at(-1)).toBe("b delivered: accepted");
  });

  it("poison blocks its conversation for fifteen minutes at most", () => {
    const driver = pinned(deliveryRules({ policy: "hold", maxAttempts: 100 }));
    driver.commit({ messageId: "poison" });
    driver.answer(failed);
    const beganAtMs = driver.nowMs;
    for (let turn = 0; turn < 100 && driver.state.queue.length > 0; turn += 1) {
      driver.wake(31_000);
      driver.answer(failed);
    }
    expect(driver.endings().at(-1)).toBe("poison dead: poison: http 500");
    expect(driver.nowMs - beganAtMs).toBeLessThanOrEqual(900_000 + 31_000);
  });

  it("a stale answer of an attempt that was given up changes nothing", () => {
    const driver = pinned();
    driver.commit({ messageId: "b" });
    const old = driver.state.queue[0]!.attempt!.id;
    driver.crash();
    driver.wake();
    const before = driver.state;
    driver.feed({ type: "outcome", attemptId: old, outcome: accepted, ...driver.moment() });
    expect(driver.state).toBe(before);
  });
});

describe("crashes", () => {
  it("an attempt whose incarnation died goes to the same instance again at once", () => {
    const driver = pinned();
    driver.commit({ messageId: "b" });
    driver.crash();
    driver.wake();
    expect(driver.handOvers()).toEqual(["first@eu-1", "b@eu-1", "b@eu-1"]);
    expect(driver.state.queue[0]).toMatchObject({ reached: 0, maybeAt: "eu-1" });
  });

  it("say nothing of the message: however many come within a quarter of an hour, it is no poison", () => {
    const driver = pinned(deliveryRules({ policy: "hold" }));
    driver.commit({ messageId: "b" });
    for (let death = 0; death < 50; death += 1) {
      driver.crash();
      driver.wake(5000);
    }
    driver.answer(failed);
    driver.wake(31_000);
    driver.answer(accepted);
    expect(driver.endings().at(-1)).toBe("b delivered: accepted");
  });

  it("one after the other at every attempt, for a quarter of an hour: the edge dies of this message", () => {
    const driver = pinned(deliveryRules({ policy: "hold" }));
    driver.commit({ messageId: "b" });
    driver.answer(failed);
    driver.wake(31_000);
    const sinceMs = driver.nowMs;
    for (let death = 0; death < 1000 && driver.state.queue.length > 0; death += 1) {
      driver.crash();
      driver.wake(5000);
    }
    expect(driver.endings().at(-1)).toBe("b dead: poison: http 500");
    expect(driver.nowMs - sinceMs).toBeLessThanOrEqual(900_000);
  });

  it("a choice whose incarnation died is asked for again", () => {
    const driver = new Driver();
    driver.commit({ messageId: "a" });
    driver.crash();
    driver.wake();
    driver.place("eu-2");
    expect(driver.handOvers()).toEqual(["a@eu-2"]);
  });

  it("a choice whose answer never comes is asked for again, and chases no alarm until then", () => {
    const driver = pinned(deliveryRules({ policy: "move" }));
    driver.commit({ messageId: "b" });
    driver.answer({ ...busy, isDraining: true, retryAfterMs: 60_000 });
    const dueAtMs = driver.state.queue[0]!.dueAtMs;
    expect(driver.state.choosing?.seq).toBe(2);
    let rings = 0;
    for (; driver.nowMs < dueAtMs; rings += 1) driver.wake(wakeAtMs(driver.state, driver.nowMs)! - driver.nowMs);
    expect([rings, driver.nowMs]).toEqual([3, dueAtMs]);
    driver.answer({ ...busy, isDraining: true });
    driver.place("eu-2");
    expect(driver.handOvers()).toEqual(["first@eu-1", "b@eu-1", "b@eu-1", "b@eu-2"]);
  });

  it("a choice that could not be made is over", () => {
    const driver = new Driver();
    driver.commit({ messageId: "a" });
    const asked = driver.state.choosing!;
    const none = (askedAtMs: number) => driver.feed({ type: "unchosen", seq: asked.seq, askedAtMs });
    expect([none(asked.sinceMs - 1).state.choosing, none(asked.sinceMs).state.choosing]).toEqual([asked, undefined]);
    expect(wakeAtMs(driver.state, driver.nowMs)).toBe(driver.nowMs + 5000);
    driver.wake(5000);
    driver.place("eu-1");
    expect(driver.handOvers()).toEqual(["a@eu-1"]);
  });

  it("an answer that never comes back holds the conversation only past its deadline", () => {
    const driver = pinned();
    driver.commit({ messageId: "b" });
    driver.wake(15_000);
    expect(driver.handOvers().length).toBe(2);
    driver.wake(6000);
    expect(driver.handOvers()).toEqual(["first@eu-1", "b@eu-1", "b@eu-1"]);
  });
});

describe("failover", () => {
  const moveAfter = (policy: "hold" | "hold-then-move" | "move", outcome = unreachable) => {
    const driver = pinned(deliveryRules({ policy }));
    driver.commit({ messageId: "b" });
    const beganAtMs = driver.nowMs;
    for (let attempt = 0; attempt < 60 && driver.state.choosing === undefined && driver.state.queue.length > 0; attempt += 1) {
      driver.answer(outcome);
      if (driver.state.choosing === undefined && driver.state.queue.length > 0)
        driver.wake(Math.max(0, driver.state.queue[0]!.dueAtMs - driver.nowMs));
    }
    return { driver, heldMs: driver.nowMs - beganAtMs };
  };

  it("hold-then-move waits out the hold, then moves and raises the epoch", () => {
    const { driver, heldMs } = moveAfter("hold-then-move");
    expect(heldMs).toBeGreaterThanOrEqual(30_000);
    expect(heldMs).toBeLessThanOrEqual(33_000);
    driver.place("eu-2");
    expect(driver.handOvers().at(-1)).toBe("b@eu-2");
    expect(driver.state.pins["support"]).toMatchObject({ instance: "eu-2", epoch: 2 });
  });

  it("move does not wait", () => expect(moveAfter("move").heldMs).toBe(0));

  it("hold never moves", () => expect(moveAfter("hold").driver.state.choosing).toBeUndefined());

  it("a fresh pin costs no history and is given up at once, whatever the policy", () => {
    const driver = new Driver(deliveryRules({ policy: "hold" }));
    driver.commit({ messageId: "a" });
    driver.place("eu-1");
    driver.answer(unreachable);
    const asked = driver.effects.findLast((effect) => effect.do === "choose");
    expect(asked).toMatchObject({ exclude: ["eu-1"] });
    driver.place("eu-2");
    expect(driver.handOvers()).toEqual(["a@eu-1", "a@eu-2"]);
  });

  it("when a hold ends and the instance may have the message, park makes it a dead letter and followers move", () => {
    const { driver } = moveAfter("hold-then-move", unknown);
    expect(driver.endings().at(-1)).toBe("b dead: ambiguous");
    driver.commit({ messageId: "c" });
    driver.place("eu-2");
    expect(driver.handOvers().at(-1)).toBe("c@eu-2");
    expect(driver.state.pins["support"]).toMatchObject({ instance: "eu-2", epoch: 2 });
  });

  it("what follows a parked message may return to its instance when that is the healthy one", () => {
    const { driver } = moveAfter("hold-then-move", unknown);
    driver.commit({ messageId: "c" });
    driver.place("eu-1");
    expect(driver.handOvers().at(-1)).toBe("c@eu-1");
  });

  it("resend sends it to the next instead", () => {
    const driver = pinned(deliveryRules({ policy: "move", ambiguous: "resend" }));
    driver.commit({ messageId: "b" });
    driver.answer(unknown);
    driver.place("eu-2");
    expect(driver.handOvers().at(-1)).toBe("b@eu-2");
  });

  it("is counted as a repeat where another instance may have it, and not where the same one absorbs it", () => {
    const driver = pinned(deliveryRules({ policy: "hold-then-move", ambiguous: "resend" }));
    driver.commit({ messageId: "b" });
    driver.answer(unknown);
    driver.wake(2000);
    expect(driver.state.queue[0]?.attempt).not.toHaveProperty("isRepeat");
    driver.answer(unknown);
    driver.wake(31_000);
    driver.answer(unknown);
    driver.place("eu-2");
    expect(driver.state.queue[0]?.attempt).toMatchObject({ instance: "eu-2", isRepeat: true });
    driver.answer(unknown);
    driver.wake(12_000);
    expect(driver.state.queue[0]?.attempt).toMatchObject({ instance: "eu-2" });
    expect(driver.state.queue[0]?.attempt).not.toHaveProperty("isRepeat");
  });

  it("what was sent to the next instead may be with the first: it is never called too late to be of use", () => {
    const driver = pinned(deliveryRules({ policy: "move", ambiguous: "resend" }));
    driver.commit({ messageId: "b", expiresAtMs: driver.nowMs + 5000 });
    driver.answer(unknown);
    driver.place("eu-2");
    driver.nowMs += 6000;
    driver.answer(unreachable);
    driver.place("eu-1");
    driver.answer(accepted);
    expect(driver.endings().at(-1)).toBe("b delivered: accepted");
  });

  it("an unknown outcome stays with its instance while the hold lasts", () => {
    const driver = pinned();
    driver.commit({ messageId: "b" });
    driver.answer(unknown);
    driver.wake(2000);
    expect(driver.handOvers()).toEqual(["first@eu-1", "b@eu-1", "b@eu-1"]);
  });

  it("a conversation does not move back to an instance that still owes it an answer", () => {
    const driver = pinned(deliveryRules({ policy: "move" }));
    driver.commit({ messageId: "b" });
    driver.answer(unreachable);
    driver.place("eu-2");
    driver.answer(accepted);
    driver.nowMs += 60_000;
    driver.commit({ messageId: "c" });
    driver.answer(unreachable);
    const asked = driver.effects.findLast((effect) => effect.do === "choose");
    expect(asked?.do === "choose" && asked.exclude).toEqual(["eu-2", "eu-1"]);
  });

  describe.each(["", ", after a restart too"])("nor to one that may have a message and was left%s", (isAfterRestart) => {
    /** `b` may be at eu-1, which spoke since the first one, and its conversation is with eu-2, which dies. */
    function leftWith(ambiguous: "park" | "resend") {
      const driver = pinned(deliveryRules({ policy: "move", ambiguous }));
      const speak = { instance: "eu-1", account: "telegram:support", class: "send", chat: { id: "7", kind: "direct" } } as const;
      driver.feed({ type: "speak", nowMs: driver.nowMs, speak });
      driver.commit({ messageId: "b" });
      driver.answer(unknown);
      if (ambiguous === "park") driver.commit({ messageId: "c" });
      driver.place("eu-2");
      driver.answer(accepted);
      if (isAfterRestart !== "") driver.crash();
      driver.nowMs += 60_000;
      driver.commit({ messageId: "d" });
      driver.answer(unreachable);
      return driver;
    }
    const excluded = (driver: Driver) => driver.effects.flatMap((effect) => (effect.do === "choose" ? [effect.exclude] : [])).at(-1);

    it.each(["park", "resend"] as const)("with %s", (ambiguous) => {
      const driver = leftWith(ambiguous);
      expect(excluded(driver)).toEqual(["eu-2", "eu-1"]);
      driver.place();
      driver.wake(DEBT_MS);
      driver.answer(unreachable);
      expect(excluded(driver)).toEqual(["eu-2"]);
    });
  });

  it("nor to the first of two that may have the message, while it lives", () => {
    const driver = new Driver(deliveryRules({ policy: "move", ambiguous: "resend", instances: ["eu-1", "eu-2", "eu-3"] }));
    driver.commit({ messageId: "b" });
    driver.place("eu-1");
    driver.answer(unknown);
    driver.place("eu-2");
    driver.answer(unknown);
    const asked = driver.effects.findLast((effect) => effect.do === "choose");
    expect(asked?.do === "choose" && asked.exclude).toEqual(["eu-2", "eu-1"]);
  });

  it("it may, once that instance has spoken", () => {
    const driver = pinned(deliveryRules({ policy: "move" }));
    driver.feed({
      type: "speak",
      nowMs: driver.nowMs,
      speak: { instance: "eu-1", account: "telegram:support", class: "send", chat: { id: "7", kind: "direct" } },
    });
    driver.commit({ messageId: "b" });
    driver.answer(unreachable);
    driver.place("eu-2");
    driver.answer(accepted);
    driver.nowMs += 60_000;
    driver.commit({ messageId: "c" });
    driver.answer(unreachable);
    const asked = driver.effects.findLast((effect) => effect.do === "choose");
    expect(asked?.do === "choose" && asked.exclude).toEqual(["eu-2"]);
  });

  it("a draining owner is held like one that is away: the pin waits for it", () => {
    const driver = pinned();
    driver.rules = deliveryRules({}, ["eu-1"]);
    driver.commit({ messageId: "b" });
    expect(driver.handOvers()).toEqual(["first@eu-1"]);
    driver.rules = deliveryRules();
    driver.wake(1000);
    expect(driver.handOvers().at(-1)).toBe("b@eu-1");
  });

  it("an owner that left the pool is replaced at once", () => {
    const driver = pinned(deliveryRules({ policy: "hold" }));
    driver.rules = deliveryRules({ policy: "hold", instances: ["eu-2"] });
    driver.commit({ messageId: "b" });
    driver.place("eu-2");
    expect(driver.handOvers().at(-1)).toBe("b@eu-2");
  });

  it("nobody healthy: the message is held and asked for again, not dropped", () => {
    const driver = new Driver();
    driver.commit({ messageId: "a" });
    for (let turn = 0; turn < 50; turn += 1) {
      driver.place();
      driver.wake(5000);
    }
    driver.place("eu-1");
    expect(driver.handOvers()).toEqual(["a@eu-1"]);
  });

  it("pins of two pools do not fence each other", () => {
    const driver = pinned();
    driver.commit({ messageId: "b", pool: "sales", rule: "pricing" });
    driver.place("us-1");
    driver.answer(accepted);
    driver.commit({ messageId: "c" });
    expect(driver.handOvers()).toEqual(["first@eu-1", "b@us-1", "c@eu-1"]);
    expect(Object.keys(driver.state.pins)).toEqual(["support", "sales"]);
  });

  it("what has no words of its own follows the conversation into the pool it was last in", () => {
    const driver = pinned();
    driver.commit({ messageId: "b", pool: "sales" });
    driver.place("us-1");
    driver.answer(accepted);
    driver.commit({ messageId: "button", keepsPool: true });
    expect(driver.handOvers().at(-1)).toBe("button@us-1");
  });

  it("a message whose pool is gone goes to the account's default; whose account is gone, to the dead letters", () => {
    const driver = pinned();
    driver.commit({ messageId: "b", pool: "vanished" });
    expect(driver.handOvers().at(-1)).toBe("b@eu-1");
    driver.answer(accepted);
    driver.commit({ messageId: "c", account: "telegram:gone" });
    expect(driver.endings().at(-1)).toBe("c dead: no-route");
  });
});

describe("what an instance may have", () => {
  it("is not given up in a pool with nobody to move to", () => {
    const driver = new Driver(deliveryRules({ instances: ["eu-1"], holdMs: 1000, maxAttempts: 100 }));
    driver.commit();
    driver.place("eu-1");
    driver.answer(accepted);
    driver.commit({ messageId: "kept" });
    for (let time = 0; time < 5; time += 1) {
      driver.answer(unknown);
      driver.wake(31_000);
    }
    expect(driver.endings().filter((end) => end.startsWith("kept"))).toEqual([]);
    expect(driver.handOvers().filter((one) => one === "kept@eu-1").length).toBeGreaterThan(4);
  });

  it("is offered to it while it drains, so that it can say that it has it; nothing new is", () => {
    const driver = new Driver(deliveryRules());
    driver.commit({ messageId: "maybe" });
    driver.place("eu-1");
    driver.answer(unknown);
    driver.commit({ messageId: "new" });
    driver.rules = deliveryRules({}, ["eu-1"]);
    driver.wake(2000);
    driver.answer(accepted);
    driver.wake(1000);
    expect(driver.handOvers()).toEqual(["maybe@eu-1", "maybe@eu-1"]);
    expect(driver.endings()).toEqual(["maybe delivered: accepted"]);
  });

  it("stays with it when the hand-over that says so is busy or was not sent at all", () => {
    for (const kind of ["busy", "unreachable"] as const) {
      const driver = new Driver(deliveryRules({ policy: "move" }));
      driver.commit({ messageId: "maybe" });
      driver.place("eu-1");
      driver.answer({ kind, mayHave: true, detail: "given, not confirmed" });
      expect(driver.state.queue[0]?.maybeAt ?? driver.endings()[0]).toBe(kind === "busy" ? "eu-1" : "maybe dead: ambiguous");
    }
  });
});

describe("speaking", () => {
  const say = (driver: Driver, instance: string, kind: "send" | "edit" = "send") =>
    driver.feed({
      type: "speak",
      nowMs: driver.nowMs,
      speak: { instance, account: "telegram:support", class: kind, chat: { id: "7", kind: "direct" } },
    });

  it("the owner may speak; its first word after an accepted message costs one row, an edit none", () => {
    const driver = pinned();
    expect(say(driver, "eu-1", "edit").writes).toEqual([]);
    expect(say(driver, "eu-1").writes).toEqual([{ row: "answered", instance: "eu-1", seq: 1 }]);
    expect(say(driver, "eu-1").writes).toEqual([]);
  });

  it("a former owner is suppressed, and so is a stranger", () => {
    const driver = pinned();
    expect(say(driver, "eu-2")).toMatchObject({ verdict: { verdict: "suppressed", owner: "eu-1" } });
  });

  it("nobody speaks first unless the account lets it; then it becomes the owner", () => {
    const driver = new Driver();
    expect(say(driver, "eu-1")).toMatchObject({ verdict: { verdict: "suppressed" } });
    const allowed = driver.feed({
      type: "speak",
      nowMs: 1,
      proactivePool: "support",
      speak: { instance: "eu-1", account: "telegram:support", class: "send", chat: { id: "7", kind: "direct" } },
    });
    expect(allowed).toMatchObject({ verdict: { verdict: "proactive", epoch: 1 } });
    driver.commit({ messageId: "reply" });
    expect(driver.handOvers()).toEqual(["reply@eu-1"]);
  });
});

describe("a pool that the document lost", () => {
  const ask = (driver: Driver, instance: string, pools: readonly string[] | undefined) =>
    driver.feed({
      type: "speak",
      nowMs: driver.nowMs,
      pools,
      speak: { instance, account: "telegram:support", class: "send", chat: { id: "7", kind: "direct" } },
    });
  const both = () => {
    const driver = pinned();
    driver.commit({ messageId: "b", pool: "sales" });
    driver.place("us-1");
    driver.answer(accepted);
    return driver;
  };

  it("leaves no owner behind where another serves the conversation", () => {
    const driver = both();
    expect(ask(driver, "us-1", ["support", "sales"])).toMatchObject({ verdict: { verdict: "owner" } });
    const step = ask(driver, "us-1", ["support"]);
    expect(step).toMatchObject({ verdict: { verdict: "suppressed", owner: "eu-1" } });
    expect(step.writes).toEqual([]);
    expect(ask(driver, "eu-1", ["support"])).toMatchObject({ verdict: { verdict: "owner" } });
  });

  it("silences nobody while no configuration can be read", () =>
    expect(ask(both(), "us-1", undefined)).toMatchObject({ verdict: { verdict: "owner" } }));

  it("nor whoever has the conversation alone: its last question was theirs", () => {
    const driver = pinned();
    expect(ask(driver, "eu-1", ["sales"])).toMatchObject({ verdict: { verdict: "owner" } });
    expect(ask(driver, "eu-2", ["sales"])).toMatchObject({ verdict: { verdict: "suppressed", owner: "eu-1" } });
  });
});

describe("moving house", () => {
  const to = { key: "telegram:support/chat/-1002" };

  it("the old object forwards new messages and callers, and hands its pins over", () => {
    const driver = pinned();
    driver.commit({ messageId: "moved", movedTo: to });
    expect(driver.effects.findLast((effect) => effect.do === "hand-pins")).toMatchObject({ to, pins: [{ instance: "eu-1", epoch: 1 }] });
    expect(driver.commit().reply).toEqual({ state: "moved", to });
    expect(driver.handOvers().at(-1)).toBe("moved@eu-1");
  });

  it("a redelivery of what was kept before the move is still a duplicate there", () => {
    const driver = pinned();
    driver.feed({ type: "move", to, own: "|telegram:support/chat/7" });
    const reply = driver.feed({
      type: "commit",
      commit: { ...driver.writes.flatMap((write) => (write.row === "insert" ? [write.commit] : []))[0]! },
      knownAs: 1,
      ...driver.moment(),
    }).reply;
    expect(reply).toEqual({ state: "duplicate", seq: 1 });
  });

  it("the new object takes the pins over with a higher epoch, unless it has history of its own", () => {
    const fresh = new Driver();
    fresh.feed({ type: "adopt", nowMs: fresh.nowMs, pins: [{ pool: "support", instance: "eu-1", epoch: 4, atMs: 1, isUsed: true }] });
    expect(fresh.state.pins["support"]).toMatchObject({ instance: "eu-1", epoch: 5 });
    const lived = pinned();
    lived.feed({
      type: "adopt",
      nowMs: lived.nowMs + 120_000,
      pins: [{ pool: "support", instance: "eu-2", epoch: 4, atMs: 1, isUsed: true }],
    });
    expect(lived.state.pins["support"]).toMatchObject({ instance: "eu-1" });
  });
});

describe("a choice that comes after a pin", () => {
  const told = deliveryRules({ tells: { held: false, moved: true, unanswered: false } });
  const known = { pool: "support", instance: "eu-1", epoch: 4, atMs: 1, isUsed: true };

  it("changes nothing: the first message goes to whoever was handed over meanwhile, and nobody is told of a move", () => {
    const driver = new Driver(told);
    driver.commit({ messageId: "a" });
    driver.feed({ type: "adopt", nowMs: driver.nowMs, pins: [known] });
    driver.place("eu-2");
    expect([driver.handOvers(), driver.notices()]).toEqual([["a@eu-1"], []]);
    expect(driver.state.pins["support"]).toMatchObject({ instance: "eu-1", epoch: 5 });
  });

  it("nor does the word that nobody can be chosen hold it back", () => {
    const driver = new Driver();
    driver.commit({ messageId: "a" });
    driver.feed({ type: "adopt", nowMs: driver.nowMs, pins: [known] });
    driver.place();
    expect(driver.handOvers()).toEqual(["a@eu-1"]);
  });

  it("nor is whoever spoke first meanwhile replaced", () => {
    const driver = new Driver(told);
    driver.commit({ messageId: "a" });
    const speak = { instance: "eu-1", account: "telegram:support", class: "send", chat: { id: "7", kind: "direct" } } as const;
    driver.feed({ type: "speak", nowMs: driver.nowMs, speak, proactivePool: "support" });
    driver.place("eu-2");
    expect([driver.handOvers(), driver.notices()]).toEqual([["a@eu-1"], []]);
  });

  it("nor one that a hold asked for, where the history of another chat came before its answer", () => {
    const driver = pinned(deliveryRules({ policy: "move", instances: ["eu-1", "eu-2", "eu-3"] }));
    driver.commit({ messageId: "b" });
    driver.answer(unreachable);
    driver.feed({ type: "adopt", nowMs: driver.nowMs, pins: [{ ...known, instance: "eu-3" }] });
    driver.place("eu-2");
    expect(driver.handOvers().at(-1)).toBe("b@eu-3");
  });
});

describe("found by review", () => {
  const handed = [{ pool: "support", instance: "eu-2", epoch: 4, atMs: 1, isUsed: true }] as const;
  const own = "|telegram:support/chat/7";

  it("a conversation never forwards to itself, whoever says so", () => {
    const driver = pinned();
    driver.feed({ type: "move", to: { key: "telegram:support/chat/7" }, own });
    driver.commit({ messageId: "self", movedTo: { key: "telegram:support/chat/7" } });
    expect(driver.state.movedTo).toBeUndefined();
    expect(driver.commit().reply).toMatchObject({ state: "stored" });
  });

  it("a pin that is a moment old yields to the history that is handed over, but not while it is in flight", () => {
    const young = pinned();
    young.feed({ type: "adopt", nowMs: young.nowMs + 5000, pins: handed });
    expect(young.state.pins["support"]).toMatchObject({ instance: "eu-2", epoch: 5 });
    const busyOne = pinned();
    busyOne.commit({ messageId: "b" });
    busyOne.feed({ type: "adopt", nowMs: busyOne.nowMs, pins: handed });
    expect(busyOne.state.pins["support"]).toMatchObject({ instance: "eu-1" });
  });

  it("a young pin does not yield to one of an instance that was left here, and owes an answer", () => {
    const nowMs = 1_000_000;
    const own = { pool: "support", instance: "eu-1", epoch: 2, atMs: nowMs, isUsed: false };
    const state = { ...emptyState, nextSeq: 3, pins: { support: own }, accepted: { "eu-2": { seq: 1, atMs: nowMs } } };
    expect(adopt(state, { type: "adopt", pins: handed, nowMs: nowMs + 1000 }).state.pins["support"]).toEqual(own);
    expect(
      adopt({ ...state, answered: { "eu-2": 1 } }, { type: "adopt", pins: handed, nowMs: nowMs + 1000 }).state.pins["support"],
    ).toMatchObject({ instance: "eu-2" });
  });

  it("handed over a second time, its first answer lost, pins change nothing: not even back to an instance that died meanwhile", () => {
    const driver = new Driver(deliveryRules({ policy: "move" }));
    const again = () => driver.feed({ type: "adopt", nowMs: driver.nowMs, pins: [{ ...handed[0], instance: "eu-1" }] });
    again();
    expect(again().writes).toEqual([]);
    driver.commit({ messageId: "a" });
    driver.answer(unreachable);
    driver.place("eu-2");
    const moved = driver.state.pins;
    for (const outcome of [accepted, undefined]) {
      if (outcome !== undefined) driver.answer(outcome);
      driver.nowMs += 5000;
      expect(again().writes).toEqual([]);
    }
    expect(driver.state.pins["support"]).toEqual({ ...moved["support"], isUsed: true });
  });

  it("nor do pins without a history replace one that has some, however young", () => {
    const young = pinned();
    young.feed({ type: "adopt", nowMs: young.nowMs + 5000, pins: [{ ...handed[0], isUsed: false }] });
    expect(young.state.pins["support"]).toMatchObject({ instance: "eu-1" });
  });

  it("a pin whose instance may have the message does not yield, or the message would be parked before its hold is over", () => {
    const driver = new Driver();
    driver.commit({ messageId: "maybe" });
    driver.place("eu-1");
    driver.answer(unknown);
    driver.feed({ type: "adopt", nowMs: driver.nowMs, pins: handed });
    driver.wake(5000);
    driver.answer(accepted);
    expect([driver.handOvers(), driver.endings()]).toEqual([["maybe@eu-1", "maybe@eu-1"], ["maybe delivered: accepted"]]);
  });

  it("a message that was held for the pin that yields has waited for nobody yet: its new instance has the whole hold", () => {
    const driver = pinned();
    driver.commit({ messageId: "held" });
    driver.answer(unreachable);
    driver.run(driver.nowMs + 28_000, () => unreachable);
    driver.feed({ type: "adopt", nowMs: driver.nowMs, pins: handed });
    driver.crash();
    expect(driver.state.queue[0]).toMatchObject({ heldSinceMs: undefined, movableSinceMs: undefined, dueAtMs: driver.nowMs });
    driver.run(driver.nowMs + 20_000, () => unreachable);
    expect(driver.state.pins["support"]).toMatchObject({ instance: "eu-2" });
  });

  it("a limited message about a move still moves the conversation", () => {
    const driver = pinned();
    const limits = { perConversation: { perMinute: 1, burst: 1, onLimit: "drop" } } as const;
    driver.commit({ limits });
    expect(driver.commit({ limits, movedTo: { key: "telegram:support/chat/-1002" } }).reply?.state).toBe("limited");
    expect(driver.state.movedTo).toEqual({ key: "telegram:support/chat/-1002" });
  });

  it("time spent busy is no part of a hold", () => {
    const driver = pinned();
    driver.commit({ messageId: "b" });
    driver.answer({ ...busy, retryAfterMs: 60_000 });
    driver.wake(61_000);
    driver.answer(unreachable);
    expect(driver.state.choosing).toBeUndefined();
    expect(driver.state.queue[0]!.heldSinceMs).toBe(driver.nowMs);
  });

  it("time in which nothing reached an instance is no part of poison", () => {
    const driver = pinned(deliveryRules({ policy: "hold" }));
    driver.commit({ messageId: "b" });
    driver.answer(unknown);
    for (let turn = 0; turn < 20; turn += 1) {
      driver.wake(60_000);
      driver.answer(unreachable);
    }
    expect(driver.endings()).toEqual(["first delivered: accepted"]);
    expect(driver.state.queue[0]).toMatchObject({ reached: 1 });
  });

  it("a message an instance may have is not sent elsewhere because its pool left the document", () => {
    const driver = pinned();
    driver.commit({ messageId: "b", pool: "sales" });
    driver.place("us-1");
    driver.answer(unknown);
    driver.rules = { ...deliveryRules(), pools: { support: deliveryRules().pools["support"]! } };
    driver.wake(60_000);
    expect(driver.endings().at(-1)).toBe("b dead: ambiguous");
    expect(driver.handOvers().at(-1)).toBe("b@us-1");
  });

  it("the answer to an older question is not taken", () => {
    const driver = new Driver();
    driver.commit({ messageId: "a" });
    const first = driver.effects.findLast((effect) => effect.do === "choose");
    driver.wake(11_000);
    if (first?.do !== "choose") throw new Error("nothing asked");
    driver.feed({ type: "chosen", seq: 1, pool: "support", askedAtMs: first.askedAtMs, instance: "eu-1", detail: "", ...driver.moment() });
    expect(driver.handOvers()).toEqual([]);
    driver.place("eu-2");
    expect(driver.handOvers()).toEqual(["a@eu-2"]);
  });

  it("a move leaves a row that says what is known, so that a crash in between does not make it ambiguous", () => {
    const driver = pinned(deliveryRules({ policy: "move" }));
    driver.commit({ messageId: "b" });
    const step = driver.answer(unreachable);
    expect(step.writes).toMatchObject([{ row: "update", entry: { attempt: undefined, maybeAt: undefined } }]);
  });

  it("waiting for an instance is no attempt", () => {
    const driver = new Driver();
    driver.commit({ messageId: "a" });
    for (let turn = 0; turn < 5; turn += 1) {
      driver.place();
      driver.wake(5000);
    }
    driver.place("eu-1");
    expect(driver.state.queue[0]).toMatchObject({ tries: 1 });
  });

  it("what is said around the bot does not change which pool the conversation talks to", () => {
    const driver = pinned();
    driver.commit({ messageId: "b", pool: "sales" });
    driver.place("us-1");
    driver.answer(accepted);
    driver.commit({ messageId: "chatter", isOverheard: true });
    driver.answer(accepted);
    driver.commit({ messageId: "button", keepsPool: true });
    expect(driver.handOvers().slice(-2)).toEqual(["chatter@eu-1", "button@us-1"]);
  });

  it("each limit does what it was told", () => {
    const driver = pinned();
    const limits = {
      perSender: { perMinute: 20, burst: 1, onLimit: "defer" },
      perConversation: { perMinute: 20, burst: 2, onLimit: "drop" },
    } as const;
    expect([0, 1, 2].map(() => driver.commit({ limits }).reply?.state)).toEqual(["stored", "stored", "limited"]);
  });
});

describe("dead letters", () => {
  it("a replay goes to the end of the queue under the same key", () => {
    const driver = pinned();
    driver.commit({ messageId: "bad" });
    driver.answer(refused);
    const dead = driver.effects.findLast((effect) => effect.do === "ended");
    if (dead?.do !== "ended") throw new Error("no ending");
    driver.feed({ type: "replay", entry: dead.ending.entry, ...driver.moment() });
    expect(driver.state.queue[0]).toMatchObject({ key: dead.ending.entry.key, isReplay: true, seq: 3 });
    driver.answer(accepted);
    expect(driver.endings().at(-1)).toBe("bad delivered: accepted");
  });
});

describe("the alarm", () => {
  it("rings within the lease while something is under way, at the retry while it waits, and not at all when idle", () => {
    const driver = pinned();
    expect(wakeAtMs(driver.state, driver.nowMs)).toBeUndefined();
    driver.commit({ messageId: "b" });
    expect(wakeAtMs(driver.state, driver.nowMs)).toBe(driver.nowMs + 5000);
    driver.answer(busy);
    expect(wakeAtMs(driver.state, driver.nowMs)).toBe(driver.state.queue[0]!.dueAtMs);
  });
});

describe("limits", () => {
  const perSender = { perMinute: 20, burst: 5, onLimit: "drop" } as const;
  const limits = { perSender };

  it("200 messages at once admit exactly the bucket", () => {
    const driver = new Driver();
    const states = Array.from({ length: 200 }, () => driver.commit({ limits }).reply?.state);
    expect(states.filter((state) => state === "stored").length).toBe(5);
    expect(states.filter((state) => state === "limited").length).toBe(195);
  });

  it("a restart does not refill the bucket: it is rebuilt from arrivals", () => {
    const driver = new Driver();
    for (let index = 0; index < 5; index += 1) driver.commit({ limits });
    driver.crash();
    expect(driver.commit({ limits }).reply?.state).toBe("limited");
  });

  it("notify tells the person once a window", () => {
    const driver = new Driver();
    for (let index = 0; index < 20; index += 1) driver.commit({ limits: { perSender: { ...perSender, onLimit: "notify" } } });
    expect(driver.effects.filter((effect) => effect.do === "notice").length).toBe(1);
    driver.nowMs += 61_000;
    for (let index = 0; index < 20; index += 1) driver.commit({ limits: { perSender: { perMinute: 1, burst: 5, onLimit: "notify" } } });
    expect(driver.effects.filter((effect) => effect.do === "notice").length).toBe(2);
  });

  it("defer stores every message and spaces them", () => {
    const driver = pinned();
    for (let index = 0; index < 7; index += 1)
      expect(driver.commit({ limits: { perSender: { ...perSender, onLimit: "defer" } } }).reply?.state).toBe("stored");
    expect(driver.state.queue.map((entry) => entry.dueAtMs - driver.nowMs)).toEqual([0, 0, 0, 0, 0, 3000, 6000]);
  });

  it("what one bucket refuses costs no token of the other", () => {
    const driver = new Driver();
    const both = {
      perSender: { perMinute: 20, burst: 1, onLimit: "drop" },
      perConversation: { perMinute: 20, burst: 2, onLimit: "drop" },
    } as const;
    const reply = (senderId: string) => driver.commit({ senderId, limits: both }).reply?.state;
    expect([reply("a"), reply("a"), reply("a"), reply("b"), reply("c")]).toEqual(["stored", "limited", "limited", "stored", "limited"]);
  });
});
