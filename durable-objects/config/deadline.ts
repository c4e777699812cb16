/** Work that must not take longer than it may. The timer goes with the work: one left running would keep an object from going to sleep. */
import type { Clock } from "../../src/ports/clock.ts";

/** What `work` gives; rejects when it rejects, or when it takes longer. The work itself is not cancelled. */
export async function within<T>(clock: Clock, timeoutMs: number, work: Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = clock.sleep(timeoutMs, done.signal).then(() => Promise.reject(new Error(`no answer within ${timeoutMs} ms`)));
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    done.abort();
  }
}
