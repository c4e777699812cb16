/**
 * A clock for what waits: time passes only by `advance`, and every timer rings as late as the loop is said to be. What rings at one
 * time rings in the order in which it was set.
 */
import type { Clock } from "../../src/ports/clock.ts";

interface Timer {
  readonly dueMs: number;
  readonly ring: () => void;
}

export interface EventLoop {
  readonly clock: Clock;
  /** From now on timers ring so much later than they were to. */
  late: (ms: number) => void;
  advance: (ms: number) => Promise<void>;
}

/** Long enough for what a timer set off to come to its next wait. */
async function settle(): Promise<void> {
  for (let index = 0; index < 20; index += 1) await Promise.resolve();
}

export function startEventLoop(): EventLoop {
  let nowMs = 1_000_000;
  let lateMs = 0;
  const timers = new Set<Timer>();
  const sleep = (ms: number, wake?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const timer: Timer = { dueMs: nowMs + ms + lateMs, ring: resolve };
      timers.add(timer);
      wake?.addEventListener("abort", () => {
        timers.delete(timer);
        resolve();
      });
    });

  return {
    clock: { nowMs: () => nowMs, sleep },
    late: (ms) => {
      lateMs = ms;
    },
    advance: async (ms) => {
      const untilMs = nowMs + ms;
      await settle();
      for (;;) {
        const [next] = [...timers].filter(({ dueMs }) => dueMs <= untilMs).toSorted((left, right) => left.dueMs - right.dueMs);
        if (next === undefined) break;
        timers.delete(next);
        nowMs = Math.max(nowMs, next.dueMs);
        next.ring();
        await settle();
      }
      nowMs = untilMs;
      await settle();
    },
  };
}
