/** What a step costs must not grow with how many answers wait: counted in answers looked at and in entries of maps copied, never in time. */
import { afterEach, expect, it, vi } from "vitest";
import { wakeAtMs } from "../../../durable-objects/bot/outbox.ts";
import { CONFIRM_MS, type Entry, emptyOutbox, MAX_TURNS, type Speech } from "../../../durable-objects/bot/outbox-state.ts";
import { Shelf } from "../../../durable-objects/bot/shelf.ts";
import { ACCOUNT, freeSpeech, OutboxDriver } from "../../support/outbox.ts";

const COUNT = 10_000;
const BURST = 10;
const slow: Speech = { ...freeSpeech, pace: () => ({ chat: { perMinute: 10, burst: 3 }, bot: { perMinute: 60, burst: BURST } }) };

afterEach(() => vi.restoreAllMocks());

const untried = { next: 0, attempts: 0, refusals: 0, doubts: 0, strays: 0, repeats: 0, isResent: false, sent: [], takenAtMs: 0 };
const entryOf = (index: number, bent: Partial<Entry>): Entry => ({
  ...{ key: `r${index}`, account: ACCOUNT, ref: { key: `${ACCOUNT}/chat/${index}` }, seq: 1, chat: { id: `${index}`, kind: "direct" } },
  ...{ askedAtMs: 0, keptAtMs: 1_000_000, total: 1, ...untried, notBeforeMs: 0, tells: 0, tellAtMs: 0, ...bent },
});

/** An outbox with so many answers, and the answers that were looked at since. */
function crowded(bent: (index: number) => Partial<Entry> = () => ({})) {
  const seen = new Set<string>();
  const look = (target: Entry, name: string | symbol): unknown => {
    seen.add(target.key);
    return Reflect.get(target, name);
  };
  const watched = (entry: Entry): Entry => new Proxy(entry, { get: look });
  const entries = Array.from({ length: COUNT }, (_, index) => watched(entryOf(index, bent(index))));
  const driver = new OutboxDriver(slow);
  driver.state = { ...emptyOutbox, templates: new Map(), entries: Shelf.of(new Map(entries.map((entry) => [entry.key, entry]))) };
  const copied = vi.spyOn(Map.prototype, "set");
  const cost = (act: () => void) => {
    seen.clear();
    copied.mockClear();
    act();
    return { seen: seen.size, copied: copied.mock.calls.length };
  };
  return { driver, cost };
}

/** Of its copies: lanes under way, turns of chats, marks. All of them are bounded by other things than what waits. */
const FEW = { seen: 3 * BURST, copied: 40 * BURST };
const within = (cost: { readonly seen: number; readonly copied: number }, most = FEW) =>
  expect({ cost, isWithin: cost.seen <= most.seen && cost.copied <= most.copied }).toEqual({ cost, isWithin: true });

it("10,000 answers to as many chats: every step looks at a handful of them", () => {
  const { driver, cost } = crowded();
  within(cost(() => driver.wake()));
  expect(driver.flying.length).toBeGreaterThanOrEqual(BURST);
  within(cost(() => driver.take("w1")));
  within(cost(() => driver.status("w1", "delivered")));
  within(cost(() => driver.status("nobody's", "delivered")));
  within(cost(() => driver.told("r0")));
  within(cost(() => driver.keep("new", { chat: "new", parts: ["x"] })));
  within(cost(() => driver.wake(2000)));
  within(cost(() => wakeAtMs(driver.state, driver.nowMs)));
});

it("10,000 answers to one chat: the first of them is looked at", () => {
  const { driver, cost } = crowded(() => ({ chat: { id: "7", kind: "direct" } }));
  within(cost(() => driver.wake()));
  expect(driver.sends()).toEqual(["r0/1"]);
  within(cost(() => driver.take("w1")));
});

it("10,000 answers that end at once are told in turns, each of them once, and the alarm rings until all are", () => {
  const { driver, cost } = crowded(() => ({ next: 1, takenAtMs: 1_000_000 }));
  within(
    cost(() => driver.wake(CONFIRM_MS)),
    { seen: 2 * MAX_TURNS, copied: 0 },
  );
  expect([driver.done("tell"), driver.alarmAtMs]).toEqual([MAX_TURNS, driver.nowMs]);
  for (let rings = 1; driver.alarmAtMs === driver.nowMs; rings += 1) {
    expect(rings).toBeLessThanOrEqual(COUNT / MAX_TURNS);
    driver.wake();
  }
  expect(new Set(driver.ends().map(({ key }) => key)).size).toBe(COUNT);
  expect(driver.ends()).toHaveLength(COUNT);
});

it("nobody is passed by: what waited longest for the account goes first", () => {
  const { driver } = crowded();
  driver.wake();
  for (let index = 0; index < 5; index += 1) {
    driver.keep(`late${index}`, { chat: `late${index}`, parts: ["x"] });
    driver.wake(30_000);
  }
  const numbers = driver.sends().map((send) => Number(/^r(\d+)/.exec(send)?.[1]));
  expect(numbers).toEqual(numbers.map((_, index) => index));
});
