/** While an instance thinks, the person sees that somebody writes: said at once, and again before it fades. A courtesy, never a condition. */
import type { Clock } from "../../src/ports/clock.ts";

/** Renewed this much earlier than it fades, so that there is no gap. */
const MARGIN_MS = 5000;

export async function whilePresent<T>(work: Promise<T>, present: () => Promise<void>, fadesAfterMs: number, clock: Clock): Promise<T> {
  const done = new AbortController();
  const everyMs = Math.max(1000, fadesAfterMs - MARGIN_MS);
  const keepSaying = async (): Promise<void> => {
    while (!done.signal.aborted) {
      await present();
      await clock.sleep(everyMs, done.signal);
    }
  };
  void keepSaying().catch(() => undefined);
  try {
    return await work;
  } finally {
    done.abort();
  }
}
