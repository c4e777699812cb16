/** One world and its kills: people write in all accounts, workerd is killed at one fault point after the other, and then everything is reconciled. */
import type { Bundle } from "../edge/manifest.ts";
import { totalOf } from "../soak/admin.ts";
import { LINKS } from "../soak/cast.ts";
import { type Chance, chanceOf } from "../soak/chance.ts";
import { check, type Verdict } from "../soak/check.ts";
import { type Pace, startPeople } from "../soak/people.ts";
import { settle } from "../soak/settle.ts";
import { startTelling } from "../soak/statuses.ts";
import { factsOf, startWorld } from "../soak/world.ts";
import { type FaultEdge, faultEdgeOf } from "./edge.ts";
import { type Point, passingsOf } from "./points.ts";

export interface RoundResult {
  readonly verdict: Verdict;
  /** How often workerd really died at each point. */
  readonly hits: Readonly<Record<string, number>>;
  /** From one kill to the next, recovery and traffic included. */
  readonly msPerKill: number;
  readonly complaints: ReadonlyMap<string, number>;
  readonly dir: string;
}

export interface RoundOptions {
  readonly bundle: Bundle;
  /** One kill for each, in this order. */
  readonly plan: readonly Point[];
  readonly seed: number;
  readonly onKill?: (count: number) => void;
  readonly isKept?: boolean;
}

/**
 * New chats all the time: a new object migrates and pins, and a conversation whose hand-over a kill cut off is quiet until its alarm
 * rings, five seconds later. A kill every half second would otherwise find everybody waiting.
 */
const PACE: Pace = { people: 10, perChat: 3, pauseMs: [50, 500] };
/** Kills come faster than turns are done: most of what is asked over `/v1` is cut off, and never asked again. */
const KILLED_LINKS = LINKS.map((link) => (link.isOnce ? { ...link, mostUnreceived: 1 } : link));
const HIT_WITHIN_MS = 15_000;
/** A point that is not passed in its time is tried again: so often at most, which is two minutes. */
const TRIES = 8;
const ACKNOWLEDGED_WITHIN_MS = 30_000;
const SETTLED_WITHIN_MS = 3 * 60_000;

/** What is passed too seldom now is waited for at its first passing. */
async function killAt(edge: FaultEdge, point: Point, chance: Chance): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const nth = tries === 0 ? 1 + Math.floor(chance.next() * passingsOf(point)) : 1;
    await edge.restart(`${point}@${nth}`);
    if ((await edge.stands(HIT_WITHIN_MS)) === point) return true;
  }
  return false;
}

async function killAll(edge: FaultEdge, options: RoundOptions, chance: Chance): Promise<Record<string, number>> {
  const hits: Record<string, number> = Object.fromEntries(options.plan.map((point) => [point, 0]));
  for (const [index, point] of options.plan.entries()) {
    if (await killAt(edge, point, chance)) hits[point] = (hits[point] ?? 0) + 1;
    options.onKill?.(index + 1);
  }
  return hits;
}

export async function playRound(options: RoundOptions): Promise<RoundResult> {
  const chance = chanceOf(options.seed);
  let edge: FaultEdge | undefined;
  const world = await startWorld(chance, async (...parts) => {
    edge = await faultEdgeOf(options.bundle)(...parts);
    return edge;
  });
  if (edge === undefined) throw new Error("the world has no edge");
  try {
    const telling = startTelling(world.graph, chance.fork());
    const people = startPeople(edge.url, world.graph, chance.fork(), PACE);
    const fromMs = Date.now();
    const hits = await killAll(edge, options, chance.fork());
    const msPerKill = Math.round((Date.now() - fromMs) / options.plan.length);
    await edge.restart("");
    await people.stop(ACKNOWLEDGED_WITHIN_MS);
    const conversations = [...new Set(people.said.map(({ conversation }) => conversation))];
    const ended = await settle(world, conversations, SETTLED_WITHIN_MS);
    await telling.stop();
    const repeatsCounted = await totalOf(edge.url, "clawedge_replies_repeated_total");
    const verdict = check(factsOf(world, { said: people.said, ended, repeatsCounted, troubles: [], links: KILLED_LINKS }));
    return { verdict, hits, msPerKill, complaints: edge.complaints, dir: world.dir };
  } finally {
    await world.stop(options.isKept === true);
  }
}
