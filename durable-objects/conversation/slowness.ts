/** What is done beside work that takes long, once it has taken so long and never once it is done; and work that is not waited for longer. */
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

/** What is not there by then is undefined; its failure is nobody's any more. */
export async function atMost<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T | undefined> {
  const done = new AbortController();
  try {
    return await Promise.race([work, clock.sleep(ms, done.signal).then(() => undefined)]);
  } finally {
    done.abort();
  }
}
