/** One demo instance as a process of its own, on ports that stay the same over restarts. Tells of its death; whoever owns it decides what follows. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { EdgeFailure } from "../edge/failure.ts";
import { sleep } from "../fakes/http-service.ts";
import type { ChatOptions } from "../fakes/instance-chat-caller.ts";

export interface InstanceStart {
  readonly name: string;
  readonly region: string;
  readonly port: number;
  /** Of its listener, unless it polls. */
  readonly listenerPort: number;
  readonly secret: string;
  readonly polls: boolean;
  readonly chat: ChatOptions | undefined;
  readonly token: string;
  readonly apiRoot: string;
  /** Its durable queue: it knows after a kill what it had accepted. */
  readonly stateFile: string;
  readonly fault: string | undefined;
}

export interface InstanceProcess {
  readonly pid: number;
  readonly ended: Promise<void>;
  readonly end: (signal: "SIGTERM" | "SIGKILL") => Promise<void>;
}

const MAIN = fileURLToPath(new URL("instance-main.ts", import.meta.url).href);
const READY_WITHIN_MS = 15_000;
const REPLY = "{name} here: answer {turn} in this conversation";

/** Joined by `=`, because a secret may begin with a dash. */
function argumentsOf({ stateFile, listenerPort, secret, apiRoot, fault, polls, chat, ...same }: InstanceStart): readonly string[] {
  const way = polls ? { poll: true } : { "listener-port": listenerPort, secret };
  const asked = chat === undefined ? {} : { chat: JSON.stringify(chat) };
  const flags = { ...same, ...way, ...asked, "api-root": apiRoot, state: stateFile, reply: REPLY, "think-ms": 30 };
  const all = Object.entries(fault === undefined ? flags : { ...flags, fault });
  return all.map(([name, value]) => `--${name}=${value}`);
}

async function untilReady(child: ChildProcess, ended: Promise<void>, name: string): Promise<void> {
  const errors: string[] = [];
  if (child.stderr) createInterface({ input: child.stderr }).on("line", (line) => errors.length < 5 && errors.push(line));
  const ready = new Promise<true>((resolve) => {
    if (child.stdout) createInterface({ input: child.stdout }).once("line", () => resolve(true));
  });
  if (await Promise.race([ready, ended.then(() => false), sleep(READY_WITHIN_MS).then(() => false)])) return;
  child.kill("SIGKILL");
  throw new EdgeFailure(`the demo instance ${name} did not start:\n${errors.join("\n")}`);
}

/** In a process group of its own: Ctrl-C is for the demo, which then ends it in order. */
export async function startInstanceProcess(start: InstanceStart): Promise<InstanceProcess> {
  const child = spawn(process.execPath, [MAIN, ...argumentsOf(start)], { stdio: ["pipe", "pipe", "pipe"], detached: true });
  child.stdin.on("error", () => undefined);
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await untilReady(child, ended, start.name);
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    child.kill(signal);
    const lastResort = setTimeout(() => child.kill("SIGKILL"), 2_000);
    await ended;
    clearTimeout(lastResort);
  };
  return { pid: child.pid ?? 0, ended, end };
}
