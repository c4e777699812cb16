/** Which of a pool's agents a message is asked of: up with the first complex one, down only after a day of silence, and the same at every attempt. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TIER_REST_MS } from "../../../durable-objects/conversation/tiers.ts";
import type { PoolRules } from "../../../src/core/delivery-rules.ts";
import { accepted, busy, Driver, deliveryRules, failed, unreachable } from "../../support/conversation.ts";

const tiered = (bent: Partial<PoolRules> = {}) => new Driver(deliveryRules({ tiers: "agents", ...bent }));
const COMPLEX = { isComplex: true } as const;

/** Message and tier of every hand-over. */
const asked = (driver: Driver): readonly string[] =>
  driver.effects.flatMap((effect) => (effect.do === "hand-over" ? [`${effect.entry.messageId} ${effect.entry.tier}`] : []));

function exchange(driver: Driver, messageId: string, bent: object = {}): void {
  driver.commit({ messageId, ...bent });
  if (driver.state.choosing !== undefined) driver.place("eu-1");
  driver.answer(accepted);
}

describe("a conversation's tier", () => {
  it("is the simple one until a message is complex, and then stays", () => {
    const driver = tiered();
    exchange(driver, "one");
    exchange(driver, "two", COMPLEX);
    exchange(driver, "three");
    expect(asked(driver)).toEqual(["one simple", "two complex", "three complex"]);
  });

  it("goes back after a day without a message, not before; each message begins the day anew", () => {
    const driver = tiered();
    exchange(driver, "one", COMPLEX);
    driver.nowMs += TIER_REST_MS - 1;
    exchange(driver, "two");
    driver.nowMs += TIER_REST_MS - 1;
    exchange(driver, "three");
    driver.nowMs += TIER_REST_MS;
    exchange(driver, "four");
    expect(asked(driver)).toEqual(["one complex", "two complex", "three complex", "four simple"]);
  });

  it("outlives the object", () => {
    const driver = tiered();
    exchange(driver, "one", COMPLEX);
    driver.crash();
    exchange(driver, "two");
    expect(asked(driver)).toEqual(["one complex", "two complex"]);
  });

  it("is each pool's own, and nothing where a pool makes no difference", () => {
    const driver = tiered();
    exchange(driver, "one", COMPLEX);
    driver.commit({ messageId: "two", pool: "sales" });
    driver.place("us-1");
    expect(asked(driver)).toEqual(["one complex", "two simple"]);
    const plain = new Driver();
    exchange(plain, "one", COMPLEX);
    expect(asked(plain)).toEqual(["one undefined"]);
  });

  it("is the message's own at every attempt, whatever comes meanwhile and through a crash", () => {
    const driver = tiered({ policy: "hold" });
    driver.commit({ messageId: "one" });
    driver.place("eu-1");
    driver.answer(busy);
    driver.commit({ messageId: "two", ...COMPLEX });
    driver.wake(5000);
    driver.crash();
    driver.wake(20_000);
    driver.answer(accepted);
    driver.answer(accepted);
    expect(asked(driver)).toEqual(["one simple", "one simple", "one simple", "two complex"]);
  });

  it("stays a dead letter's that is sent again", () => {
    const driver = tiered();
    driver.commit({ messageId: "one", ...COMPLEX });
    driver.place("eu-1");
    driver.answer({ ...failed, kind: "refused", isPermanent: true });
    const dead = driver.effects.flatMap((effect) => (effect.do === "ended" ? [effect.ending.entry] : []))[0];
    if (dead === undefined) throw new Error("nothing died");
    driver.nowMs += 2 * TIER_REST_MS;
    driver.feed({ type: "replay", entry: dead, ...driver.moment() });
    expect(asked(driver)).toEqual(["one complex", "one complex"]);
  });

  it("never goes down within a day, whatever is written", () => {
    const message = fc.record({ isComplex: fc.boolean(), afterMs: fc.integer({ min: 0, max: TIER_REST_MS - 1 }), dies: fc.boolean() });
    return fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
        const driver = tiered();
        for (const [index, { isComplex, afterMs, dies }] of messages.entries()) {
          driver.nowMs += afterMs;
          if (dies) driver.crash();
          exchange(driver, String(index), isComplex ? COMPLEX : {});
        }
        const first = messages.findIndex(({ isComplex }) => isComplex);
        const isUp = (index: number): boolean => first !== -1 && index >= first;
        expect(asked(driver)).toEqual(messages.map((_, index) => `${index} ${isUp(index) ? "complex" : "simple"}`));
      }),
    );
  });
});

describe("where a pool hands over what was said", () => {
  const doing = (driver: Driver): readonly string[] =>
    driver.effects.flatMap((effect) => (effect.do === "brief" || effect.do === "hand-over" ? [`${effect.do} ${effect.entry.tier}`] : []));
  const briefed = (driver: Driver) =>
    driver.feed({ type: "briefed", pool: "support", epoch: driver.state.pins["support"]?.epoch ?? 0, ...driver.moment() });

  it("the agent of the complex tier is told before the first message it gets, and once", () => {
    const driver = tiered({ handoverMs: 30_000 });
    exchange(driver, "one");
    driver.commit(COMPLEX);
    expect(doing(driver)).toEqual(["hand-over simple", "brief complex"]);
    briefed(driver);
    driver.answer(accepted);
    exchange(driver, "three", COMPLEX);
    expect(doing(driver)).toEqual(["hand-over simple", "brief complex", "hand-over complex", "hand-over complex"]);
  });

  it.each<readonly [string, (driver: Driver) => void]>([
    ["comes while the simple one is being answered", () => undefined],
    ["waits through a restart", (driver) => driver.crash()],
    ["comes behind another that was too late", (driver) => void [driver.answer(busy), driver.wake(6000)]],
  ])("the agent of the complex tier is told as well where its first message %s", (_, meanwhile) => {
    const driver = tiered({ handoverMs: 30_000 });
    driver.commit({ messageId: "one" });
    driver.place("eu-1");
    driver.commit({ ...COMPLEX, expiresAtMs: driver.nowMs + 5000 });
    driver.commit(COMPLEX);
    meanwhile(driver);
    if (driver.state.queue[0]?.attempt?.id !== driver.state.liveAttempt) driver.wake();
    driver.answer(accepted);
    expect(doing(driver).at(-1)).toBe("brief complex");
    briefed(driver);
    expect(doing(driver).at(-1)).toBe("hand-over complex");
    driver.answer(accepted);
    exchange(driver, "last");
    expect(doing(driver).filter((what) => what.startsWith("brief"))).toEqual(["brief complex"]);
  });

  it("is not told again after a dead letter of the simple tier was sent again", () => {
    const driver = tiered({ handoverMs: 30_000 });
    driver.commit({ messageId: "one" });
    driver.place("eu-1");
    driver.answer({ ...failed, kind: "refused", isPermanent: true });
    const dead = driver.effects.flatMap((effect) => (effect.do === "ended" ? [effect.ending.entry] : []))[0];
    if (dead === undefined) throw new Error("nothing died");
    driver.commit(COMPLEX);
    briefed(driver);
    driver.answer(accepted);
    driver.feed({ type: "replay", entry: dead, ...driver.moment() });
    driver.answer(accepted);
    exchange(driver, "last", COMPLEX);
    expect(doing(driver).slice(-4)).toEqual(["brief complex", "hand-over complex", "hand-over simple", "hand-over complex"]);
  });

  it("a message that moves as well has its new owner told once", () => {
    const driver = tiered({ handoverMs: 30_000, policy: "move" });
    exchange(driver, "one");
    driver.nowMs += 120_000;
    driver.commit(COMPLEX);
    briefed(driver);
    driver.answer(unreachable);
    driver.place("eu-2");
    briefed(driver);
    driver.answer(accepted);
    expect(doing(driver)).toEqual(["hand-over simple", "brief complex", "hand-over complex", "brief complex", "hand-over complex"]);
  });

  it.each<readonly [string, Partial<PoolRules>, number]>([
    ["two models of one agent share a session", { tiers: "models", handoverMs: 30_000 }, 1],
    ["a conversation that begins complex has nothing to tell", { handoverMs: 30_000 }, 0],
    ["a pool without a handover tells nobody", {}, 1],
  ])("%s", (_, bent, before) => {
    const driver = tiered(bent);
    for (let index = 0; index < before; index += 1) exchange(driver, String(index));
    exchange(driver, "complex", COMPLEX);
    expect(doing(driver).filter((what) => what.startsWith("brief"))).toEqual([]);
  });
});
