/** How late the event loop is said to be, and how often it is asked. */
import { expect, it } from "vitest";
import { createLag, type Lag } from "../../src/pipeline/lag.ts";
import { type EventLoop, startEventLoop } from "../support/event-loop.ts";

interface Watched {
  readonly lag: Lag;
  readonly loop: EventLoop;
  readonly looks: () => number;
}

function watch(): Watched {
  let looks = 0;
  const lag = createLag((work) => {
    looks += 1;
    void work;
  });
  return { lag, loop: startEventLoop(), looks: () => looks };
}

async function sampleFor(ms: number, { lag, loop }: Watched): Promise<void> {
  for (let passed = 0; passed < ms; passed += 5) {
    lag.sample(loop.clock);
    await loop.advance(5);
  }
}

it.each([0, 3, 40, 200])("comes to be the %d ms that every timer is late", async (lateMs) => {
  const watched = watch();
  watched.loop.late(lateMs);
  await sampleFor(1_000, watched);
  expect(watched.lag.at(watched.loop.clock.nowMs())).toBeCloseTo(lateMs, 0);
});

it("falls again once timers are on time", async () => {
  const watched = watch();
  watched.loop.late(100);
  await sampleFor(500, watched);
  watched.loop.late(0);
  await sampleFor(500, watched);
  expect(watched.lag.at(watched.loop.clock.nowMs())).toBeLessThan(1);
});

it("is nothing when nobody looked for a while", async () => {
  const watched = watch();
  watched.loop.late(100);
  await sampleFor(500, watched);
  await watched.loop.advance(2_000);
  expect(watched.lag.at(watched.loop.clock.nowMs())).toBe(0);
});

it("is looked at once in ten milliseconds, however many ask", async () => {
  const watched = watch();
  for (let index = 0; index < 1_000; index += 1) watched.lag.sample(watched.loop.clock);
  await watched.loop.advance(10);
  watched.lag.sample(watched.loop.clock);
  expect(watched.looks()).toBe(2);
});

it("takes a rest that ended early for no lag at all", () => {
  const { lag } = watch();
  lag.note(5, 50, 1_000);
  expect(lag.at(1_000)).toBe(0);
});
