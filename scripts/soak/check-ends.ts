/** How messages ended, by the edge's own word, its log, and what was broken meanwhile. Pure. */
import { linkOf } from "./check-receipts.ts";
import { type Ended, type Facts, type Link, type Name, overlaps } from "./facts.ts";

/** Said and never acknowledged: the platform would still be trying. */
export const unacknowledged = ({ said }: Facts): readonly string[] =>
  said.filter(({ isAcknowledged }) => !isAcknowledged).map(({ name }) => name);

/** Acknowledged, and in no terminal state when everything had been quiet for long. */
export function unfinished({ said, ended }: Facts): readonly string[] {
  const ends = new Map(ended.map((end) => [end.name, end.state]));
  return said.flatMap(({ name, isAcknowledged }) => {
    const state = ends.get(name) ?? "unknown";
    return isAcknowledged && !TERMINAL.has(state) ? [`${name} ${state}`] : [];
  });
}

const TERMINAL: ReadonlySet<string> = new Set(["delivered", "answered", "dead"]);

/** Known to a conversation more than once: it was not recognised as a repeat. */
export const storedTwice = ({ ended }: Facts): readonly string[] =>
  [...Map.groupBy(ended, ({ name }) => name)].filter(([, rows]) => rows.length > 1).map(([name]) => name);

/** A dead letter for a reason that this link does not have, or in a time when nothing was broken. */
export function groundless(facts: Facts): readonly string[] {
  return facts.ended.flatMap((end) => {
    if (end.state !== "dead") return [];
    const link = linkOf(facts.links, end.name);
    const isAllowed = link?.deaths.some((reason) => end.outcome.startsWith(reason)) === true;
    return isAllowed && isTroubled(end, link, facts) ? [] : [`${end.name} ${end.outcome}`];
  });
}

function isTroubled(end: Ended, link: Link, { kills, troubles }: Facts): boolean {
  const life = { fromMs: end.arrivedAtMs, toMs: end.endedAtMs };
  const own = troubles.filter(({ where }) => where === link.account || link.instances.includes(where));
  return [...kills, ...own].some((window) => overlaps(window, life));
}

/** How long a line takes from the row to the file: a kill in that time may swallow it. */
const LINE_TAKES_MS = 1_500;

export interface Untold {
  /** A kill came right after the end. */
  readonly swallowed: readonly Name[];
  readonly unlogged: readonly Name[];
}

/** Ended, and no line in the log says so. */
export function untold({ ended, logged, kills }: Facts): Untold {
  const told = new Set(logged.filter(({ what }) => what === "settled").map(({ name }) => name));
  const silent = ended.filter(({ name, state }) => TERMINAL.has(state) && !told.has(name));
  const isSwallowed = ({ endedAtMs }: Ended): boolean =>
    kills.some((kill) => overlaps(kill, { fromMs: endedAtMs, toMs: endedAtMs + LINE_TAKES_MS }));
  const [swallowed = [], unlogged = []] = [true, false].map((is) => silent.filter((end) => isSwallowed(end) === is));
  return { swallowed: swallowed.map(({ name }) => name), unlogged: unlogged.map(({ name }) => name) };
}

/** The log says two ends of it, or another one than the edge does. */
export function contradicted({ ended, logged }: Facts): readonly string[] {
  const states = new Map<Name, Set<string>>();
  const learn = (name: Name, state: string): void => void states.set(name, (states.get(name) ?? new Set()).add(state));
  for (const { name, state } of ended) if (TERMINAL.has(state)) learn(name, state);
  for (const { name, what, state } of logged) if (what === "settled") learn(name, state);
  return [...states].filter(([, all]) => all.size > 1).map(([name, all]) => `${name} ${[...all].join(" and ")}`);
}
