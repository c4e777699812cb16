/** A chat that became another one: what is left in the old one goes to whoever has the conversation in the new one, or nobody would hear the answer. */
import { describe, expect, it } from "vitest";
import { LEASE_MS, wakeAtMs } from "../../../durable-objects/conversation/machine.ts";
import type { Pin } from "../../../durable-objects/conversation/state.ts";
import { accepted, Driver, deliveryRules, refused, unreachable } from "../../support/conversation.ts";

const to = { key: "telegram:support/chat/-1002" };
const rules = () => deliveryRules({ instances: ["eu-1", "eu-2", "eu-3"] });
const owner = (driver: Driver): string | undefined => driver.state.pins["support"]?.instance;

/** As the old one's object does it: at the move, and again where it has a choice to make or made one. */
function hand(old: Driver, there: Driver, again?: readonly Pin[]): void {
  const isAgain = old.state.isHanded === true;
  const pins = isAgain ? (again ?? []) : Object.values(old.state.pins);
  const { state } = there.feed({ type: "adopt", pins, isAgain, nowMs: old.nowMs });
  old.feed({ type: "handed", pins: Object.values(state.pins), nowMs: old.nowMs });
}

/** Both know eu-1, which dies with a message of the old chat. */
function halfMoved() {
  const old = new Driver(rules());
  old.commit({ messageId: "first" });
  old.place("eu-1");
  old.answer(accepted);
  old.commit({ messageId: "left" });
  old.answer(unreachable);
  old.feed({ type: "move", to, own: "telegram:support/chat/7" });
  const there = new Driver(rules());
  there.nowMs = old.nowMs;
  hand(old, there);
  return { old, there };
}

/** Until it asks for another instance. */
function waitOut(driver: Driver): void {
  for (let turn = 0; turn < 60 && driver.state.choosing === undefined; turn += 1) {
    driver.wake(Math.max(0, driver.state.queue[0]!.dueAtMs - driver.nowMs));
    if (driver.state.queue[0]!.attempt !== undefined) driver.answer(unreachable);
  }
}

describe("its pins", () => {
  it("are handed over by the alarm of whichever incarnation comes next, until the other side has them", () => {
    const old = new Driver();
    old.commit();
    old.place("eu-1");
    old.answer(accepted);
    old.feed({ type: "move", to, own: "telegram:support/chat/7" });
    old.crash();
    expect(wakeAtMs(old.state, old.nowMs)).toBe(old.nowMs + LEASE_MS);
    old.feed({ type: "handed", pins: [], nowMs: old.nowMs });
    expect(wakeAtMs(old.state, old.nowMs)).toBeUndefined();
    old.crash();
    expect(wakeAtMs(old.state, old.nowMs)).toBeUndefined();
  });

  it("give way to history there: what is left here goes to who has that", () => {
    const there = new Driver(rules());
    there.commit();
    there.place("eu-3");
    there.answer(accepted);
    const { old } = halfMoved();
    there.nowMs = old.nowMs + 90_000;
    old.nowMs = there.nowMs;
    hand(old, there, Object.values(old.state.pins));
    expect([owner(old), owner(there), old.state.pins["support"]?.epoch]).toEqual(["eu-3", "eu-3", 2]);
    old.wake();
    expect(old.handOvers().at(-1)).toBe("left@eu-3");
  });
});

describe("what is left in the old chat when its instance died", () => {
  it("goes to whoever the new chat has found, and to nobody who is found for it alone", () => {
    const { old, there } = halfMoved();
    there.commit({ messageId: "new" });
    there.answer(unreachable);
    waitOut(there);
    there.place("eu-3");
    there.answer(accepted);
    old.nowMs = there.nowMs;
    waitOut(old);
    hand(old, there, []);
    old.place("eu-2");
    expect([old.handOvers().at(-1), owner(there)]).toEqual(["left@eu-3", "eu-3"]);
  });

  it("finds somebody for both, when it does so first", () => {
    const { old, there } = halfMoved();
    waitOut(old);
    hand(old, there, []);
    expect(owner(there)).toBe("eu-1");
    old.place("eu-2");
    hand(old, there, Object.values(old.state.pins));
    expect([old.handOvers().at(-1), owner(there)]).toEqual(["left@eu-2", "eu-2"]);
    there.nowMs = old.nowMs;
    there.commit({ messageId: "new" });
    expect(there.handOvers()).toEqual(["new@eu-2"]);
  });

  it("nor does it take the conversation from whoever the new chat found later", () => {
    const { old, there } = halfMoved();
    waitOut(old);
    old.place("eu-2");
    old.answer(accepted);
    there.nowMs = old.nowMs + 1000;
    there.commit({ messageId: "new" });
    there.answer(unreachable);
    waitOut(there);
    there.place("eu-3");
    there.answer(accepted);
    hand(old, there, Object.values(old.state.pins));
    expect([owner(old), owner(there)]).toEqual(["eu-3", "eu-3"]);
  });
});

it("a dead letter that is sent again goes to whoever has the conversation in the new chat by now", () => {
  const { old, there } = halfMoved();
  old.wake(5000);
  old.answer(refused);
  const dead = old.effects.flatMap((effect) => (effect.do === "ended" && effect.ending.state === "dead" ? [effect.ending.entry] : []))[0]!;
  there.commit({ messageId: "new" });
  there.answer(unreachable);
  waitOut(there);
  there.place("eu-2");
  there.answer(accepted);
  old.nowMs = there.nowMs + 86_400_000;
  hand(old, there, []);
  old.feed({ type: "replay", entry: dead, ...old.moment() });
  expect(old.handOvers().at(-1)).toBe("left@eu-2");
});

it("asking a chat that moved on itself who has the conversation does not bring it back", () => {
  const { old, there } = halfMoved();
  const further = { key: "telegram:support/chat/-1003" };
  there.feed({ type: "move", to: further, own: to.key });
  hand(old, there, []);
  expect(there.state.movedTo).toEqual(further);
});
