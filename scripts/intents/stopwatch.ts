/**
 * How long a process has worked, by the kernel's count of processor time: what else the machine does is not in it. Where the system
 * counts none, the time that passes.
 */
import { readdirSync, readFileSync } from "node:fs";

export interface Stopwatch {
  readonly kind: "processor" | "wall";
  /** Milliseconds since some moment. */
  readonly nowMs: () => number;
}

export function stopwatchOf(pid: number): Stopwatch {
  if (workedMs(pid) > 0) return { kind: "processor", nowMs: () => workedMs(pid) };
  return { kind: "wall", nowMs: () => performance.now() };
}

/** All threads together; 0 where nothing is counted. @see https://docs.kernel.org/scheduler/sched-stats.html */
function workedMs(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + threadMs(`/proc/${pid}/task/${thread}/schedstat`), 0);
  } catch {
    return 0;
  }
}

function threadMs(file: string): number {
  try {
    return Number(readFileSync(file, "utf8").split(" ")[0]) / 1_000_000;
  } catch {
    // It ended meanwhile.
    return 0;
  }
}
