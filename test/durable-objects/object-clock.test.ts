/** The clock that clears no timer: who sleeps wakes when it should, and nothing rings long after the work is done. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ObjectClock } from "../../durable-objects/object-clock.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** When each of them woke, in milliseconds from now. */
function sleepers(
  clock: ObjectClock,
  ms: readonly number[],
  wake = new AbortController(),
): { woke: (number | undefined)[]; end: () => void } {
  const startedMs = Date.now();
  const woke: (number | undefined)[] = ms.map(() => undefined);
  for (const [index, each] of ms.entries())
    void clock.sleep(each, wake.signal).then(() => {
      woke[index] = Date.now() - startedMs;
    });
  return { woke, end: () => wake.abort() };
}

it("wakes each at its time, to the millisecond, however many sleep", async () => {
  const { woke } = sleepers(new ObjectClock(), [7, 50, 51, 999, 2000, 20_000, 120_000]);
  await vi.advanceTimersByTimeAsync(121_000);
  expect(woke).toEqual([7, 50, 51, 999, 2000, 20_000, 120_000]);
});

it("wakes who begins to sleep while a far timer is set", async () => {
  const clock = new ObjectClock();
  const long = sleepers(clock, [100_000]);
  await vi.advanceTimersByTimeAsync(60_000);
  const short = sleepers(clock, [3]);
  await vi.advanceTimersByTimeAsync(40_000);
  expect([short.woke, long.woke]).toEqual([[3], [100_000]]);
});

it("clears no timer, and has one for a thousand pieces of work at once", async () => {
  const cleared = vi.spyOn(globalThis, "clearTimeout");
  const clock = new ObjectClock();
  for (let work = 0; work < 1000; work += 1) sleepers(clock, [2000, 10_000]).end();
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(50);
  expect(vi.getTimerCount()).toBe(0);
  expect(cleared).not.toHaveBeenCalled();
});

it.each([
  [5, 50],
  [100, 200],
  [1000, 2000],
  [60_000, 62_000],
])("work that took %d ms leaves nothing behind after %d", async (tookMs, mostMs) => {
  const { woke, end } = sleepers(new ObjectClock(), [120_000]);
  await vi.advanceTimersByTimeAsync(tookMs);
  end();
  await vi.advanceTimersByTimeAsync(mostMs - tookMs);
  expect(woke).toEqual([tookMs]);
  expect(vi.getTimerCount()).toBe(0);
});

it("rings a few times for a long sleep", async () => {
  const set = vi.spyOn(globalThis, "setTimeout");
  sleepers(new ObjectClock(), [120_000]);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(set.mock.calls.length).toBeLessThan(70);
});

it("who was woken before it slept does not sleep, and who cannot be woken sleeps on", async () => {
  const clock = new ObjectClock();
  const wake = new AbortController();
  wake.abort();
  expect(sleepers(clock, [1000], wake).woke).toEqual([undefined]);
  expect(vi.getTimerCount()).toBe(0);
  const slept = vi.fn();
  void clock.sleep(30).then(slept);
  await vi.advanceTimersByTimeAsync(30);
  expect(slept).toHaveBeenCalled();
});

it("a clock that goes back by a minute keeps nobody asleep", async () => {
  const clock = new ObjectClock();
  const { woke } = sleepers(clock, [5000]);
  await vi.advanceTimersByTimeAsync(1000);
  vi.setSystemTime(Date.now() - 60_000);
  await vi.advanceTimersByTimeAsync(6000);
  expect(woke[0]).toBeDefined();
});
