/**
 * Messages that lost their worth while they waited, by the pool's own word: too old, or some of many behind an outage. They end as
 * expired when their turn comes. Never what an instance may have, and never what an operator sends again.
 */
import { end, ending, type Moment } from "./hold.ts";
import { andThen, type Ending, type Entry, type State, type Step, still } from "./state.ts";

/** The state without them; undefined when there are none. */
export function withoutOutdated(state: State, head: Entry, moment: Moment): Step | undefined {
  const late = lateOnes(state.queue, moment);
  const over = late.length > 0 ? late : collapsed(state.queue, head, moment);
  if (over.length === 0) return undefined;
  const ended = over.reduce<Step>((step, one) => andThen(step, (next) => end(next, one)), still(state));
  return andThen(ended, (next) => inherit(next, head));
}

/** From the head on, up to the first that is worth something. */
function lateOnes(queue: readonly Entry[], moment: Moment): readonly Ending[] {
  const late: Ending[] = [];
  for (const entry of queue) {
    const how = lateness(entry, moment);
    if (how === undefined) break;
    late.push(ending(entry, "expired", how, moment));
  }
  return late;
}

function lateness(entry: Entry, { nowMs, rules }: Moment): string | undefined {
  if (entry.maybeAt !== undefined) return undefined;
  if (entry.expiresAtMs !== undefined && entry.expiresAtMs <= nowMs) return "expired";
  const maxAgeMs = rules.pools[entry.pool]?.backlog.maxAgeMs;
  const waitedMs = nowMs - entry.committedAtMs;
  if (maxAgeMs === undefined || waitedMs < maxAgeMs || entry.reached > 0 || entry.isReplay) return undefined;
  return `too old: waited ${Math.round(waitedMs / 1000)} s`;
}

function collapsed(queue: readonly Entry[], head: Entry, moment: Moment): readonly Ending[] {
  const backlog = moment.rules.pools[head.pool]?.backlog;
  if (backlog?.policy !== "collapse" || head.heldSinceMs === undefined || moment.nowMs - head.heldSinceMs < backlog.afterMs) return [];
  const waiting = queue.filter(({ pool, maybeAt, isReplay }) => pool === head.pool && maybeAt === undefined && !isReplay);
  const newest = waiting.toReversed().toSorted((left, right) => Number(left.isOverheard ?? false) - Number(right.isOverheard ?? false));
  const over = new Set(newest.slice(backlog.keep));
  return waiting.filter((entry) => over.has(entry)).map((entry) => ending(entry, "expired", "collapsed", moment));
}

/** Since when the conversation waits is handed on, or a hold that always begins anew would never be over. */
function inherit(state: State, { pool, heldSinceMs, movableSinceMs, lastDetail }: Entry): Step {
  const heir = state.queue.find((entry) => entry.pool === pool);
  if (heldSinceMs === undefined || heir === undefined || heir.heldSinceMs !== undefined) return still(state);
  const waiting: Entry = { ...heir, heldSinceMs, movableSinceMs, lastDetail: heir.lastDetail ?? lastDetail };
  const queue = state.queue.map((entry) => (entry === heir ? waiting : entry));
  return { state: { ...state, queue }, writes: [{ row: "update", entry: waiting }], effects: [] };
}
