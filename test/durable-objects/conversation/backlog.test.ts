/** What becomes of messages that waited out an outage: all, none older than a fence, or the newest. Never one that an instance may have. */
import { describe, expect, it } from "vitest";
import { MAX_QUEUED } from "../../../durable-objects/conversation/commit.ts";
import type { PoolRules } from "../../../src/core/delivery-rules.ts";
import { accepted, busy, Driver, deliveryRules, failed, refused, unknown, unreachable } from "../../support/conversation.ts";

const flush: PoolRules["backlog"] = { policy: "flush", keep: 1, afterMs: 60_000 };
const fence: PoolRules["backlog"] = { ...flush, maxAgeMs: 100_000 };
const collapse: PoolRules["backlog"] = { ...flush, policy: "collapse", keep: 2 };

function pinned(backlog: PoolRules["backlog"], bent: Partial<PoolRules> = {}): Driver {
  const driver = new Driver(deliveryRules({ policy: "hold", backlog, ...bent }));
  driver.commit({ messageId: "first" });
  driver.place("eu-1");
  driver.answer(accepted);
  return driver;
}

const commitAll = (driver: Driver, ids: string): void => void [...ids].map((messageId) => driver.commit({ messageId }));
const endingsOf = (driver: Driver): readonly string[] => driver.endings().slice(1);

it("with flush everything is handed over, in order, however long it waited", () => {
  const driver = pinned(flush);
  commitAll(driver, "abc");
  driver.run(driver.nowMs + 3_600_000, () => unreachable);
  driver.run(driver.nowMs + 10_000, () => accepted);
  expect(endingsOf(driver)).toEqual(["a delivered: accepted", "b delivered: accepted", "c delivered: accepted"]);
});

describe("an age fence", () => {
  it("ends what waited longer when its turn comes, with how long that was, and hands the rest over in order", () => {
    const driver = pinned(fence);
    commitAll(driver, "ab");
    driver.run(driver.nowMs + 60_000, () => unreachable);
    commitAll(driver, "cd");
    driver.run(driver.nowMs + 59_000, () => unreachable);
    driver.run(driver.nowMs + 10_000, () => accepted);
    expect(endingsOf(driver)).toMatchObject([
      expect.stringMatching(/^a expired: too old: waited 10[0-5] s$/),
      expect.stringMatching(/^b expired: too old: waited 10[0-5] s$/),
      "c delivered: accepted",
      "d delivered: accepted",
    ]);
    expect(driver.handOvers().slice(-2)).toEqual(["c@eu-1", "d@eu-1"]);
  });

  it.each([
    ["it may be with an instance", unknown],
    ["it reached one", failed],
  ] as const)("does not end a message when %s", (_why, outcome) => {
    const driver = pinned(fence);
    commitAll(driver, "a");
    driver.answer(outcome);
    driver.run(driver.nowMs + 200_000, () => unreachable);
    driver.run(driver.nowMs + 10_000, () => accepted);
    expect(endingsOf(driver)).toEqual(["a delivered: accepted"]);
  });

  it("ends nothing that is in flight", () => {
    const driver = pinned({ ...fence, maxAgeMs: 1000 });
    commitAll(driver, "a");
    driver.wake(9000);
    expect(endingsOf(driver)).toEqual([]);
    driver.answer(accepted);
    expect(endingsOf(driver)).toEqual(["a delivered: accepted"]);
  });

  it("counts time spent busy, and leaves replays alone", () => {
    const waiting = pinned(fence);
    commitAll(waiting, "a");
    waiting.run(waiting.nowMs + 110_000, () => busy);
    expect(endingsOf(waiting)).toEqual([expect.stringMatching(/^a expired: too old/)]);
    const replayed = pinned(fence);
    commitAll(replayed, "a");
    replayed.answer(refused);
    const dead = replayed.effects.findLast((effect) => effect.do === "ended");
    if (dead?.do !== "ended") throw new Error("no ending");
    replayed.nowMs += 500_000;
    replayed.feed({ type: "replay", entry: dead.ending.entry, ...replayed.moment() });
    replayed.answer(accepted);
    expect(endingsOf(replayed).at(-1)).toBe("a delivered: accepted");
  });

  it("does not begin the hold anew with each message that it ends: the conversation moves", () => {
    const driver = pinned({ ...fence, maxAgeMs: 20_000 }, { policy: "hold-then-move" });
    const sinceMs = driver.nowMs;
    commitAll(driver, "a");
    driver.run(sinceMs + 15_000, () => unreachable);
    commitAll(driver, "b");
    driver.run(
      sinceMs + 31_000,
      () => (driver.state.pins["support"]?.instance === "eu-1" ? unreachable : accepted),
      () => "eu-2",
    );
    expect(endingsOf(driver)).toEqual([expect.stringMatching(/^a expired/), "b delivered: accepted"]);
  });
});

describe("collapse", () => {
  it("ends all but the newest of a conversation that was held so long, in order, and delivers those", () => {
    const driver = pinned(collapse);
    commitAll(driver, "abcde");
    driver.run(driver.nowMs + 55_000, () => unreachable);
    expect(endingsOf(driver)).toEqual([]);
    driver.run(driver.nowMs + 10_000, () => unreachable);
    expect(endingsOf(driver)).toEqual(["a expired: collapsed", "b expired: collapsed", "c expired: collapsed"]);
    driver.run(driver.nowMs + 10_000, () => accepted);
    expect(endingsOf(driver).slice(3)).toEqual(["d delivered: accepted", "e delivered: accepted"]);
  });

  it("goes on with what comes later in the same outage, and begins anew with the next", () => {
    const driver = pinned(collapse);
    commitAll(driver, "abc");
    driver.run(driver.nowMs + 65_000, () => unreachable);
    commitAll(driver, "d");
    driver.run(driver.nowMs + 10_000, () => unreachable);
    driver.run(driver.nowMs + 10_000, () => accepted);
    expect(endingsOf(driver)).toEqual(["a expired: collapsed", "b expired: collapsed", "c delivered: accepted", "d delivered: accepted"]);
    commitAll(driver, "efg");
    driver.run(driver.nowMs + 30_000, () => unreachable);
    driver.run(driver.nowMs + 10_000, () => accepted);
    expect(endingsOf(driver).slice(4)).toEqual(["e delivered: accepted", "f delivered: accepted", "g delivered: accepted"]);
  });

  it("does nothing to a conversation whose instance is only busy, nor to one with few messages", () => {
    const waiting = pinned(collapse);
    commitAll(waiting, "abc");
    waiting.run(waiting.nowMs + 300_000, () => busy);
    const few = pinned(collapse);
    commitAll(few, "ab");
    few.run(few.nowMs + 300_000, () => unreachable);
    expect([endingsOf(waiting), endingsOf(few)]).toEqual([[], []]);
  });

  it("keeps what an instance may have, and replays, and what waits for another pool", () => {
    const driver = pinned({ ...collapse, keep: 1 }, { maxAttempts: 100 });
    commitAll(driver, "a");
    driver.answer(unknown);
    driver.commit({ messageId: "s", pool: "sales" });
    commitAll(driver, "bc");
    const old = { ...driver.state.queue[2]!, messageId: "r" };
    driver.feed({ type: "replay", entry: old, ...driver.moment() });
    commitAll(driver, "d");
    driver.run(driver.nowMs + 120_000, () => unreachable);
    expect(endingsOf(driver)).toEqual(["b expired: collapsed", "c expired: collapsed"]);
    expect(driver.state.queue.map(({ messageId }) => messageId)).toEqual(["a", "s", "r", "d"]);
  });

  it("keeps the newest words of the person, whatever an operator sends again after them", () => {
    const driver = pinned({ ...collapse, keep: 1 });
    commitAll(driver, "ab");
    driver.feed({ type: "replay", entry: { ...driver.state.queue[0]!, messageId: "r" }, ...driver.moment() });
    driver.run(driver.nowMs + 65_000, () => unreachable);
    driver.run(driver.nowMs + 10_000, () => accepted);
    expect(endingsOf(driver)).toEqual(["a expired: collapsed", "b delivered: accepted", "r delivered: accepted"]);
  });

  it("keeps what was said to the bot before what it only overheard, and of that the newest where there is room", () => {
    const group = (keep: number, said: string) => {
      const driver = pinned({ ...collapse, keep });
      for (const messageId of said) driver.commit({ messageId, ...(/[a-z]/.test(messageId) ? { isOverheard: true } : {}) });
      driver.run(driver.nowMs + 65_000, () => unreachable);
      return driver.state.queue.map(({ messageId }) => messageId).join("");
    };
    expect([group(1, "Qab"), group(2, "QaRb"), group(2, "aQbc"), group(1, "ab")]).toEqual(["Q", "QR", "Qc", "b"]);
  });

  it("survives a restart in the middle, and a full backlog", () => {
    const driver = pinned({ ...collapse, keep: 1 });
    for (let index = 0; index < MAX_QUEUED; index += 1) driver.commit();
    driver.run(driver.nowMs + 50_000, () => unreachable);
    driver.crash();
    driver.run(driver.nowMs + 30_000, () => unreachable);
    expect(driver.state.queue.length).toBe(1);
    expect(driver.state.queuedBytes).toBe(2);
    expect(driver.writes.filter(({ row }) => row === "end").length).toBe(MAX_QUEUED);
  });
});
