/**
 * A conversation that moved waits a while for its new owner to hear what was said before. Once for each move: the pin is written with
 * the step that asks for it, and an incarnation that dies meanwhile goes on without.
 */
import type { Moment } from "./hold.ts";
import { type Entry, type Pin, type State, type Step, still } from "./state.ts";

/** Asks for it where the pool wants that; `head` is the message that waits. */
export function brief(state: State, head: Entry, pin: Pin, { nowMs, rules }: Moment): Step {
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

export interface BriefedEvent extends Moment {
  readonly type: "briefed";
  readonly pool: string;
  readonly epoch: number;
}

/** However it went, nothing waits for it any more. */
export const briefed = (state: State, { pool, epoch }: BriefedEvent): State =>
  state.briefing?.pool === pool && state.briefing.epoch === epoch ? { ...state, briefing: undefined } : state;
