/** `npm run overload`: more webhooks than the edge can keep; exit code 0 only when every bar was met. Never part of the tests. */
import { writeFileSync } from "node:fs";
import { canMeasure, growthDuring, residentMib } from "../bench/resident.ts";
import { sleep } from "../fakes/http-service.ts";
import { HELP, type OverloadSettings, readCommandLine } from "./command-line.ts";
import { keptMessages } from "./disk.ts";
import type { Figures } from "./figures.ts";
import { Phases, TURN_SECONDS } from "./phases.ts";
import { linesOf } from "./report.ts";
import { findings } from "./verdict.ts";
import { startWorld, type World } from "./world.ts";

const QUIET_MS = 60_000;

/** Everything is delivered or dead, nobody has written for a minute, and whoever is idle was put away. */
async function quietMib({ drained, edge }: World): Promise<number> {
  await drained();
  await sleep(QUIET_MS);
  return residentMib(edge.pid);
}

async function measure(world: World, phases: Phases, seconds: number): Promise<Omit<Figures, "acknowledged" | "lost">> {
  const { pid } = world.edge;
  const turns = Math.ceil(seconds / TURN_SECONDS);
  await phases.connect();
  const alone = await phases.floodAlone();
  const closedLoop = await phases.closedLoop();
  const sustained = await phases.sustained(closedLoop);
  const earlyMib = residentMib(pid);
  await phases.level(sustained, turns);
  const baseMib = await quietMib(world);
  let load: Pick<Figures, "steps" | "fairness" | "flood"> | undefined;
  const { peakMib } = await growthDuring(pid, async () => {
    const steps = await phases.steps(sustained, turns);
    await world.drained();
    const fairness = await phases.fairness(sustained, turns);
    await world.drained();
    load = { steps, fairness, flood: { ...alone, beside: await phases.floodBeside(sustained) } };
  });
  const afterMib = await quietMib(world);
  const { peakMib: againMib } = await growthDuring(pid, () => phases.again(sustained, turns));
  if (load === undefined) throw new Error("nothing was measured");
  return { sustained, closedLoop, seconds: turns * TURN_SECONDS, ...load, memory: { earlyMib, baseMib, peakMib, afterMib, againMib } };
}

async function overload({ seconds, stateIn, jsonFile }: OverloadSettings): Promise<boolean> {
  if (!canMeasure()) throw new Error("memory is read from /proc, which this system does not have");
  const world = await startWorld(stateIn);
  const phases = new Phases(world);
  try {
    const measured = await measure(world, phases, seconds);
    phases.close();
    await world.edge.kill();
    const kept = keptMessages(world.stateDir);
    const { acknowledged } = phases;
    const figures: Figures = { ...measured, acknowledged: acknowledged.length, lost: acknowledged.filter((name) => !kept.has(name)) };
    const found = findings(figures);
    console.log(linesOf(figures, found).join("\n"));
    if (jsonFile !== undefined) writeFileSync(jsonFile, `${JSON.stringify({ ...figures, findings: found }, null, 2)}\n`);
    return found.length === 0;
  } finally {
    await world.stop();
  }
}

function settings(): OverloadSettings | undefined {
  try {
    return readCommandLine(process.argv.slice(2));
  } catch (error) {
    console.error(`overload: ${error instanceof Error ? error.message : String(error)}\nSee: npm run overload -- --help`);
    process.exit(2);
  }
}

const given = settings();
if (given === undefined) console.log(HELP);
else process.exitCode = (await overload(given)) ? 0 : 1;
