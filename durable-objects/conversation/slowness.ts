/** What is done beside work that takes long: once it has taken so long, and never once it is done. */
import type { Clock } from "../../src/ports/clock.ts";

export interface Slowness {
  readonly afterMs: number;
  readonly act: () => void;
}

export async function whileSlow<T>(work: Promise<T>, slowness: readonly Slowness[], clock: Clock): Promise<T> {
  const done = new AbortController();
  const watch = async ({ afterMs, act }: Slowness): Promise<void> => {
    await clock.sleep(afterMs, done.signal);
    if (!done.signal.aborted) act();
  };
  for (const each of slowness) void watch(each);
  try {
    return await work;
  } finally {
    done.abort();
  }
}
