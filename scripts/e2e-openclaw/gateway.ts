/** One real OpenClaw gateway as a process with a home of its own: started, waited for, killed, started again. Never uses the person's own OpenClaw state. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { EdgeFailure } from "../edge/failure.ts";
import { sleep } from "../fakes/http-service.ts";
import { type GatewayPlan, gatewayConfig } from "./gateway-config.ts";
import type { Installation } from "./installation.ts";

export interface Gateway {
  readonly name: string;
  readonly plan: GatewayPlan;
  /** Starts and waits until the gateway, and its listener for webhooks if it has one, answer; returns how long that took, in ms. */
  readonly start: () => Promise<number>;
  /** `kill -9` of the gateway and of everything it started. */
  readonly kill: () => Promise<void>;
  /** SIGTERM, as supervisors do: it finishes what it has, and goes. */
  readonly stop: () => Promise<void>;
}

const READY_WITHIN_MS = 120_000;
const POLL_MS = 100;

function metaOf(file: string): unknown {
  try {
    const config: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof config === "object" && config !== null ? Reflect.get(config, "meta") : undefined;
  } catch {
    return undefined;
  }
}

function writeConfig(plan: GatewayPlan, home: string): string {
  for (const dir of ["state", "workspace"]) mkdirSync(join(home, dir), { recursive: true });
  const file = join(home, "openclaw.json");
  writeFileSync(file, JSON.stringify(gatewayConfig(plan, home, metaOf(file)), null, 2), { mode: 0o600 });
  return file;
}

/** Its own home; no update checks, no announcements, no supervisor. */
const environment = (node: string, home: string, config: string): NodeJS.ProcessEnv => ({
  PATH: `${dirname(node)}:${process.env["PATH"] ?? ""}`,
  HOME: home,
  OPENCLAW_HOME: home,
  OPENCLAW_STATE_DIR: join(home, "state"),
  OPENCLAW_CONFIG_PATH: config,
  OPENCLAW_ALLOW_MULTI_GATEWAY: "1",
  OPENCLAW_NO_AUTO_UPDATE: "1",
  OPENCLAW_DISABLE_BONJOUR: "1",
  OPENCLAW_NO_RESPAWN: "1",
});

/** A shell that waits for this process to disappear, by the end of a pipe, and then kills the gateway's process group. */
function watchOver(pid: number): () => void {
  const script = "trap '' INT TERM HUP; cat >/dev/null; kill -s KILL -- -$0";
  const watchdog = spawn("/bin/sh", ["-c", script, `${pid}`], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  watchdog.on("error", () => undefined);
  watchdog.unref();
  return () => watchdog.kill("SIGKILL");
}

const answers = async (url: string): Promise<boolean> => {
  const answer = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.status === 200;
};

interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<void>;
  readonly callOff: () => void;
}

function launch(installation: Installation, plan: GatewayPlan, home: string): Running {
  const { node, openclaw } = installation;
  const log = openSync(join(home, "gateway.log"), "a");
  const child = spawn(node, [openclaw, "gateway", "run", "--port", `${plan.port}`], {
    cwd: home,
    env: environment(node, home, writeConfig(plan, home)),
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  if (child.pid === undefined) throw new EdgeFailure(`cannot start ${node} ${openclaw}`);
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  return { child, pid: child.pid, ended, callOff: watchOver(child.pid) };
}

/** `/readyz` turns green a moment before a listener accepts connections, so both are asked. */
const probesOf = (plan: GatewayPlan): readonly string[] => [
  `http://127.0.0.1:${plan.port}/readyz`,
  ...(plan.link === "native" ? [`http://127.0.0.1:${plan.listenerPort}/healthz`] : []),
];

async function untilReady({ plan }: { readonly plan: GatewayPlan }, running: Running, home: string): Promise<void> {
  const deadlineMs = Date.now() + READY_WITHIN_MS;
  for (const probe of probesOf(plan)) {
    while (!(await answers(probe))) {
      const why = running.child.exitCode !== null || running.child.signalCode !== null ? "ended" : undefined;
      if (why !== undefined || Date.now() > deadlineMs) {
        throw new EdgeFailure(`${plan.name} ${why ?? "is not ready"} (${probe}); the end of ${home}/gateway.log:\n${tailOf(home)}`);
      }
      await sleep(POLL_MS);
    }
  }
}

const tailOf = (home: string): string => readFileSync(join(home, "gateway.log"), "utf8").split("\n").slice(-20).join("\n");

export function gatewayOf(installation: Installation, plan: GatewayPlan, root: string): Gateway {
  const home = join(root, plan.name);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  let running: Running | undefined;
  const endBy = (signal: "SIGKILL" | "SIGTERM") => async (): Promise<void> => {
    if (running === undefined) return;
    const { pid, ended, callOff } = running;
    running = undefined;
    try {
      process.kill(signal === "SIGKILL" ? -pid : pid, signal);
    } catch {
      // It is gone already.
    }
    await ended;
    callOff();
  };
  const kill = endBy("SIGKILL");
  const start = async (): Promise<number> => {
    const startedAtMs = Date.now();
    running = launch(installation, plan, home);
    await untilReady({ plan }, running, home);
    return Date.now() - startedAtMs;
  };
  return { name: plan.name, plan, start, kill, stop: endBy("SIGTERM") };
}
