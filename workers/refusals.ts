/**
 * Deliveries that were refused before verification or could not be kept, counted in the memory of one isolate. No refusal writes
 * anything by itself: a flood of them costs one small write every ten seconds, and what an isolate dies with is not counted.
 */
import { addDeltas, type Delta, series } from "../src/core/series.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { Log } from "../src/ports/log.ts";

export const FLUSH_EVERY_MS = 10_000;
/** A flush that began this long ago died with its request: another may begin. */
export const LEASE_MS = 2 * FLUSH_EVERY_MS;

export interface Refusal {
  /** Undefined for an account that no document knows: names out of a flood would be labels without end. */
  readonly account: string | undefined;
  readonly status: number;
}

export interface RefusalPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly count: (delta: Delta) => Promise<void>;
  /** Lets work outlive the request that began it. */
  readonly keepAlive: (work: Promise<unknown>) => void;
}

export interface Refusals {
  record(refusal: Refusal, ports: RefusalPorts): void;
}

/** One per isolate. Plain data between requests: timers and calls belong to the request that made them. */
export function createRefusals(): Refusals {
  let waiting: Delta = {};
  let armedAtMs = Number.NEGATIVE_INFINITY;

  const flush = async ({ clock, count, log }: RefusalPorts): Promise<void> => {
    await clock.sleep(FLUSH_EVERY_MS);
    const delta = waiting;
    waiting = {};
    armedAtMs = Number.NEGATIVE_INFINITY;
    try {
      await count(delta);
    } catch (error) {
      // Not put back: it may have been counted, and a total that is too high is worse than a line that says what is missing.
      log.write({ level: "warn", event: "refusals.uncounted", reason: String(error) });
    }
  };

  return {
    record: ({ account = "unknown", status }, ports) => {
      waiting = addDeltas(waiting, { [series("clawedge_refused_total", { account, status: String(status) })]: 1 });
      const nowMs = ports.clock.nowMs();
      if (nowMs - armedAtMs < LEASE_MS) return;
      armedAtMs = nowMs;
      ports.keepAlive(flush(ports));
    },
  };
}
