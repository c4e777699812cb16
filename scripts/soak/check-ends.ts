/** How messages ended, by the edge's own word and its log. Pure. */
import type { Facts, Name } from "./facts.ts";

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

/** Ended, and no line in the log says so: what dies with an incarnation is written by the next one that starts, and by now all have. */
export function unlogged({ ended, logged }: Facts): readonly Name[] {
  const told = new Set(logged.filter(({ what }) => what === "settled").map(({ name }) => name));
  return ended.filter(({ name, state }) => TERMINAL.has(state) && !told.has(name)).map(({ name }) => name);
}

/** Ends that a later incarnation had to write, because no line of the one that brought them about is there. */
export function linesAgain({ logged }: Facts): readonly Name[] {
  const settled = Map.groupBy(
    logged.filter(({ what }) => what === "settled"),
    ({ name }) => name,
  );
  return [...settled].flatMap(([name, lines]) => (lines.every(({ isAgain }) => isAgain === true) ? [name] : []));
}

/** The log says two ends of it, or another one than the edge does. */
export function contradicted({ ended, logged }: Facts): readonly string[] {
  const states = new Map<Name, Set<string>>();
  const learn = (name: Name, state: string): void => void states.set(name, (states.get(name) ?? new Set()).add(state));
  for (const { name, state } of ended) if (TERMINAL.has(state)) learn(name, state);
  for (const { name, what, state } of logged) if (what === "settled") learn(name, state);
  return [...states].filter(([, all]) => all.size > 1).map(([name, all]) => `${name} ${[...all].join(" and ")}`);
}
