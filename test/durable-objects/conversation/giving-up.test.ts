/** How long an answer is kept for a bot that cannot take it: a day, in hours, so that nobody shortens it unseen. */
import { expect, it } from "vitest";
import { wakeAtMs } from "../../../durable-objects/conversation/machine.ts";
import { answerOf, Driver, onceRules } from "../../support/conversation.ts";

const HOUR_MS = 3_600_000;

/** The bot refuses it whenever it is offered, for so many hours; then it would take it. */
function outFor(hours: number): Driver {
  const driver = new Driver(onceRules());
  driver.commit({ messageId: "one" });
  driver.place("eu-1");
  driver.answer(answerOf("hello"));
  const backAtMs = driver.nowMs + hours * HOUR_MS;
  while (driver.nowMs < backAtMs && driver.state.replying.length > 0) {
    driver.feed({ type: "unkept", seq: 1, detail: "no token", ...driver.moment() });
    driver.wake((wakeAtMs(driver.state, driver.nowMs) ?? backAtMs) - driver.nowMs);
  }
  return driver;
}

it("a bot that is out for 23 hours still gets it", () => {
  const driver = outFor(23);
  const before = driver.replies().length;
  driver.feed({ type: "unkept", seq: 1, detail: "no token", ...driver.moment() });
  driver.wake((wakeAtMs(driver.state, driver.nowMs) ?? 0) - driver.nowMs);
  expect(driver.replies().slice(before)).toEqual(["one: hello"]);
  driver.feed({ type: "kept", seq: 1, nowMs: driver.nowMs });
  driver.feed({ type: "replied", seq: 1, end: { state: "answered", outcome: "sent", parts: 1, repeats: 0 }, nowMs: driver.nowMs });
  expect(driver.endings()).toEqual(["one answered: sent"]);
});

it("one that is out for 25 hours does not, and a dead letter says so", () => {
  expect(outFor(25).endings()).toEqual(["one dead: undelivered: no token"]);
});
