/** Dead letters: each for a reason that its link has, with a cause in its own life, and not more that nobody received than a busy machine makes. Pure. */
import { byName, linkOf } from "./check-receipts.ts";
import { type Causes, causes } from "./check-repeats.ts";
import { type Ended, type Facts, type Kill, type Link, type Name, overlaps, type Window } from "./facts.ts";

/** After these the edge cannot know whether its instance has the message: no answer, none to the end, or one without the marker. */
const MAY_STORE: ReadonlySet<string> = new Set(["hang", "mute", "reset", "garbage", "unmarked", "refuse", "deaf", "silent"]);

/** From when a message was first in its conversation until its end: before that it is handed to nobody. */
export function turnsOf({ said, ended }: Pick<Facts, "said" | "ended">): ReadonlyMap<Name, Window> {
  const ends = new Map(ended.map((end) => [end.name, end]));
  const turns = new Map<Name, Window>();
  for (const lane of Map.groupBy(said, ({ conversation }) => conversation).values()) {
    let freeAtMs = 0;
    for (const { name } of lane) {
      const end = ends.get(name);
      if (end === undefined) continue;
      turns.set(name, { fromMs: Math.max(freeAtMs, end.arrivedAtMs), toMs: end.endedAtMs });
      freeAtMs = Math.max(freeAtMs, end.endedAtMs);
    }
  }
  return turns;
}

interface Coroner {
  readonly facts: Facts;
  readonly received: ReadonlySet<Name>;
  readonly turns: ReadonlyMap<Name, Window>;
  /** By conversation: one hand-over is in flight there, so that a kill cuts one off. */
  readonly kills: ReadonlyMap<string, Causes<Kill>>;
}

/** A dead letter for a reason that this link does not have, or without a cause. */
export function groundless(facts: Facts): readonly string[] {
  const dead = facts.ended.filter(({ state }) => state === "dead").toSorted((one, other) => one.endedAtMs - other.endedAtMs);
  const coroner: Coroner = {
    facts,
    received: new Set(byName(facts.receipts).keys()),
    turns: turnsOf(facts),
    kills: new Map(dead.map(({ conversation }) => [conversation, causes(facts.kills)])),
  };
  return dead.flatMap((end) => {
    const link = linkOf(facts.links, end.name);
    const isAllowed = link?.deaths.some((reason) => end.outcome.startsWith(reason)) === true;
    return isAllowed && hasCause(end, link, coroner) ? [] : [`${end.name} ${end.outcome}`];
  });
}

function hasCause(end: Ended, link: Link, coroner: Coroner): boolean {
  if (link.isOnce || !end.outcome.startsWith("ambiguous")) return isTroubled(end, link, coroner.facts);
  const { facts, received, turns, kills } = coroner;
  const turn = turns.get(end.name);
  if (received.has(end.name) || turn === undefined) return received.has(end.name);
  const mayHaveIt = ({ where, kind }: Facts["troubles"][number]): boolean => link.instances.includes(where) && MAY_STORE.has(kind);
  if (facts.troubles.some((trouble) => mayHaveIt(trouble) && overlaps(trouble, turn))) return true;
  return kills.get(end.conversation)?.use((kill) => overlaps(kill, turn)) === true;
}

/** In its life workerd was killed, or something of its own was broken. */
function isTroubled(end: Ended, link: Link, { kills, troubles }: Facts): boolean {
  const life = { fromMs: end.arrivedAtMs, toMs: end.endedAtMs };
  const own = troubles.filter(({ where }) => where === link.account || link.instances.includes(where));
  return [...kills, ...own].some((window) => overlaps(window, life));
}

/** Acknowledged, dead, and no instance has it. */
export function deadUnreceived({ said, ended, receipts }: Facts): readonly Name[] {
  const received = byName(receipts);
  const dead = new Set(ended.flatMap(({ name, state }) => (state === "dead" ? [name] : [])));
  return said.filter(({ name, isAcknowledged }) => isAcknowledged && dead.has(name) && !received.has(name)).map(({ name }) => name);
}

/** So few say nothing of a share. */
const FEW = 10;

/** A cause for each does not make it right that most of what was acknowledged reached nobody. */
export function perished(facts: Facts): readonly string[] {
  const dead = deadUnreceived(facts);
  return facts.links.flatMap(({ account, mostUnreceived }) => {
    const own = dead.filter((name) => linkOf(facts.links, name)?.account === account).length;
    const acknowledged = facts.said.filter((one) => one.account === account && one.isAcknowledged).length;
    const most = FEW + Math.floor(mostUnreceived * acknowledged);
    return own > most ? [`${own} of ${acknowledged} of ${account}, at most ${most}`] : [];
  });
}
