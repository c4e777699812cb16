/** Many seeds in a row: how much happened in them, and the first ones in which a promise was broken. */
import type { Bug } from "./bugs.ts";
import { runSeed } from "./seed.ts";

export interface Failure {
  readonly seed: number;
  readonly fault: string;
}

export interface Survey {
  readonly seeds: number;
  readonly events: number;
  readonly messages: number;
  readonly deaths: number;
  readonly moves: number;
  readonly endings: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
}

export interface Seeds {
  readonly from: number;
  readonly seeds: number;
}

/** More say no more. */
const MAX_FAILURES = 10;

export function survey({ from, seeds }: Seeds, bug?: Bug): Survey {
  let [events, messages, deaths, moves, done] = [0, 0, 0, 0, 0];
  const endings: Record<string, number> = {};
  const failures: Failure[] = [];
  while (done < seeds && failures.length < MAX_FAILURES) {
    const run = runSeed(from + done, { bug });
    done += 1;
    events += run.events;
    messages += run.messages;
    deaths += run.deaths;
    moves += run.moves;
    for (const [name, count] of Object.entries(run.endings)) endings[name] = (endings[name] ?? 0) + count;
    if (run.fault !== undefined) failures.push({ seed: run.seed, fault: run.fault });
  }
  return { seeds: done, events, messages, deaths, moves, endings, failures };
}

export function joined(surveys: readonly Survey[]): Survey {
  const endings: Record<string, number> = {};
  for (const one of surveys) for (const [name, count] of Object.entries(one.endings)) endings[name] = (endings[name] ?? 0) + count;
  const sum = (count: (one: Survey) => number): number => surveys.reduce((all, one) => all + count(one), 0);
  return {
    seeds: sum(({ seeds }) => seeds),
    events: sum(({ events }) => events),
    messages: sum(({ messages }) => messages),
    deaths: sum(({ deaths }) => deaths),
    moves: sum(({ moves }) => moves),
    endings,
    failures: surveys.flatMap(({ failures }) => failures),
  };
}

/** The first seed that finds this mistake. */
export function find(bug: Bug, { from, seeds }: Seeds): Failure | undefined {
  for (let seed = from; seed < from + seeds; seed += 1) {
    const { fault } = runSeed(seed, { bug });
    if (fault !== undefined) return { seed, fault };
  }
  return undefined;
}
