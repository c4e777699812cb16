/** One workerd process: started directly, so that its pid is workerd's own, and never left behind, even when its runner is killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import * as z from "zod";
import { EdgeFailure } from "./failure.ts";
import type { Vars } from "./vars.ts";

export interface WorkerdStart {
  readonly configFile: string;
  readonly env: Vars;
  /** The configuration's sockets, all of which must listen before it counts as started; the edge's own unless given. */
  readonly sockets?: readonly string[];
  readonly onLine: (line: string) => void;
  readonly onError: (line: string) => void;
}

export interface WorkerdEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface WorkerdProcess {
  readonly pid: number;
  /** Ports by socket name, once workerd listens on all of them. */
  readonly ports: Promise<ReadonlyMap<string, number>>;
  readonly ended: Promise<WorkerdEnd>;
  /** Sends the signal; asks again with SIGKILL after the grace. Resolves when the process and its output have ended. */
  readonly end: (signal: "SIGTERM" | "SIGKILL") => Promise<void>;
}

/** How long requests in flight may finish after SIGTERM. */
const GRACE_MS = 3_000;
const EDGE_SOCKETS = ["main", "ticker"];

const controlLine = z.object({ event: z.literal("listen"), socket: z.string(), port: z.number() });

/** The package's default export is the path of the platform's binary. */
const workerdPackage = z.object({ default: z.string() });
const binary = (): string => workerdPackage.parse(createRequire(import.meta.url)("workerd")).default;

function eachLine(stream: Readable | null | undefined, take: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on("line", take);
}

/** workerd announces every socket on the control descriptor. */
function listening(child: ChildProcess, sockets: readonly string[], failed: Promise<never>): Promise<ReadonlyMap<string, number>> {
  const ports = new Map<string, number>();
  const all = new Promise<ReadonlyMap<string, number>>((resolve) => {
    eachLine(child.stdio[3] as Readable, (line) => {
      const { data } = controlLine.safeParse(JSON.parse(line));
      if (data) ports.set(data.socket, data.port);
      if (sockets.every((name) => ports.has(name))) resolve(ports);
    });
  });
  return Promise.race([all, failed]);
}

/** A shell that waits for this process to disappear, by the end of a pipe, and then ends workerd. Ended first in an orderly stop. */
function watchOver(pid: number): () => void {
  const script = "trap '' INT TERM HUP; cat >/dev/null; kill -TERM $0; for _ in 1 2 3; do sleep 1; kill -0 $0 || exit; done; kill -KILL $0";
  const watchdog = spawn("/bin/sh", ["-c", script, `${pid}`], { stdio: ["pipe", "ignore", "ignore"] });
  watchdog.on("error", () => undefined);
  return () => watchdog.kill("SIGKILL");
}

const pidOf = (child: ChildProcess): number => {
  if (child.pid === undefined) throw new EdgeFailure(`cannot start workerd (${binary()}): run "npm ci" again, without --omit=optional`);
  return child.pid;
};

export function startWorkerd({ configFile, env, sockets = EDGE_SOCKETS, onLine, onError }: WorkerdStart): WorkerdProcess {
  const args = ["serve", "--experimental", "--control-fd=3", configFile];
  const child = spawn(binary(), args, { env, stdio: ["ignore", "pipe", "pipe", "pipe"] });
  child.on("error", (error) => onError(String(error)));
  const pid = pidOf(child);
  const callOff = watchOver(pid);
  const errors: string[] = [];
  eachLine(child.stdout, onLine);
  eachLine(child.stderr, (line) => {
    if (errors.length < 20) errors.push(line);
    onError(line);
  });
  const ended = new Promise<WorkerdEnd>((resolve) => child.on("close", (code, signal) => resolve({ code, signal })));
  const failed = ended.then(({ code, signal }): never => {
    throw new EdgeFailure(`workerd ended (${signal ?? `code ${code}`}) before it listened:\n${errors.join("\n")}`);
  });
  const ports = listening(child, sockets, failed);
  ports.catch(() => undefined);
  ended.then(callOff, callOff);
  return { pid, ports, ended, end: (signal) => end(child, ended, signal) };
}

async function end(child: ChildProcess, ended: Promise<WorkerdEnd>, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  child.kill(signal);
  const lastResort = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
  await ended;
  clearTimeout(lastResort);
}
