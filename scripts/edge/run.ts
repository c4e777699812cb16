/**
 * Starts the bundle in plain workerd on loopback with its state on disk, for `npm run edge`, the demo, the bench and tests.
 * Holds no part of the demo and no stand-in: what runs here is what is deployed.
 */
import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { EdgeFailure, errorCode, usageFailure } from "./failure.ts";
import { kvDir, offerRoutes, readRoutes, watchRoutes } from "./kv-files.ts";
import { releaseLock, shareLock, takeLock } from "./lock.ts";
import type { Bundle } from "./manifest.ts";
import { type Fire, firing, followCrons } from "./ticker.ts";
import { localVars, type Vars } from "./vars.ts";
import { startWorkerd, type WorkerdEnd, type WorkerdProcess } from "./workerd.ts";
import { MODULES, TICKER_TOKEN, workerdConfig } from "./workerd-config.ts";

export interface EdgeOptions {
  readonly bundle: Bundle;
  readonly routesFile: string;
  readonly stateDir: string;
  /** Another release's Worker in front of this bundle's objects. */
  readonly front?: Bundle | undefined;
  readonly vars?: Vars;
  /** 0 or nothing: any free port. */
  readonly port?: number;
  /** Each line of the Worker's log, as it comes; `lines` keeps them all unless this is given. */
  readonly onLine?: (line: string) => void;
  /** What workerd itself complains about. */
  readonly onError?: (line: string) => void;
}

export interface Edge {
  readonly url: string;
  /** The pid of workerd. */
  readonly pid: number;
  readonly port: number;
  readonly lines: readonly string[];
  /** Fires the scheduled handler now. */
  readonly fire: Fire;
  /** Resolves when workerd has ended, for whatever reason. */
  readonly ended: Promise<WorkerdEnd>;
  readonly stop: () => Promise<void>;
  /** `kill -9` of workerd; resolves when it is gone and the state can be taken over. */
  readonly kill: () => Promise<void>;
}

const READY_WITHIN_MS = 20_000;
const TICKER_MODULE = fileURLToPath(new URL("ticker.js", import.meta.url).href);

/** A killed workerd counts as gone a moment before the system has taken its port back. */
const PORT_LEAVING_MS = 3_000;
const PORT_EVERY_MS = 50;

/** The port when it could be listened on, undefined when it is taken. */
function probePort(port: number): Promise<number | undefined> {
  return new Promise((resolvePort, reject) => {
    const probe = createServer();
    probe.on("error", (error) => (errorCode(error) === "EADDRINUSE" ? resolvePort(undefined) : reject(error)));
    probe.listen(port, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolvePort(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}

/** The port asked for once it is free, or any free one for 0. */
async function freePort(port: number): Promise<number> {
  const deadlineMs = Date.now() + PORT_LEAVING_MS;
  for (;;) {
    const free = await probePort(port);
    if (free !== undefined) return free;
    if (Date.now() > deadlineMs) throw usageFailure(`port ${port} is in use: stop what listens there, or take --port 0 for any free one`);
    await new Promise((next) => setTimeout(next, PORT_EVERY_MS));
  }
}

/** Any answer counts: what the bundle says of its health is for those who ask it. */
async function untilAnswering(url: string): Promise<void> {
  const deadlineMs = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const answer = await fetch(`${url}/healthz`, { redirect: "manual", signal: AbortSignal.timeout(5_000) }).catch(
      (error: unknown) => error,
    );
    if (answer instanceof Response) return void (await answer.body?.cancel());
    if (Date.now() > deadlineMs) throw new EdgeFailure(`workerd listens on ${url} but does not answer: ${String(answer)}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}

/** Certificates of a company's proxy, as Node itself takes them; like Node, goes on without a file that cannot be read. */
function extraCertificates(): string | undefined {
  const file = process.env["NODE_EXTRA_CA_CERTS"];
  return file !== undefined && existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** The variables that become bindings: the bundle's own defaults, what a local edge needs, what the operator says. The last one wins. */
export const edgeVars = ({ bundle, vars = {} }: EdgeOptions, port: number): Vars => ({
  ...bundle.manifest.vars,
  ...localVars(`http://127.0.0.1:${port}`),
  ...vars,
});

export const edgeConfig = (options: EdgeOptions, port: number, certificates?: string): string =>
  workerdConfig({
    manifest: options.bundle.manifest,
    varNames: Object.keys(edgeVars(options, port)),
    port,
    stateDir: resolve(options.stateDir),
    hasFront: options.front !== undefined,
    extraCertificates: certificates,
  });

function refuseTakenNames({ bundle, vars = {} }: EdgeOptions): void {
  const bindings = [...bundle.manifest.kvBindings, ...bundle.manifest.objects.map(({ binding }) => binding), TICKER_TOKEN];
  const taken = bindings.find((name) => Object.hasOwn(vars, name));
  if (taken !== undefined) throw usageFailure(`--vars may not set ${taken}: it is a binding of the Worker; rename the variable`);
}

/** Writes everything workerd reads at start; returns the configuration file. */
function layOut(options: EdgeOptions, stateDir: string, port: number): string {
  for (const dir of [kvDir(stateDir), join(stateDir, "objects"), join(stateDir, "bundle")]) mkdirSync(dir, { recursive: true });
  copyFileSync(join(options.bundle.dir, options.bundle.manifest.main), join(stateDir, MODULES.edge));
  if (options.front !== undefined) copyFileSync(join(options.front.dir, options.front.manifest.main), join(stateDir, MODULES.front));
  copyFileSync(TICKER_MODULE, join(stateDir, MODULES.ticker));
  const configFile = join(stateDir, "edge.capnp");
  writeFileSync(configFile, edgeConfig(options, port, extraCertificates()), { mode: 0o600 });
  return configFile;
}

function spawnEdge(
  options: EdgeOptions,
  stateDir: string,
  env: { readonly port: number; readonly token: string },
): [WorkerdProcess, string[]] {
  const lines: string[] = [];
  const { SSL_CERT_FILE, SSL_CERT_DIR } = process.env;
  const certificates = { ...(SSL_CERT_FILE && { SSL_CERT_FILE }), ...(SSL_CERT_DIR && { SSL_CERT_DIR }) };
  const workerd = startWorkerd({
    configFile: layOut(options, stateDir, env.port),
    env: { ...certificates, ...edgeVars(options, env.port), [TICKER_TOKEN]: env.token },
    onLine: options.onLine ?? ((line) => lines.push(line)),
    onError: options.onError ?? (() => undefined),
  });
  shareLock(stateDir, workerd.pid);
  return [workerd, lines];
}

async function run(options: EdgeOptions, stateDir: string, port: number): Promise<Edge> {
  offerRoutes(stateDir, readRoutes(options.routesFile));
  const token = randomBytes(24).toString("hex");
  const [workerd, lines] = spawnEdge(options, stateDir, { port, token });
  const url = `http://127.0.0.1:${port}`;
  try {
    const ports = await workerd.ports;
    await untilAnswering(url);
    const fire = firing(ports.get("ticker") ?? 0, token);
    const report = (error: unknown): void => options.onError?.(String(error));
    const unfollow = [watchRoutes(options.routesFile, stateDir), followCrons(options.bundle.manifest.crons, fire, report)];
    const info = join(stateDir, "edge.json");
    writeFileSync(info, `${JSON.stringify({ url, pid: workerd.pid, port })}\n`);
    const ended = workerd.ended.then((end) => {
      for (const stop of unfollow) stop();
      rmSync(info, { force: true });
      releaseLock(stateDir);
      return end;
    });
    const endBy = (signal: "SIGTERM" | "SIGKILL") => async (): Promise<void> => void (await workerd.end(signal).then(() => ended));
    return { url, pid: workerd.pid, port, lines, fire, ended, stop: endBy("SIGTERM"), kill: endBy("SIGKILL") };
  } catch (error) {
    await workerd.end("SIGKILL");
    throw error;
  }
}

/** Starts and waits until the edge answers. Fails with an `EdgeFailure` that says what to do. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  refuseTakenNames(options);
  const stateDir = resolve(options.stateDir);
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  await takeLock(stateDir);
  try {
    return await run(options, stateDir, await freePort(options.port ?? 0));
  } catch (error) {
    releaseLock(stateDir);
    throw error;
  }
}
