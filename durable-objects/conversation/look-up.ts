/**
 * A conversation's first message in a pool that keeps answers: it may be answered without asking anybody, and its answer may be worth
 * keeping. Pure. What does not come in time is none; an incarnation that dies meanwhile goes on without.
 */
import type { Commit } from "../../src/core/commit.ts";
import { withAsked } from "./briefing.ts";
import type { Moment } from "./hold.ts";
import { toBot } from "./reply.ts";
import { type Entry, isNew, type State, type Step, still, withHead } from "./state.ts";

/** The lease of a message: whoever asks the cache hears much sooner, and if not even that comes back, the alarm goes on without. */
export const LOOK_UP_MS = 5000;

/** In a group others have spoken before. */
export function firstIn(state: State, pool: string, { commit, rules }: Moment & { readonly commit: Commit }): Pick<Entry, "cache"> {
  const isFirst = rules.pools[pool]?.keepsAnswers === true && isNew(state) && commit.chat.kind === "direct";
  return isFirst ? { cache: {} } : {};
}

/** Undefined: there is nothing to wait for. */
export function lookUp(state: State, head: Entry, { nowMs }: Moment): Step | undefined {
  if (head.cache === undefined) return undefined;
  if (head.cache.untilMs !== undefined) return nowMs < head.cache.untilMs ? still(state) : undefined;
  const asking: Entry = { ...head, cache: { untilMs: nowMs + LOOK_UP_MS } };
  return { ...still(withHead(state, asking)), effects: [{ do: "look-up", entry: asking }] };
}

export interface LookedUpEvent extends Moment {
  readonly type: "looked-up";
  readonly seq: number;
  /** Undefined: it is not known. */
  readonly text?: string | undefined;
  /** Undefined: it cannot be known. */
  readonly key?: string | undefined;
}

export function lookedUp(state: State, { seq, text, key, nowMs }: LookedUpEvent): Step {
  const head = state.queue[0];
  if (head?.seq !== seq || nowMs >= (head.cache?.untilMs ?? 0)) return still(state);
  if (text === undefined) return still(withHead(state, { ...head, cache: { untilMs: 0, key } }));
  return toBot(withAsked(state, head.pool, "nobody"), { entry: { ...head, cache: undefined }, text, sinceMs: nowMs });
}
