/** `npm run soak`: the bundle under kills, broken gateways and a platform that repeats itself; exit code 0 only when every invariant held. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { EdgeFailure } from "../edge/failure.ts";
import { sleep } from "../fakes/http-service.ts";
import { totalOf } from "./admin.ts";
import { AGENTS, NATIVES, POLLER } from "./cast.ts";
import { chanceOf } from "./chance.ts";
import { check } from "./check.ts";
import { isEnough, leastOf } from "./check-amounts.ts";
import { HELP, readCommandLine, type SoakSettings } from "./command-line.ts";
import type { Facts } from "./facts.ts";
import { ALL_KINDS, MEETS_ALL_MINUTES, startBreaking } from "./faults.ts";
import { startOperator } from "./operator.ts";
import { startPeople } from "./people.ts";
import { linesOf } from "./report.ts";
import { settle } from "./settle.ts";
import { startTelling } from "./statuses.ts";
import { factsOf, startWorld, type World } from "./world.ts";

const KILL_EVERY_MS = [5_000, 12_000] as const;
const DOWN_MS = [0, 1_500] as const;
const LOOK_MS = 250;
const TELL_EVERY_MS = 30_000;
/** On a machine that is busy a run goes on until it has its amounts, but not for ever. */
const STRETCH = { times: 2, leastMs: 5 * 60_000 };
const ACKNOWLEDGED_WITHIN_MS = 120_000;
const SETTLED_WITHIN_MS = 10 * 60_000;

async function run(world: World, { minutes, seed }: SoakSettings): Promise<Facts> {
  const chance = chanceOf(seed);
  const { edge, graph } = world;
  const breaking = startBreaking({ ...world, poller: world.poller.instance }, chance.fork());
  const telling = startTelling(graph, chance.fork());
  const people = startPeople(edge.url, graph, chance.fork());
  const operator = startOperator(edge.url, [...NATIVES, ...AGENTS, POLLER], chance.fork());
  const fromMs = Date.now();
  const endMs = fromMs + minutes * 60_000;
  const lastMs = endMs + Math.max(STRETCH.times * (endMs - fromMs), STRETCH.leastMs);
  const least = leastOf(minutes);
  const acknowledged = (): number => people.said.filter(({ isAcknowledged }) => isAcknowledged).length;
  const news = setInterval(() => {
    const at = ((Date.now() - fromMs) / 60_000).toFixed(1);
    console.log(`${at} min: acknowledged ${acknowledged()}, kills ${edge.kills.length}, troubles ${breaking.troubles.length}`);
  }, TELL_EVERY_MS);
  const isOver = (): boolean => {
    const nowMs = Date.now();
    return nowMs >= lastMs || (nowMs >= endMs && isEnough(least, { acknowledged: acknowledged(), kills: edge.kills.length }));
  };
  while (!isOver()) {
    await restUntil(Date.now() + chance.between(...KILL_EVERY_MS), isOver);
    if (!isOver()) await edge.kill(chance.between(...DOWN_MS));
  }
  await breaking.stop();
  await operator.stop();
  await people.stop(ACKNOWLEDGED_WITHIN_MS);
  const conversations = [...new Set(people.said.map(({ conversation }) => conversation))];
  const ended = await settle(world, conversations, SETTLED_WITHIN_MS);
  await telling.stop();
  clearInterval(news);
  const repeatsCounted = await totalOf(edge.url, "clawedge_replies_repeated_total");
  const troubles = [...breaking.troubles, ...operator.drains];
  const mustMeet = minutes >= MEETS_ALL_MINUTES ? ALL_KINDS : [];
  return factsOf(world, { said: people.said, ended, repeatsCounted, troubles, least, mustMeet });
}

async function restUntil(atMs: number, isOver: () => boolean): Promise<void> {
  while (Date.now() < atMs && !isOver()) await sleep(Math.min(LOOK_MS, Math.max(atMs - Date.now(), 0)));
}

async function soak(settings: SoakSettings): Promise<boolean> {
  console.log(`soak: ${settings.minutes} min, seed ${settings.seed}`);
  const world = await startWorld(chanceOf(settings.seed));
  try {
    const facts = await run(world, settings);
    if (settings.isKept) writeFileSync(join(world.dir, "facts.json"), JSON.stringify(facts));
    const verdict = check(facts);
    console.log(linesOf(verdict, world.edge.complaints).join("\n"));
    if (settings.isKept) console.log(`left behind: ${world.dir}`);
    if (settings.jsonFile !== undefined) writeFileSync(settings.jsonFile, `${JSON.stringify({ ...settings, ...verdict }, null, 2)}\n`);
    return verdict.isHeld;
  } finally {
    await world.stop(settings.isKept);
  }
}

function settings(): SoakSettings | undefined {
  try {
    return readCommandLine(process.argv.slice(2), Math.floor(Math.random() * 1e9));
  } catch (error) {
    console.error(`soak: ${error instanceof Error ? error.message : String(error)}\nSee: npm run soak -- --help`);
    process.exit(2);
  }
}

const given = settings();
if (given === undefined) console.log(HELP);
else {
  try {
    process.exitCode = (await soak(given)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof EdgeFailure)) throw error;
    console.error(`soak: ${error.message}`);
    // The people of its world would go on writing.
    process.exit(error.exitCode);
  }
}
