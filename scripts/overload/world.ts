/** The edge of an overload run: the real bundle in workerd with its state on disk, two gateways behind it, and its log thrown away. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { complain } from "../bench/bare-worker.ts";
import { type BenchInstance, startInstance } from "../bench/instance.ts";
import { ensureBundle } from "../edge/build.ts";
import { type Edge, startEdge } from "../edge/run.ts";
import { routesOf, VARS } from "./cast.ts";

export interface World {
  readonly dir: string;
  readonly stateDir: string;
  readonly edge: Edge;
  /** Resolves when nothing is handed over any more. */
  readonly settled: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const STILL_MS = 500;

/** Hand-overs are over when their count stands still. */
async function untilStill({ accepted }: BenchInstance): Promise<void> {
  for (let before = -1; before !== accepted(); ) {
    before = accepted();
    await new Promise((resolve) => setTimeout(resolve, STILL_MS));
  }
}

export async function startWorld(): Promise<World> {
  const bundle = await ensureBundle();
  const dir = mkdtempSync(join(tmpdir(), "clawedge-overload-"));
  mkdirSync(dir, { recursive: true });
  const [accepting, silent] = await Promise.all([startInstance("accepts"), startInstance("withholds")]);
  const routesFile = join(dir, "routes.jsonc");
  const stateDir = join(dir, "state");
  writeFileSync(routesFile, JSON.stringify(routesOf({ accepting: accepting.url, silent: silent.url })));
  const edge = await startEdge({ bundle, routesFile, stateDir, vars: VARS, onLine: () => undefined, onError: complain });
  const stop = async (): Promise<void> => {
    await edge.kill();
    await Promise.all([accepting.close(), silent.close()]);
    rmSync(dir, { recursive: true, force: true });
  };
  return { dir, stateDir, edge, settled: () => untilStill(accepting), stop };
}
