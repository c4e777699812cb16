/** Progress of one long calculation on standard error: one line that moves on a terminal, a line now and then in a log. Nothing for short work. */

export interface Watched {
  readonly err: (text: string) => void;
  readonly nowMs: () => number;
  /** Whether a person watches standard error as it is written. */
  readonly isTerminal?: boolean;
}

/** Runs the work, which says how far it is (0 to 1). */
export type Gauge = <T>(what: string, work: (onProgress: (done: number) => void) => T) => T;

/** Sooner nobody wonders. */
const NOTICED_MS = 1_000;
const TERMINAL_MS = 100;
const LOG_MS = 5_000;

export function gaugeTo({ err, nowMs, isTerminal = false }: Watched): Gauge {
  return (what, work) => {
    const startMs = nowMs();
    let nextMs = startMs + NOTICED_MS;
    let isShown = false;
    const show = (text: string): void => err(isTerminal ? `\r${text}\u001b[K` : `${text}\n`);
    const result = work((done) => {
      const now = nowMs();
      if (now < nextMs) return;
      nextMs = now + (isTerminal ? TERMINAL_MS : LOG_MS);
      isShown = true;
      if (done < 1) show(`${what}: ${Math.floor(done * 100)} %`);
    });
    if (isShown) show(isTerminal ? "" : `${what}: done in ${((nowMs() - startMs) / 1_000).toFixed(1)} s`);
    return result;
  };
}
