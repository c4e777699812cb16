/** A program of the operator's, run without a shell: its arguments as they stand, its output where ours goes. Judges nothing. */
import { type ChildProcess, spawn } from "node:child_process";

export interface Program {
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Its output goes beside the answer, which is for programs. */
  readonly isBeside: boolean;
  /** Asks it to end. */
  readonly signal: AbortSignal;
  /** Between being asked and being ended. */
  readonly graceMs?: number;
}

/** How it ended: `undefined` when it did well, else in a few words. */
export type RunProgram = (program: Program) => Promise<string | undefined>;

const GRACE_MS = 10_000;

/** One Ctrl-C can come twice: from the terminal, and passed on by what started us. */
const ONE_PRESS_MS = 500;

/** A terminal that was closed is one as well. */
const ENDS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * In a process group of its own, so that what it started ends with it, and Ctrl-C reaches it through us alone: whoever presses it once
 * more while it is ending no longer waits for it.
 */
export const runProgram: RunProgram = async ({ words, env, isBeside, signal, graceMs = GRACE_MS }) => {
  if (signal.aborted) return "was not begun";
  const [name = "", ...rest] = words;
  const child = spawn(name, rest, { env, stdio: ["inherit", isBeside ? process.stderr : "inherit", "inherit"], detached: true });
  const timers: NodeJS.Timeout[] = [];
  const end = (): void => signalGroup(child, "SIGKILL");
  const ask = (): void => {
    signalGroup(child, "SIGTERM");
    const hearAgain = (): void => ENDS.forEach((each) => void process.on(each, end));
    timers.push(setTimeout(end, graceMs), setTimeout(hearAgain, ONE_PRESS_MS));
  };
  signal.addEventListener("abort", ask, { once: true });
  try {
    return await endOf(child);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    signal.removeEventListener("abort", ask);
    for (const each of ENDS) process.off(each, end);
    // What it left behind when it was asked to end is not left running; what it started and ended well is its own affair.
    if (signal.aborted) end();
  }
};

const endOf = (child: ChildProcess): Promise<string | undefined> =>
  new Promise((resolve) => {
    child.once("error", (error) => resolve(`cannot be run: ${error.message}`));
    child.once("exit", (code, ended) => resolve(code === 0 ? undefined : `ended with ${code ?? ended}`));
  });

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // Nobody is left in it.
  }
}

/** From now on Ctrl-C is a wish to stop well, and not the end of the process. */
export function interrupts(): AbortSignal {
  const stop = new AbortController();
  for (const name of ENDS) process.on(name, () => stop.abort());
  return stop.signal;
}
