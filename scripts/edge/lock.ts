/** One edge per state directory: a file names the processes that use it. A dead owner's lock is taken over; a live one's never. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EdgeFailure, errorCode } from "./failure.ts";
import { isRunning, startOf } from "./processes.ts";

const lockFile = (stateDir: string): string => join(stateDir, "edge.lock");

const mark = (pid: number): string => `${pid} ${startOf(pid)}`;

function isAlive(line: string): boolean {
  const pid = Number.parseInt(line, 10);
  return isRunning(pid) && mark(pid) === line;
}

function liveOwners(stateDir: string): readonly string[] {
  if (!existsSync(lockFile(stateDir))) return [];
  const lines = readFileSync(lockFile(stateDir), "utf8").split("\n");
  return lines.filter((line) => line !== "" && isAlive(line)).map((line) => `${Number.parseInt(line, 10)}`);
}

/** How long an edge that was just told to stop, or a workerd whose runner was killed, is given to be gone. */
const LEAVING_MS = 5_000;
const LOOK_EVERY_MS = 100;

async function ownersThatStay(stateDir: string): Promise<readonly string[]> {
  const deadlineMs = Date.now() + LEAVING_MS;
  for (;;) {
    const owners = liveOwners(stateDir);
    if (owners.length === 0 || Date.now() > deadlineMs) return owners;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Takes the directory for this process; fails, naming the other's pids, while another edge lives in it. */
export async function takeLock(stateDir: string): Promise<void> {
  const owners = await ownersThatStay(stateDir);
  if (owners.length > 0) {
    throw new EdgeFailure(`another edge (pid ${owners.join(", ")}) uses ${stateDir}: stop it, or give this one a --state of its own`);
  }
  rmSync(lockFile(stateDir), { force: true });
  try {
    writeFileSync(lockFile(stateDir), `${mark(process.pid)}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    throw new EdgeFailure(`another edge is starting in ${stateDir}: stop it, or give this one a --state of its own`);
  }
}

/** Adds workerd to the owners. */
export const shareLock = (stateDir: string, workerdPid: number): void =>
  writeFileSync(lockFile(stateDir), `${mark(process.pid)}\n${mark(workerdPid)}\n`);

export const releaseLock = (stateDir: string): void => rmSync(lockFile(stateDir), { force: true });
