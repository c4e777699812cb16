/** Who asks before a hand-over, what a wait becomes, and what is done beside one that takes long. */
import { describe, expect, it } from "vitest";
import { wakeAtMs } from "../../../durable-objects/conversation/machine.ts";
import { atMost, whileSlow } from "../../../durable-objects/conversation/slowness.ts";
import type { Entry } from "../../../durable-objects/conversation/state.ts";
import { isNews, isTooLate, isTroubled, TurnTaking } from "../../../durable-objects/conversation/turn-taking.ts";
import type { Turn } from "../../../src/ports/instances.ts";
import { accepted, Driver, deliveryRules, failed, unreachable } from "../../support/conversation.ts";

const entryOf = (bent: Partial<Entry> = {}): Entry => ({ ...({ tries: 1 } as Entry), ...bent });
const first = entryOf();
const retry = entryOf({ tries: 2 });

function taking(...turns: readonly Turn[]) {
  const asked: (readonly [string, boolean])[] = [];
  const left = [...turns];
  const taker = new TurnTaking({
    turn: async (name, isRetry) => {
      asked.push([name, isRetry]);
      return left.shift() ?? { verdict: "go" };
    },
    isRefusing: (name, account) => name === "eu-1" && account === "telegram:locked",
  });
  return { taker, asked };
}

it.each<[string, Partial<Entry>, boolean]>([
  ["a first hand-over", {}, false],
  ["a second one", { tries: 2 }, true],
  ["one that waited for an instance", { waits: 1 }, true],
  ["one that is held", { heldSinceMs: 5 }, true],
])("%s is in trouble: %s, %s", (_, bent, isIt) => expect(isTroubled(entryOf(bent))).toBe(isIt));

it("its instance's object hears of what is no good answer, and of the first good one after that; of busy never", () => {
  const kinds = ["accepted", "unmarked", "busy", "failed", "refused", "model-failed", "cut-off", "unknown", "unreachable"] as const;
  const heard = (entry: Entry) => kinds.filter((kind) => isNews(entry, { kind, detail: "" }));
  expect(heard(first)).toEqual(kinds.filter((kind) => !["accepted", "unmarked", "busy"].includes(kind)));
  expect(heard(retry)).toEqual(kinds.filter((kind) => kind !== "busy"));
});

it("nor of what the edge could not send for want of something of its own: it says nothing of the instance, for nobody", () => {
  const kinds = ["unreachable", "failed", "refused"] as const;
  expect(kinds.filter((kind) => isNews(retry, { kind, detail: "", isOurs: true }))).toEqual([]);
});

it.each([
  ["a second is left of ten", 10_000, 9000, false],
  ["less than a second is left of ten", 10_000, 9001, true],
  ["a tenth is left of a short one", 200, 180, false],
  ["less than a tenth is left of a short one", 200, 181, true],
  ["it was over when it asked", -5, 0, true],
])("%s", (_, deadlineAtMs, nowMs, isLate) => expect(isTooLate(deadlineAtMs, { askedAtMs: 0, nowMs })).toBe(isLate));

describe("turns", () => {
  it("on the healthy path nobody is asked", async () => {
    const { taker, asked } = taking();
    expect(await taker.heldBack(first, "eu-1", 0)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it("a wait for one that is down was never sent and may be moved; one for a ramp is only late", async () => {
    const wait = { verdict: "wait", waitMs: 2500, detail: "held back: http 500" } as const;
    const { taker } = taking({ ...wait, isDown: true }, { ...wait, isDown: false });
    const facts = { retryAfterMs: 2500, detail: "held back: http 500", isHeldBack: true };
    expect(await taker.heldBack(retry, "eu-1", 0)).toEqual({ kind: "unreachable", ...facts });
    expect(await taker.heldBack(retry, "eu-1", 0)).toEqual({ kind: "busy", ...facts });
  });

  it("it says whose message it is: an instance may refuse one account and take another", async () => {
    const asked: unknown[] = [];
    const taker = new TurnTaking({
      turn: async (...facts) => {
        asked.push(facts);
        return { verdict: "go" };
      },
      isRefusing: () => false,
    });
    await taker.heldBack(entryOf({ tries: 2, account: "telegram:a" }), "eu-1", 0);
    expect(asked).toEqual([["eu-1", true, "telegram:a"]]);
  });

  it("a first message asks too where its account is known to be refused, and waits without being moved", async () => {
    const { taker, asked } = taking({ verdict: "wait", waitMs: 20_000, isDown: false, detail: "held back: refused" });
    const of = (account: string) => entryOf({ account });
    expect(await taker.heldBack(of("telegram:locked"), "eu-1", 0)).toMatchObject({ kind: "busy", isHeldBack: true });
    expect(await taker.heldBack(of("telegram:locked"), "eu-2", 0)).toBeUndefined();
    expect(await taker.heldBack(of("telegram:open"), "eu-1", 0)).toBeUndefined();
    expect(asked).toEqual([["eu-1", false]]);
  });

  it("who was told of a ramp asks before everything for that instance until it ends, and for no other", async () => {
    const { taker, asked } = taking({ verdict: "go", rampUntilMs: 1000 });
    for (const [entry, instance, nowMs] of [
      [retry, "eu-1", 0],
      [first, "eu-1", 999],
      [first, "eu-2", 999],
      [first, "eu-1", 1000],
    ] as const)
      expect(await taker.heldBack(entry, instance, nowMs)).toBeUndefined();
    expect(asked).toEqual([
      ["eu-1", true],
      ["eu-1", false],
    ]);
  });
});

describe("work that takes long", () => {
  /** Sleeps end when the test says so. */
  function clockwork() {
    const sleepers: { readonly ms: number; readonly wake: () => void }[] = [];
    const sleep = (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        sleepers.push({ ms, wake: resolve });
        signal?.addEventListener("abort", () => resolve());
      });
    const pass = async (ms: number) => {
      for (const sleeper of sleepers) if (sleeper.ms <= ms) sleeper.wake();
      await new Promise((resolve) => setImmediate(resolve));
    };
    return { clock: { nowMs: () => 0, sleep }, pass };
  }

  it("each thing is done once its time has come, and none once the work is done", async () => {
    const { clock, pass } = clockwork();
    const done: string[] = [];
    const work = Promise.withResolvers<string>();
    const all = [1000, 3000].map((afterMs) => ({ afterMs, act: () => done.push(`${afterMs}`) }));
    const watched = whileSlow(work.promise, all, clock);
    await pass(999);
    expect(done).toEqual([]);
    await pass(1000);
    expect(done).toEqual(["1000"]);
    work.resolve("answer");
    expect(await watched).toBe("answer");
    await pass(3000);
    expect(done).toEqual(["1000"]);
  });

  it("is not waited for when that takes too long, and its failure later is nobody's", async () => {
    const { clock, pass } = clockwork();
    const work = Promise.withResolvers<string>();
    const waited = atMost(work.promise, 2000, clock);
    await pass(2000);
    expect(await waited).toBeUndefined();
    work.reject(new Error("too late"));
    expect(await atMost(Promise.resolve("answer"), 2000, clock)).toBe("answer");
  });

  it("a failure of the work is the caller's, and ends the watching too", async () => {
    const { clock, pass } = clockwork();
    const done: string[] = [];
    const watched = whileSlow(Promise.reject(new Error("lost")), [{ afterMs: 1, act: () => done.push("late") }], clock);
    await expect(watched).rejects.toThrow("lost");
    await pass(10);
    expect(done).toEqual([]);
  });
});

describe("a message that is kept back", () => {
  const heldBack = (kind: "unreachable" | "busy") =>
    ({ kind, retryAfterMs: 2500, detail: "held back: http 500", isHeldBack: true }) as const;

  /** On a pin that was used, after a first hand-over that found nobody. */
  function inTrouble(): Driver {
    const driver = new Driver();
    driver.commit();
    driver.place("eu-1");
    driver.answer(accepted);
    driver.commit();
    driver.answer(unreachable);
    driver.wake(600);
    return driver;
  }

  it("because its instance is down: it comes again when it was told, its hold goes on, and ends in a move", () => {
    const driver = inTrouble();
    const sinceMs = driver.state.queue[0]?.heldSinceMs;
    driver.answer(heldBack("unreachable"));
    expect(driver.state.queue[0]).toMatchObject({ heldSinceMs: sinceMs, dueAtMs: driver.nowMs + 2500, reached: 0 });
    driver.run(
      driver.nowMs + 32_000,
      () => (driver.state.pins["support"]?.instance === "eu-1" ? heldBack("unreachable") : accepted),
      () => "eu-2",
    );
    expect([driver.state.pins["support"]?.instance, driver.state.queue]).toEqual(["eu-2", []]);
  });

  it.each([2, 6])("because the pool's concurrency cap is full, every %i. time: its hold goes on, ends in a move, and is told", (every) => {
    const noPermit = { kind: "busy", retryAfterMs: 1000, detail: "the pool's concurrency cap", isHeldBack: true, isOurs: true } as const;
    const driver = inTrouble();
    driver.rules = deliveryRules({ tells: { held: true, moved: false, unanswered: false } });
    const sinceMs = driver.state.queue[0]?.heldSinceMs ?? 0;
    for (let asked = 1; driver.state.choosing === undefined; asked += 1) {
      driver.answer(asked % every === 0 ? noPermit : unreachable);
      while (driver.state.choosing === undefined && driver.state.queue[0]?.attempt === undefined)
        driver.wake(wakeAtMs(driver.state, driver.nowMs)! - driver.nowMs);
      expect(driver.nowMs - sinceMs).toBeLessThan(33_000);
    }
    expect(driver.notices()).toEqual([`${driver.state.queue[0]?.messageId} held`]);
  });

  it("because the cap is full, and never sent: that is no trouble of its instance's, and begins no hold", () => {
    const driver = new Driver();
    driver.commit();
    driver.place("eu-1");
    driver.answer({ ...heldBack("busy"), isOurs: true });
    expect(driver.state.queue[0]).toMatchObject({ heldSinceMs: undefined, movableSinceMs: undefined });
  });

  it("does not begin its time to fail anew: what fails at every trial is poison in time", () => {
    const driver = new Driver(deliveryRules({ policy: "hold", maxAttempts: 100 }));
    driver.commit();
    driver.place("eu-1");
    driver.answer(failed);
    const sinceMs = driver.nowMs;
    for (let asked = 0; driver.state.queue.length > 0; ) {
      if (driver.state.queue[0]?.attempt === undefined) driver.wake(wakeAtMs(driver.state, driver.nowMs)! - driver.nowMs);
      else {
        asked += 1;
        driver.answer(asked % 10 === 0 ? failed : heldBack("unreachable"));
      }
    }
    expect(driver.endings()).toEqual([expect.stringContaining("dead: poison: http 500")]);
    expect(driver.nowMs - sinceMs).toBeLessThan(900_000 + 10 * 30_000);
  });

  it("was not tried: it counts for nothing, and still asks before it goes", () => {
    const driver = new Driver();
    driver.commit();
    driver.place("eu-1");
    driver.answer(heldBack("busy"));
    expect(driver.state.queue[0]).toMatchObject({ tries: 0, reached: 0 });
    driver.wake(3000);
    const [head] = driver.state.queue;
    expect([head?.tries, isTroubled(head!)]).toEqual([1, true]);
    driver.answer(accepted);
    expect(driver.effects.flatMap((effect) => (effect.do === "ended" ? [effect.ending.entry.tries] : []))).toEqual([1]);
  });

  it("because its instance comes back: it is late, never moved, and never a dead letter", () => {
    const driver = inTrouble();
    driver.run(driver.nowMs + 3_600_000, () => heldBack("busy"));
    expect(driver.state.pins["support"]?.instance).toBe("eu-1");
    expect(driver.state.queue[0]).toMatchObject({ reached: 0, heldSinceMs: undefined });
  });
});
