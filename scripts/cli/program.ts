/** A program of the operator's, run without a shell: its arguments as they stand, its output where ours goes. Judges nothing. */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

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

export interface Failed {
  /** In a few words. */
  readonly how: string;
  /** Nothing of it ran, else. */
  readonly isBegun: boolean;
}

/** How it ended: `undefined` when it did well. */
export type RunProgram = (program: Program) => Promise<Failed | undefined>;

/** Why a program cannot be run, as far as that is seen without running it. */
export type SeekProgram = (name: string, env: Program["env"]) => string | undefined;

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
  if (signal.aborted) return { how: "was not begun", isBegun: false };
  const [name = "", ...rest] = words;
  const child = begin(() =>
    spawn(name, rest, { env, stdio: ["inherit", isBeside ? process.stderr : "inherit", "inherit"], detached: true }),
  );
  if ("how" in child) return child;
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

/** Some errors come as events, others at once: words that are too long, or that no program can be given. */
function begin(work: () => ChildProcess): ChildProcess | Failed {
  try {
    return work();
  } catch (error) {
    return cannotBeRun(error);
  }
}

const cannotBeRun = (error: unknown): Failed => ({
  how: `cannot be run: ${error instanceof Error ? error.message : String(error)}`,
  isBegun: false,
});

const endOf = (child: ChildProcess): Promise<Failed | undefined> =>
  new Promise((resolve) => {
    child.once("error", (error) => resolve(cannotBeRun(error)));
    child.once("exit", (code, ended) => resolve(code === 0 ? undefined : { how: `ended with ${code ?? ended}`, isBegun: true }));
  });

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // Nobody is left in it.
  }
}

/** Where a system looks that is told nothing. @see https://man7.org/linux/man-pages/man3/execvp.3.html */
const DEFAULT_PATH = "/bin:/usr/bin";

export const seekProgram: SeekProgram = (name, { PATH = DEFAULT_PATH }) => {
  // What may stand behind a name there is decided by more than its path.
  if (process.platform === "win32") return undefined;
  if (name.includes("/")) return isProgram(name) ? undefined : `${name} is no program that can be run`;
  const isThere = PATH.split(delimiter).some((folder) => isProgram(join(folder, name)));
  return isThere ? undefined : `there is no program ${name} on the PATH`;
};

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** From now on Ctrl-C is a wish to stop well, and not the end of the process. */
export function interrupts(): AbortSignal {
  const stop = new AbortController();
  for (const name of ENDS) process.on(name, () => stop.abort());
  return stop.signal;
}
