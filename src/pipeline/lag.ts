/**
 * How late the event loop is: a timer of a millisecond, and how much later it rang. Everything in one isolate shares that loop, so it
 * tells what no duration of a call can: that there is too much to do here, and not that somebody is far away.
 */
import type { Clock } from "../ports/clock.ts";

export interface Lag {
  /** In milliseconds, as of lately; 0 when nobody looked for a while. */
  at(nowMs: number): number;
  /** Something that was to take `restMs` ended after `tookMs`. */
  note(tookMs: number, restMs: number, nowMs: number): void;
  /** Looks again, unless it did a moment ago. */
  sample(clock: Clock): void;
}

/** Lets work outlive the request that began it: a timer ends with its request, and most requests are faster than a late timer. */
export type KeepAlive = (work: Promise<unknown>) => void;

const SAMPLE_EVERY_MS = 10;
const TIMER_MS = 1;
const WEIGHT = 0.5;
const STALE_MS = 1_000;

/** One per isolate. */
export function createLag(keepAlive: KeepAlive): Lag {
  let lagMs = 0;
  let notedAtMs = Number.NEGATIVE_INFINITY;
  let sampledAtMs = Number.NEGATIVE_INFINITY;

  const at = (nowMs: number): number => (nowMs - notedAtMs > STALE_MS ? 0 : lagMs);

  const note = (tookMs: number, restMs: number, nowMs: number): void => {
    const before = at(nowMs);
    lagMs = before + WEIGHT * (Math.max(0, tookMs - restMs) - before);
    notedAtMs = nowMs;
  };

  const look = async (clock: Clock): Promise<void> => {
    const fromMs = clock.nowMs();
    await clock.sleep(TIMER_MS);
    const nowMs = clock.nowMs();
    note(nowMs - fromMs, TIMER_MS, nowMs);
  };

  return {
    at,
    note,
    sample: (clock) => {
      const nowMs = clock.nowMs();
      if (nowMs - sampledAtMs < SAMPLE_EVERY_MS) return;
      sampledAtMs = nowMs;
      keepAlive(look(clock));
    },
  };
}
