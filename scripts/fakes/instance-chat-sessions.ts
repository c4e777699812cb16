/** The memory of the stand-in gateway's `/v1`: one run at a time per session, different sessions at once, and in a file which turns were finished, so that it outlives a kill. Outermost edge only. */
import { appendFileSync, existsSync, readFileSync } from "node:fs";

export interface Run {
  /** Which turn of the session this would be. */
  readonly turn: number;
  /** The turn becomes history; without it the run leaves no trace. */
  readonly remember: () => void;
}

export interface Sessions {
  /** Waits for the session's earlier runs; does not begin when the caller has gone meanwhile. */
  readonly run: (session: string, signal: AbortSignal, job: (run: Run) => Promise<void>) => Promise<void>;
  readonly turns: () => ReadonlyMap<string, number>;
}

/** A line that a kill cut short has no newline, and is no turn. */
const finishedIn = (file: string): readonly string[] => (existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : []);

export function openSessions(file: string): Sessions {
  const turns = new Map<string, number>();
  const last = new Map<string, Promise<void>>();
  const count = (session: string): void => void turns.set(session, (turns.get(session) ?? 0) + 1);
  for (const line of finishedIn(file)) count(decodeURIComponent(line));
  const remember = (session: string): void => {
    appendFileSync(file, `${encodeURIComponent(session)}\n`);
    count(session);
  };
  const run: Sessions["run"] = (session, signal, job) => {
    const before = last.get(session) ?? Promise.resolve();
    const now = before
      .then(() => (signal.aborted ? undefined : job({ turn: (turns.get(session) ?? 0) + 1, remember: () => remember(session) })))
      .finally(() => last.get(session) === settled && last.delete(session));
    const settled = now.catch(() => undefined);
    last.set(session, settled);
    return now;
  };
  return { run, turns: () => turns };
}
