/** What a person is told while their message waits, and when their conversation moves: once, in time, and never for nothing. */
import { describe, expect, it } from "vitest";
import { wakeAtMs } from "../../../durable-objects/conversation/machine.ts";
import type { PoolRules } from "../../../src/core/delivery-rules.ts";
import type { Outcome } from "../../../src/core/outcome.ts";
import { accepted, busy, Driver, deliveryRules, failed, refused, unknown, unreachable } from "../../support/conversation.ts";

const tells = { held: true, moved: true, unanswered: false };
const rulesWith = (bent: Partial<PoolRules> = {}, draining: readonly string[] = []) => deliveryRules({ tells, ...bent }, draining);

/** A conversation that eu-1 has answered to before, whose next message begins now. */
function pinned(bent: Partial<PoolRules> = {}): Driver {
  const driver = new Driver(rulesWith(bent));
  driver.commit({ messageId: "first" });
  driver.place("eu-1");
  driver.answer(accepted);
  driver.commit({ messageId: "b" });
  return driver;
}

describe("a person whose message waits", () => {
  it.each<readonly [string, Outcome]>([
    ["nobody is there", unreachable],
    ["it fails", failed],
    ["nobody can say", unknown],
    ["its instance drains", { ...busy, isDraining: true }],
  ])("is told once, not for a blip and within five seconds, when %s", (_why, outcome) => {
    const driver = pinned({ policy: "hold" });
    const sinceMs = driver.nowMs;
    driver.run(sinceMs + 1999, () => outcome);
    expect(driver.notices()).toEqual([]);
    driver.run(sinceMs + 5000, () => outcome);
    expect(driver.notices()).toEqual(["b held"]);
    driver.run(sinceMs + 600_000, () => outcome);
    expect(driver.notices()).toEqual(["b held"]);
  });

  it.each<readonly [string, Outcome]>([
    ["busy", busy],
    ["refuses us until that is mended", { ...refused, isPermanent: false }],
  ])("is not told while its instance is there and %s", (_why, outcome) => {
    const driver = pinned({ policy: "hold" });
    driver.run(driver.nowMs + 600_000, () => outcome);
    expect(driver.notices()).toEqual([]);
  });

  it("is told when no instance is healthy, and when its instance was drained", () => {
    const nobody = new Driver(rulesWith());
    nobody.commit({ messageId: "a" });
    nobody.run(nobody.nowMs + 5000, () => accepted);
    expect(nobody.notices()).toEqual(["a held"]);
    const drained = pinned();
    drained.answer(accepted);
    drained.rules = rulesWith({}, ["eu-1"]);
    drained.commit({ messageId: "c" });
    drained.run(drained.nowMs + 5000, () => accepted);
    expect(drained.notices()).toEqual(["c held"]);
  });

  it("is told in time though an attempt hangs, and not when the attempt of that moment may still arrive", () => {
    const driver = pinned({ policy: "hold" });
    driver.answer(unreachable);
    const sinceMs = driver.nowMs;
    driver.wake(driver.state.queue[0]!.dueAtMs - driver.nowMs);
    expect(wakeAtMs(driver.state, driver.nowMs)).toBe(sinceMs + 4000);
    driver.wake(sinceMs + 3999 - driver.nowMs);
    expect(driver.notices()).toEqual([]);
    driver.wake(1);
    expect(driver.notices()).toEqual(["b held"]);
  });

  it("is not told again of the messages that follow, in whatever way the first ended, but of the next outage", () => {
    const driver = pinned({ policy: "hold", maxAttempts: 3 });
    driver.commit({ messageId: "c" });
    driver.run(driver.nowMs + 4000, () => failed);
    expect(driver.endings().at(-1)).toBe("b dead: poison: http 500");
    driver.run(driver.nowMs + 4000, () => unreachable);
    expect(driver.notices()).toEqual(["b held"]);
    driver.run(driver.nowMs + 30_000, () => accepted);
    driver.commit({ messageId: "d" });
    driver.run(driver.nowMs + 5000, () => unreachable);
    expect(driver.notices()).toEqual(["b held", "d held"]);
  });

  it("is not told again after a restart, and in time although there was one", () => {
    const driver = pinned({ policy: "hold" });
    driver.answer(unreachable);
    const sinceMs = driver.nowMs;
    const ringsAtMs = wakeAtMs(driver.state, driver.nowMs)!;
    driver.crash();
    driver.wake(ringsAtMs - driver.nowMs);
    driver.run(sinceMs + 5000, () => unreachable);
    expect(driver.notices()).toEqual(["b held"]);
    expect(driver.writes.filter(({ row }) => row === "told")).toEqual([{ row: "told", isTold: true }]);
    driver.crash();
    driver.run(sinceMs + 60_000, () => unreachable);
    expect(driver.notices()).toEqual(["b held"]);
    driver.run(driver.nowMs + 10_000, () => accepted);
    expect(driver.writes.filter(({ row }) => row === "told").at(-1)).toEqual({ row: "told", isTold: false });
  });

  it("is told nothing where the pool has no words, of a replay, and when it went after a blip", () => {
    const silent = pinned({ policy: "hold", tells: { held: false, moved: false, unanswered: false } });
    silent.run(silent.nowMs + 60_000, () => unreachable);
    const replayed = pinned({ policy: "hold" });
    replayed.answer(refused);
    const dead = replayed.effects.findLast((effect) => effect.do === "ended");
    if (dead?.do !== "ended") throw new Error("no ending");
    replayed.feed({ type: "replay", entry: dead.ending.entry, ...replayed.moment() });
    replayed.run(replayed.nowMs + 60_000, () => unreachable);
    const blip = pinned();
    blip.answer(unreachable);
    blip.run(blip.nowMs + 60_000, () => accepted);
    expect([silent.notices(), replayed.notices(), blip.notices()]).toEqual([[], [], []]);
  });

  it("is told of their own message, not of what was said around the bot or sent again before it", () => {
    const driver = new Driver(rulesWith({ policy: "hold" }));
    driver.commit({ messageId: "chatter", isOverheard: true });
    driver.place("eu-1");
    driver.answer(accepted);
    driver.commit({ messageId: "more chatter", isOverheard: true });
    driver.run(driver.nowMs + 60_000, () => unreachable);
    expect(driver.notices()).toEqual([]);
    driver.commit({ messageId: "question" });
    driver.run(driver.nowMs + 5000, () => unreachable);
    expect(driver.notices()).toEqual(["question held"]);
  });

  describe("for an instance that drains and will be back", () => {
    const away = { ...rulesWith({}, ["eu-1"]), returning: ["eu-1"] };

    it("is told nothing, neither meanwhile nor of that time when it is back", () => {
      const driver = pinned();
      driver.answer(accepted);
      driver.rules = away;
      driver.commit({ messageId: "c" });
      driver.run(driver.nowMs + 600_000, () => accepted);
      driver.rules = rulesWith();
      driver.run(driver.nowMs + 10_000, () => accepted);
      expect(driver.notices()).toEqual([]);
      expect(driver.endings().at(-1)).toBe("c delivered: accepted");
    });

    it("is told in time when that one does not come back well", () => {
      const driver = pinned();
      driver.answer(accepted);
      driver.rules = away;
      driver.commit({ messageId: "c" });
      driver.run(driver.nowMs + 600_000, () => accepted);
      driver.rules = rulesWith({ policy: "hold" });
      driver.wake(wakeAtMs(driver.state, driver.nowMs)! - driver.nowMs);
      const backAtMs = driver.nowMs;
      driver.run(backAtMs + 1999, () => unreachable);
      expect(driver.notices()).toEqual([]);
      driver.run(backAtMs + 5000, () => unreachable);
      expect(driver.notices()).toEqual(["c held"]);
    });

    it("is told nothing where it is all there is, and is told where others are out", () => {
      const alone = new Driver({ ...rulesWith({ instances: ["eu-1"] }, ["eu-1"]), returning: ["eu-1"] });
      const others = new Driver(away);
      for (const driver of [alone, others]) {
        driver.commit({ messageId: "a" });
        driver.run(driver.nowMs + 60_000, () => accepted);
      }
      expect([alone.notices(), others.notices()]).toEqual([[], ["a held"]]);
      alone.rules = rulesWith({ instances: ["eu-1"] });
      alone.run(
        alone.nowMs + 60_000,
        () => accepted,
        () => "eu-1",
      );
      expect(alone.notices()).toEqual([]);
    });
  });

  it("is told again of the next outage, though the last one ended without anything that arrived", () => {
    const driver = pinned({ policy: "hold", backlog: { policy: "flush", keep: 1, afterMs: 60_000, maxAgeMs: 60_000 } });
    driver.run(driver.nowMs + 120_000, () => unreachable);
    expect(driver.endings().at(-1)).toMatch(/^b expired: too old/);
    driver.nowMs += 30 * 86_400_000;
    driver.commit({ messageId: "c" });
    driver.run(driver.nowMs + 5000, () => unreachable);
    expect(driver.notices()).toEqual(["b held", "c held"]);
    const told = driver.writes.flatMap((write) => (write.row === "told" ? [write.isTold] : []));
    expect(told).toEqual([true, false, true]);
  });

  it("costs no row on the way of a message that goes", () => {
    const driver = pinned();
    driver.answer(accepted);
    expect(driver.writes.filter(({ row }) => row === "told")).toEqual([]);
  });
});

describe("a person whose conversation moves", () => {
  it("is told once, when another instance is chosen, however many are tried after that", () => {
    const driver = pinned({ instances: ["eu-1", "eu-2", "eu-3"], policy: "move" });
    driver.answer(unreachable);
    expect(driver.notices()).toEqual([]);
    driver.place("eu-2");
    expect(driver.notices()).toEqual(["b moved"]);
    driver.answer(unreachable);
    driver.place("eu-3");
    driver.answer(accepted);
    expect(driver.notices()).toEqual(["b moved"]);
  });

  it("is told by what follows, when the message itself was parked", () => {
    const driver = pinned({ policy: "move" });
    driver.answer(unknown);
    driver.commit({ messageId: "c" });
    driver.place("eu-2");
    expect(driver.notices()).toEqual(["c moved"]);
  });

  it("is told nothing where nothing was lost: a first instance, a fresh pin, the same one again", () => {
    const fresh = new Driver(rulesWith());
    fresh.commit({ messageId: "a" });
    fresh.place("eu-1");
    fresh.answer(unreachable);
    fresh.place("eu-2");
    fresh.answer(accepted);
    const same = pinned({ policy: "move" });
    same.answer(unknown);
    same.commit({ messageId: "c" });
    same.place("eu-1");
    expect([fresh.notices(), same.notices()]).toEqual([[], []]);
  });

  it("does not lose their history twice in a minute, unless the document took the instance away", () => {
    const moved = (): Driver => {
      const driver = pinned({ instances: ["eu-1", "eu-2", "eu-3"], policy: "move" });
      driver.answer(unreachable);
      driver.place("eu-2");
      driver.answer(accepted);
      driver.commit({ messageId: "c" });
      return driver;
    };
    const resting = moved();
    const movedAtMs = resting.nowMs;
    while (resting.state.choosing === undefined) {
      if (resting.state.queue[0]?.attempt === undefined) resting.wake(wakeAtMs(resting.state, resting.nowMs)! - resting.nowMs);
      else resting.answer(unreachable);
    }
    expect(resting.nowMs - movedAtMs).toBe(60_000);
    const gone = moved();
    gone.rules = rulesWith({ instances: ["eu-3"], policy: "move" });
    gone.answer(unreachable);
    gone.wake(1000);
    expect(gone.state.choosing).toBeDefined();
  });
});
