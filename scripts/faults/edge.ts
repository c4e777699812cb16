/**
 * The edge of a run of faults: the bundle with its fault points, started for real once, and after every kill as bare as can be: the same
 * configuration, port and state, another `FAULT_POINT`. Kills nothing but the workerd it started.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureBundle } from "../edge/build.ts";
import { bundle } from "../edge/bundle.ts";
import { type Bundle, readBundle } from "../edge/manifest.ts";
import { edgeVars, startEdge } from "../edge/run.ts";
import { startWorkerd } from "../edge/workerd.ts";
import { TICKER_TOKEN } from "../edge/workerd-config.ts";
import { sleep } from "../fakes/http-service.ts";
import { VARS } from "../soak/cast.ts";
import { keepLog, type SoakEdge } from "../soak/edge.ts";
import type { Kill } from "../soak/facts.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const FAULT_LINE = /^FAULT (\S+)$/;
const AGAIN_MS = 20;
const PATIENCE = { holdMs: 600_000, attemptMs: 60_000 };

export interface FaultEdge extends SoakEdge {
  /** Kills what runs and starts anew; `plan` is a value of `FAULT_POINT`, empty for none. */
  readonly restart: (plan: string) => Promise<void>;
  /** The point at which it stands still; undefined when it does not within the time. */
  readonly stands: (withinMs: number) => Promise<string | undefined>;
}

/** The sources as they are, with their fault points. */
export async function faultBundle(dir: string): Promise<Bundle> {
  const { manifest } = await ensureBundle();
  mkdirSync(dir, { recursive: true });
  await bundle({ root: ROOT, outFile: join(dir, manifest.main), define: { __FAULT_POINTS__: "true" } });
  writeFileSync(join(dir, "manifest.json"), JSON.stringify(manifest));
  return readBundle(dir);
}

/**
 * Kills come faster than holds end: a pool that gave a message up for its unanswered hand-over would leave nothing to be delivered. And
 * no instance is broken here: who is slow has a slow machine.
 */
function patient(routes: object): object {
  const { pools, ...rest } = routes as { readonly pools: Readonly<Record<string, { readonly failover: object }>> };
  const bent = Object.entries(pools).map(([name, pool]) => [name, { ...pool, failover: { ...pool.failover, ...PATIENCE } }]);
  return { ...rest, pools: Object.fromEntries(bent) };
}

interface Incarnation {
  readonly kill: () => Promise<void>;
}

export const faultEdgeOf =
  (built: Bundle) =>
  async (dir: string, routes: object, vars: Readonly<Record<string, string>>): Promise<FaultEdge> => {
    const routesFile = join(dir, "routes.jsonc");
    const stateDir = join(dir, "state");
    writeFileSync(routesFile, JSON.stringify(patient(routes)));
    const { onLine: keepLine, onError, ...log } = keepLog(join(dir, "edge.log"));
    const kills: Kill[] = [];
    let halted = Promise.withResolvers<string>();
    let haltedAtMs: number | undefined;
    const onLine = (text: string): void => {
      const point = FAULT_LINE.exec(text)?.[1];
      if (point === undefined) keepLine(text);
      else {
        haltedAtMs = Date.now();
        halted.resolve(point);
      }
    };
    const options = { bundle: built, routesFile, stateDir, vars: { ...VARS, ...vars, FAULT_POINT: "" }, onLine, onError };
    const { port, url, kill } = await startEdge(options);
    const configFile = join(stateDir, "edge.capnp");
    const env = { ...edgeVars(options, port), [TICKER_TOKEN]: "nobody-knocks-here" };
    const spawn = async (plan: string): Promise<Incarnation> => {
      for (;;) {
        const workerd = startWorkerd({ configFile, env: { ...env, FAULT_POINT: plan }, onLine, onError });
        const isUp = await workerd.ports.then(
          () => true,
          () => false,
        );
        if (isUp) return { kill: () => workerd.end("SIGKILL") };
        // The port of the one before is not given back yet.
        await sleep(AGAIN_MS);
      }
    };
    let running: Incarnation = { kill };
    const restart = async (plan: string): Promise<void> => {
      const fromMs = haltedAtMs ?? Date.now();
      await running.kill();
      [halted, haltedAtMs] = [Promise.withResolvers<string>(), undefined];
      running = await spawn(plan);
      kills.push({ fromMs, toMs: Date.now() });
    };
    return {
      ...{ url, ...log, kills, restart, stop: () => running.kill() },
      kill: () => restart(""),
      stands: (withinMs) => Promise.race([halted.promise, sleep(withinMs).then(() => undefined)]),
    };
  };
