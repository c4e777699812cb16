/**
 * When a delivery that was let in begins: at once, unless the event loop is late and its account already had more than its even part.
 * Those wait in line until it had not; one at a time goes on all the same, as soon as the loop is on time for once. So one that brings
 * much makes itself wait, and nobody else. Fair queueing, in the memory of one isolate.
 *
 * @see https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
 */
import type { Clock } from "../ports/clock.ts";
import { createLag, type KeepAlive, type Lag } from "./lag.ts";
import { createLine, type Line, type Waiter } from "./line.ts";
import { createUsage } from "./usage.ts";

export interface Turn {
  /** Ending twice is ending once. */
  end(): void;
}

export interface Turns {
  /** Undefined: there was none in time. */
  take(account: string, clock: Clock): Promise<Turn | undefined>;
}

/** From here on the loop counts as late. */
export const LATE_MS = 3;
/** Longer nobody waits: a platform gives up soon after. */
export const WAIT_MS = 2_000;

/** Who was called rests first: while the loop is late, so many times as long as it is. Meanwhile it reads its sockets, and others begin. */
const REST_TIMES = 2;
const LEAST_REST_MS = 1;
/** In all; shorter than the lease of who was called. */
const MOST_REST_MS = 250;

/** One per isolate. */
export function createTurns(keepAlive: KeepAlive): Turns {
  const lag = createLag(keepAlive);
  const usage = createUsage();
  const line = createLine(usage.heavyAt);

  const begin = (account: string, clock: Clock, end: () => void): Turn => {
    usage.note(account, clock.nowMs());
    lag.sample(clock);
    return { end };
  };

  return {
    take: async (account, clock) => {
      const nowMs = clock.nowMs();
      line.stir(nowMs);
      const isInTheWay = lag.at(nowMs) >= LATE_MS && usage.heavyAt(nowMs)(account);
      if (!isInTheWay && !line.has(account)) return begin(account, clock, () => line.stir(clock.nowMs()));
      const called = await standIn(line, account, clock);
      if (called === undefined) return undefined;
      if (called.isHeavy) await rest(lag, clock);
      return begin(account, clock, () => line.leave(called.waiter, clock.nowMs()));
    },
  };
}

interface Called {
  readonly waiter: Waiter;
  readonly isHeavy: boolean;
}

/** Who stood in line and was called; undefined when that took too long. */
async function standIn(line: Line, account: string, clock: Clock): Promise<Called | undefined> {
  const isOver = new AbortController();
  const { promise: isCalled, resolve } = Promise.withResolvers<Called>();
  const nowMs = clock.nowMs();
  const waiter: Waiter = { account, untilMs: nowMs + 2 * WAIT_MS, call: (isHeavy) => resolve({ waiter, isHeavy }) };
  line.join(waiter, nowMs);
  // The timer also tells the platform that this request is alive: what it waits for happens in another one.
  const isLate = clock.sleep(WAIT_MS, isOver.signal).then(() => undefined);
  const called = await Promise.race([isCalled, isLate]);
  isOver.abort();
  // Also when it was called in this very moment: whoever stands behind it goes on.
  if (called === undefined) line.leave(waiter, clock.nowMs());
  return called;
}

/**
 * Until the loop is on time for once, as a radio listens before it speaks. How late it was lately says nothing: one pause to clear up memory,
 * in which nobody is in anybody's way, would hold up an account for ten times as long.
 */
async function rest(lag: Lag, clock: Clock): Promise<void> {
  const untilMs = clock.nowMs() + MOST_REST_MS;
  for (let restMs = LEAST_REST_MS; restMs > 0; ) {
    const lateMs = await lateAfter(restMs, lag, clock);
    restMs = lateMs < LATE_MS ? 0 : Math.min(untilMs - clock.nowMs(), LEAST_REST_MS + REST_TIMES * lateMs);
  }
}

async function lateAfter(restMs: number, lag: Lag, clock: Clock): Promise<number> {
  const fromMs = clock.nowMs();
  await clock.sleep(restMs);
  const nowMs = clock.nowMs();
  lag.note(nowMs - fromMs, restMs, nowMs);
  return nowMs - fromMs - restMs;
}
