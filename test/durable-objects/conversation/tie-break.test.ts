/** Where a conversation goes that a tie-break is for: nowhere while it has a pool, and it has one until it was silent for a day. */
import { expect, it } from "vitest";
import { TIER_REST_MS } from "../../../durable-objects/conversation/tiers.ts";
import { accepted, Driver } from "../../support/conversation.ts";

const TIE = { pool: "sales", keepsPool: true, isTieBreak: true } as const;

/** The pool of every message, in order. */
const pools = (driver: Driver): readonly string[] =>
  driver.effects.flatMap((effect) => (effect.do === "hand-over" ? [effect.entry.pool] : []));

function exchange(driver: Driver, messageId: string, bent: object = {}): void {
  driver.commit({ messageId, ...bent });
  if (driver.state.choosing !== undefined) driver.place(driver.state.queue[0]?.pool === "sales" ? "us-1" : "eu-1");
  driver.answer(accepted);
}

it("begins where the tie-break says, and then stays where it was last", () => {
  const driver = new Driver();
  exchange(driver, "one", TIE);
  exchange(driver, "two");
  exchange(driver, "three", TIE);
  expect(pools(driver)).toEqual(["sales", "support", "support"]);
});

it("begins anew after a day of silence, not before; what has no words stays all the same", () => {
  const driver = new Driver();
  exchange(driver, "one");
  driver.nowMs += TIER_REST_MS - 1;
  exchange(driver, "two", TIE);
  driver.nowMs += TIER_REST_MS;
  exchange(driver, "button", { pool: "sales", keepsPool: true });
  driver.nowMs += TIER_REST_MS;
  exchange(driver, "three", TIE);
  exchange(driver, "four", TIE);
  expect(pools(driver)).toEqual(["support", "support", "support", "sales", "sales"]);
});

it("is not silent while a message waits, however old the last answer is", () => {
  const driver = new Driver();
  exchange(driver, "one");
  driver.nowMs += TIER_REST_MS;
  driver.commit({ messageId: "two" });
  driver.commit({ messageId: "three", ...TIE });
  expect(driver.state.queue.map(({ pool }) => pool)).toEqual(["support", "support"]);
});

it("is remembered by an object that died", () => {
  const driver = new Driver();
  exchange(driver, "one");
  driver.crash();
  exchange(driver, "two", TIE);
  driver.crash();
  driver.nowMs += TIER_REST_MS;
  exchange(driver, "three", TIE);
  expect(pools(driver)).toEqual(["support", "support", "sales"]);
});
