/**
 * A conversation waits a while for whoever is asked now to hear what was said before without them. Once for each move: the pin is
 * written with the step that asks for it, and an incarnation that dies meanwhile goes on without. Where the instance stays, and only
 * its agent is another or was not asked, the messages themselves say whether it was told.
 */
import type { Moment } from "./hold.ts";
import { type Asked, type Entry, type Pin, type State, type Step, still } from "./state.ts";

/** What was said last, the other tier's agent was asked, or nobody. */
export function isUntold({ lastAsked }: State, { pool, tier }: Entry, { rules }: Moment): boolean {
  const last = lastAsked[pool];
  return last === "nobody" || (last === "simple" && tier === "complex" && rules.pools[pool]?.tiers === "agents");
}

export const withAsked = (state: State, pool: string, asked: Asked): State =>
  state.lastAsked[pool] === asked ? state : { ...state, lastAsked: { ...state.lastAsked, [pool]: asked } };

/** Asks for it where the pool wants that; `head` is the message that waits. */
export function brief(before: State, head: Entry, pin: Pin, { nowMs, rules }: Moment): Step {
  const state = withAsked(before, pin.pool, head.tier);
  const waitMs = rules.pools[pin.pool]?.handoverMs;
  if (waitMs === undefined) return still(state);
  const untilMs = nowMs + waitMs;
  return {
    state: { ...state, briefing: { pool: pin.pool, epoch: pin.epoch, untilMs } },
    writes: [],
    effects: [{ do: "brief", entry: head, pin, untilMs }],
  };
}

/** Whether nothing that goes to this pin has to wait any more. */
export const isBriefed = ({ briefing }: State, pin: Pin, nowMs: number): boolean =>
  briefing?.pool !== pin.pool || briefing.epoch !== pin.epoch || nowMs >= briefing.untilMs;

/** A turn that ends at once is a turn that breaks off: with less than this it is not begun. */
const LEAST_MS = 800;

/** How long the new owner has to answer; undefined when that is too little. */
export const leftMs = (untilMs: number, nowMs: number): number | undefined => (untilMs - nowMs < LEAST_MS ? undefined : untilMs - nowMs);

export interface BriefedEvent extends Moment {
  readonly type: "briefed";
  readonly pool: string;
  readonly epoch: number;
  /** It took the turn, or may have, and the answer did not end. */
  readonly isBrokenOff?: boolean;
}

/** However it went, nothing waits for it any more. */
export function briefed(state: State, { pool, epoch, isBrokenOff, nowMs }: BriefedEvent): State {
  if (state.pins[pool]?.epoch !== epoch) return state;
  const broken = isBrokenOff === true ? { brokenOffAtMs: nowMs } : {};
  return { ...state, ...broken, briefing: state.briefing?.pool === pool ? undefined : state.briefing };
}
