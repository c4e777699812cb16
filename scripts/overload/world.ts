/** The edge of an overload run: the real bundle in workerd, two gateways behind it, and its log thrown away. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
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
  /** Resolves when nothing waits any more either: the agents who never answered refuse whatever was left for them. */
  readonly drained: () => Promise<void>;
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

const IN_MEMORY = "/dev/shm";
const ROOM_BYTES = 2 * 1024 ** 3;

/** In memory where there is room: a disk that pauses makes everybody late, and the run would measure the disk. */
function usualPlace(): string {
  if (!existsSync(IN_MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(IN_MEMORY);
  return bavail * bsize >= ROOM_BYTES ? IN_MEMORY : tmpdir();
}

export async function startWorld(place: string = usualPlace()): Promise<World> {
  const bundle = await ensureBundle();
  const dir = mkdtempSync(join(place, "clawedge-overload-"));
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
  const settled = (): Promise<void> => untilStill(accepting);
  const drained = async (): Promise<void> => {
    await settled();
    await silent.drain();
  };
  return { dir, stateDir, edge, settled, drained, stop };
}
