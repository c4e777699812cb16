/** `npm run faults`: workerd killed at every named fault point, one world for each point; exit code 0 only when every invariant held everywhere. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EdgeFailure } from "../edge/failure.ts";
import type { Bundle } from "../edge/manifest.ts";
import { linesOf } from "../soak/report.ts";
import { type FaultSettings, HELP, readCommandLine } from "./command-line.ts";
import { faultBundle } from "./edge.ts";
import type { Point } from "./points.ts";
import { playRound, type RoundResult } from "./round.ts";
import { missing } from "./verdict.ts";

const TELL_EVERY = 50;

interface PointResult extends Omit<RoundResult, "complaints" | "dir" | "hits"> {
  readonly point: Point;
  readonly hits: number;
  readonly isWell: boolean;
}

async function playPoint(point: Point, bundle: Bundle, { times, seed, isKept }: FaultSettings): Promise<PointResult> {
  const onKill = (count: number): void => {
    if (count % TELL_EVERY === 0 && count < times) console.log(`${point}: ${count} of ${times}`);
  };
  const plan = Array.from({ length: times }, () => point);
  const { verdict, hits: all, msPerKill, complaints, dir } = await playRound({ bundle, plan, seed, onKill, isKept });
  const hits = all[point] ?? 0;
  const { acknowledged, repeatsByKill, recoveries, slowestRecoveryMs } = verdict.figures;
  const lacks = missing({ isHeld: verdict.isHeld, hits, times, acknowledged });
  const isWell = lacks.length === 0;
  const figures = `hit ${hits} of ${times}, ${msPerKill} ms each, ${acknowledged} acknowledged, ${repeatsByKill} received again`;
  const again = recoveries === 0 ? "" : `, sent again by itself within ${slowestRecoveryMs} ms`;
  console.log(`${isWell ? "held" : "BROKEN"} ${point}: ${figures}${again}${isWell ? "" : `: ${lacks.join(", ")}`}`);
  if (!isWell) console.log(linesOf(verdict, complaints).join("\n"));
  if (isKept) console.log(`left behind: ${dir}`);
  return { point, hits, msPerKill, verdict, isWell };
}

async function play(settings: FaultSettings): Promise<boolean> {
  console.log(`faults: ${settings.points.length} points, ${settings.times} kills each, seed ${settings.seed}`);
  const dir = mkdtempSync(join(tmpdir(), "clawedge-faults-"));
  try {
    const bundle = await faultBundle(dir);
    const results: PointResult[] = [];
    for (const point of settings.points) {
      results.push(await playPoint(point, bundle, settings));
      if (settings.jsonFile !== undefined) writeFileSync(settings.jsonFile, `${JSON.stringify({ ...settings, results }, null, 2)}\n`);
    }
    const broken = results.filter(({ isWell }) => !isWell).map(({ point }) => point);
    const hits = results.reduce((sum, result) => sum + result.hits, 0);
    console.log(`${hits} kills at ${results.length} points: ${broken.length === 0 ? "all held" : `BROKEN at ${broken.join(", ")}`}`);
    return broken.length === 0;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function settings(): FaultSettings | undefined {
  try {
    return readCommandLine(process.argv.slice(2), Math.floor(Math.random() * 1e9));
  } catch (error) {
    console.error(`faults: ${error instanceof Error ? error.message : String(error)}\nSee: npm run faults -- --help`);
    process.exit(2);
  }
}

const given = settings();
if (given === undefined) console.log(HELP);
else {
  try {
    process.exitCode = (await play(given)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof EdgeFailure)) throw error;
    console.error(`faults: ${error.message}`);
    process.exitCode = error.exitCode;
  }
}
