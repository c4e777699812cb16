/** A program of the operator's, run without a shell: its arguments as they stand, its output where ours goes. Judges nothing. */
import { spawn } from "node:child_process";

export interface Program {
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Its output goes beside the answer, which is for programs. */
  readonly isBeside: boolean;
  /** Asks it to end. */
  readonly signal: AbortSignal;
}

/** How it ended: `undefined` when it did well, else in a few words. */
export type RunProgram = (program: Program) => Promise<string | undefined>;

export const runProgram: RunProgram = ({ words, env, isBeside, signal }) =>
  new Promise((resolve) => {
    const [name = "", ...rest] = words;
    const child = spawn(name, rest, { env, stdio: ["inherit", isBeside ? process.stderr : "inherit", "inherit"] });
    const end = (): boolean => child.kill("SIGTERM");
    signal.addEventListener("abort", end, { once: true });
    const done = (how: string | undefined): void => {
      signal.removeEventListener("abort", end);
      resolve(how);
    };
    child.once("error", (error) => done(`cannot be run: ${error.message}`));
    child.once("exit", (code, ended) => done(code === 0 ? undefined : `ended with ${code ?? ended}`));
  });

/** From now on Ctrl-C is a wish to stop well, and not the end of the process. */
export function interrupts(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stop.abort());
  return stop.signal;
}
