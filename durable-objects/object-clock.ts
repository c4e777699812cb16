/**
 * The clock of one object, which keeps no timer behind. workerd forgets a timer when it rings, and one that is cleared only when its object
 * leaves memory: an object that is always busy, and clears a few for each message, grows by a kilobyte with every one. So none is cleared.
 * Whatever sleeps here is woken by timers that ring in any case, and soon: the next is never further off than the longest sleeper has
 * slept, so that work that is done keeps its object awake no longer than it took, and two seconds at most.
 * One for each object: a promise belongs to the object that waits for it.
 * @see https://github.com/cloudflare/workerd/blob/main/src/workerd/io/io-context.c++ `TimeoutManagerImpl::clearTimeout`
 */
import type { Clock } from "../src/ports/clock.ts";
import { systemClock } from "./runtime.ts";

const FIRST_MS = 50;
const MOST_MS = 2000;
/** A timer that should have rung so long ago is not relied on. */
const LOST_MS = 1000;

interface Sleeper {
  sinceMs: number;
  untilMs: number;
  readonly wake: () => void;
}

export class ObjectClock implements Clock {
  readonly nowMs: () => number;
  readonly #sleepers = new Set<Sleeper>();
  /** The next timer that rings; others of before may ring later, and find nothing to do. */
  #next: { atMs: number } | undefined;
  #lastMs = 0;

  constructor(nowMs: () => number = systemClock.nowMs) {
    this.nowMs = nowMs;
  }

  /** Who cannot be woken sleeps on a timer of its own: it rings. */
  readonly sleep = (ms: number, wake?: AbortSignal): Promise<void> => {
    if (wake === undefined) return systemClock.sleep(ms);
    if (wake.aborted) return Promise.resolve();
    const nowMs = this.#now();
    return new Promise((resolve) => {
      const sleeper: Sleeper = { sinceMs: nowMs, untilMs: nowMs + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      wake.addEventListener("abort", () => this.#rouse(sleeper), { once: true });
      this.#ringBy(Math.min(sleeper.untilMs, nowMs + FIRST_MS), nowMs);
    });
  };

  #rouse(sleeper: Sleeper): void {
    this.#sleepers.delete(sleeper);
    sleeper.wake();
  }

  /** A clock that went back keeps nobody asleep for longer. */
  #now(): number {
    const nowMs = this.nowMs();
    const backMs = Math.max(0, this.#lastMs - nowMs);
    this.#lastMs = nowMs;
    if (backMs === 0) return nowMs;
    for (const sleeper of this.#sleepers) {
      sleeper.sinceMs -= backMs;
      sleeper.untilMs -= backMs;
    }
    if (this.#next !== undefined) this.#next.atMs -= backMs;
    return nowMs;
  }

  #ringBy(atMs: number, nowMs: number): void {
    const isSet = this.#next !== undefined && this.#next.atMs <= atMs && this.#next.atMs > nowMs - LOST_MS;
    if (isSet) return;
    const timer = { atMs };
    this.#next = timer;
    setTimeout(() => this.#ring(timer), Math.max(0, atMs - nowMs));
  }

  #ring(timer: { readonly atMs: number }): void {
    if (this.#next === timer) this.#next = undefined;
    const nowMs = this.#now();
    let [sleptMs, endsAtMs] = [FIRST_MS, Number.POSITIVE_INFINITY];
    for (const sleeper of this.#sleepers) {
      if (sleeper.untilMs <= nowMs) {
        this.#rouse(sleeper);
        continue;
      }
      sleptMs = Math.max(sleptMs, nowMs - sleeper.sinceMs);
      endsAtMs = Math.min(endsAtMs, sleeper.untilMs);
    }
    if (this.#sleepers.size > 0) this.#ringBy(Math.min(endsAtMs, nowMs + Math.min(MOST_MS, sleptMs)), nowMs);
  }
}
