/** How much memory a process holds, from Linux's /proc: now, and at most while something runs. */
import { existsSync, readFileSync } from "node:fs";

const SAMPLE_EVERY_MS = 20;
const KIB_PER_MIB = 1024;

/** MiB now, and the highest since the process began. @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html (VmRSS, VmHWM) */
function memoryOf(pid: number): { readonly nowMib: number; readonly highestMib: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mib = (pattern: RegExp): number => Number(pattern.exec(status)?.[1] ?? Number.NaN) / KIB_PER_MIB;
  return { nowMib: mib(/^VmRSS:\s+(\d+) kB$/m), highestMib: mib(/^VmHWM:\s+(\d+) kB$/m) };
}

export const residentMib = (pid: number): number => memoryOf(pid).nowMib;

export const canMeasure = (): boolean => existsSync("/proc/self/status");

export interface Growth {
  readonly beforeMib: number;
  readonly peakMib: number;
  readonly grownMib: number;
}

/** A record set meanwhile is the kernel's own figure; below the old record, the highest sample has to do. */
export async function growthDuring(pid: number, work: () => Promise<void>): Promise<Growth> {
  const before = memoryOf(pid);
  const samples: number[] = [before.nowMib];
  const timer = setInterval(() => samples.push(residentMib(pid)), SAMPLE_EVERY_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  const after = memoryOf(pid);
  const peakMib = after.highestMib > before.highestMib ? after.highestMib : Math.max(...samples, after.nowMib);
  return { beforeMib: before.nowMib, peakMib, grownMib: peakMib - before.nowMib };
}
