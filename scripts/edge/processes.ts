/** Questions about processes by pid: does it run, is it still the same one, who started it. Never signals anything but signal 0. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { errorCode } from "./failure.ts";

const HAS_PROC = existsSync("/proc/self/stat");

interface ProcStat {
  readonly command: string;
  readonly state: string;
  readonly parent: number;
  readonly start: string;
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html (state, ppid and starttime are fields 3, 4 and 22) */
function readProc(pid: number): ProcStat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const close = stat.lastIndexOf(")");
    const fields = stat.slice(close + 2).split(" ");
    const command = stat.slice(stat.indexOf("(") + 1, close);
    return { command, state: fields[0] ?? "", parent: Number(fields[4 - 3]), start: fields[22 - 3] ?? "" };
  } catch {
    return undefined;
  }
}

const ps = (pid: number, field: string): string =>
  spawnSync("ps", ["-o", `${field}=`, "-p", `${pid}`], { encoding: "utf8" }).stdout?.trim() ?? "";

/** A zombie, killed but not yet collected by its parent, does not run. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) === "ESRCH") return false;
  }
  return !HAS_PROC || !["", "Z"].includes(readProc(pid)?.state ?? "");
}

/** Tells a process from a later one under the same pid. */
export const startOf = (pid: number): string => (HAS_PROC ? readProc(pid)?.start : ps(pid, "lstart")) || "unknown";

const parentOf = (pid: number): number => (HAS_PROC ? (readProc(pid)?.parent ?? 0) : Number(ps(pid, "ppid")));
const commandOf = (pid: number): string => (HAS_PROC ? (readProc(pid)?.command ?? "") : ps(pid, "comm"));

/** The npm that runs this script; between the two stands a shell, unless the shell gave way to the script. Undefined outside npm. */
export function npmPid(): number | undefined {
  if (process.env["npm_lifecycle_event"] === undefined) return undefined;
  return /(?:^|\/)-?\w*sh$/.test(commandOf(process.ppid)) ? parentOf(process.ppid) : process.ppid;
}
