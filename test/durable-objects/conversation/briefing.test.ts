/** When a new owner is told what was said before, and what waits for that. */
import { expect, it } from "vitest";
import { leftMs } from "../../../durable-objects/conversation/briefing.ts";
import { accepted, Driver, deliveryRules, failed, unknown, unreachable } from "../../support/conversation.ts";

const DEADLINE_MS = 30_000;
const told = (bent = {}) => new Driver(deliveryRules({ policy: "move", handoverMs: DEADLINE_MS, ...bent }));
const doing = (driver: Driver): readonly string[] =>
  driver.effects.flatMap((effect) => (["brief", "hand-over"].includes(effect.do) ? [effect.do] : []));
const instanceAsked = (driver: Driver) => driver.effects.flatMap((effect) => (effect.do === "brief" ? [effect.pin.instance] : []));

/** One message answered by eu-1, and a second that finds it gone and gets eu-2. */
function moved(driver: Driver): Driver {
  driver.commit();
  driver.place("eu-1");
  driver.answer(accepted);
  driver.nowMs += 120_000;
  driver.commit();
  driver.answer(unreachable);
  driver.place("eu-2");
  return driver;
}

const briefed = (driver: Driver, epoch = driver.state.pins["support"]?.epoch ?? 0) =>
  driver.feed({ type: "briefed", pool: "support", epoch, ...driver.moment() });

it("the message waits for the new owner to be told, then goes", () => {
  const driver = moved(told());
  expect(doing(driver)).toEqual(["hand-over", "hand-over", "brief"]);
  expect(instanceAsked(driver)).toEqual(["eu-2"]);
  briefed(driver);
  expect(doing(driver)).toEqual(["hand-over", "hand-over", "brief", "hand-over"]);
  driver.answer(accepted);
  expect(driver.state.queue).toEqual([]);
});

it("what comes meanwhile waits too, and nothing is told twice", () => {
  const driver = moved(told());
  driver.commit();
  driver.wake(1000);
  expect(doing(driver).slice(2)).toEqual(["brief"]);
  briefed(driver);
  driver.answer(accepted);
  driver.answer(accepted);
  expect(doing(driver).slice(2)).toEqual(["brief", "hand-over", "hand-over"]);
});

it("no word of it: the alarm goes on without, at its deadline and not before", () => {
  const driver = moved(told());
  driver.wake(DEADLINE_MS - 1);
  expect(driver.state.queue[0]?.attempt).toBeUndefined();
  driver.wake(1);
  expect(driver.state.queue[0]?.attempt?.instance).toBe("eu-2");
  driver.answer(accepted);
  briefed(driver);
  expect(doing(driver).slice(2)).toEqual(["brief", "hand-over"]);
});

it("an incarnation that dies meanwhile goes on at once, and does not tell again", () => {
  const driver = moved(told());
  driver.crash();
  driver.wake();
  expect(doing(driver).slice(2)).toEqual(["brief", "hand-over"]);
});

it("an incarnation that dies meanwhile does not take the old hold with it: the new owner's first trouble is the first", () => {
  const driver = new Driver(deliveryRules({ instances: ["eu-1", "eu-2", "eu-3"], handoverMs: DEADLINE_MS }));
  driver.commit();
  driver.place("eu-1");
  driver.answer(accepted);
  driver.nowMs += 120_000;
  driver.commit();
  driver.run(
    driver.nowMs + 40_000,
    () => unreachable,
    () => "eu-2",
  );
  driver.crash();
  expect(driver.state.queue[0]).toMatchObject({ heldSinceMs: undefined });
  driver.wake();
  driver.answer(unknown);
  expect(driver.state.queue[0]).toMatchObject({ maybeAt: "eu-2", heldSinceMs: driver.nowMs });
});

it("a turn of it that broke off is one: an internal error of that instance after it is waited for", () => {
  const internal = { ...failed, isInternal: true };
  const after = (isBrokenOff: boolean, epoch?: number) => {
    const driver = moved(told({ instances: ["eu-1", "eu-2", "eu-3"] }));
    driver.feed({ type: "briefed", pool: "support", epoch: epoch ?? 2, isBrokenOff, ...driver.moment() });
    if (epoch !== undefined) briefed(driver);
    driver.answer(internal);
    return [driver.state.choosing === undefined, driver.state.queue[0]?.reached];
  };
  expect([after(true), after(false), after(true, 1)]).toEqual([
    [true, 0],
    [false, 1],
    [false, 1],
  ]);
});

it("is not asked when too little time is left for an answer", () => {
  expect([0, 799, 800, 30_000].map((ms) => leftMs(5000 + ms, 5000))).toEqual([undefined, undefined, 800, 30_000]);
});

it("an answer about an older move is not taken", () => {
  const driver = moved(told());
  briefed(driver, 1);
  expect(doing(driver).slice(2)).toEqual(["brief"]);
});

it("one that was told and took nothing hands on: the next is told as well", () => {
  const driver = moved(told({ instances: ["eu-1", "eu-2", "eu-3"] }));
  briefed(driver);
  driver.answer(unreachable);
  driver.place("eu-3");
  expect(instanceAsked(driver)).toEqual(["eu-2", "eu-3"]);
});

it("the first instance of a conversation has nothing to be told", () => {
  const driver = told();
  driver.commit();
  driver.place("eu-1");
  expect(doing(driver)).toEqual(["hand-over"]);
});

it("a pool without a handover moves as ever", () => {
  expect(doing(moved(told({ handoverMs: undefined })))).toEqual(["hand-over", "hand-over", "hand-over"]);
});

it("pins of a chat that became this one are no move", () => {
  const driver = told();
  const pins = [{ pool: "support", instance: "eu-2", epoch: 4, atMs: driver.nowMs, isUsed: true }];
  driver.feed({ type: "adopt", pins, nowMs: driver.nowMs });
  driver.commit();
  expect(doing(driver)).toEqual(["hand-over"]);
});
