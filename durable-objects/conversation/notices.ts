/**
 * What a person is told of their own conversation, as effects of its machine: that no answer will come, that a message waits, that the
 * conversation moved. Each once, where the pool wants it. Replays are the operator's: nobody is told of them.
 */
import { AMBIGUOUS, type Moment } from "./hold.ts";
import type { Effect, Ending, Entry, Notice, State, Step } from "./state.ts";

/** A blip is not worth a word: so long a message waits first, and longer while something is being tried for it. */
const BLIP_MS = 2000;
const TRYING_MS = 4000;

/** Everything a step gives reason to tell, but for moves: those are told where they happen. */
export function withNotices(next: Step, moment: Moment): Step {
  const unanswered = next.effects.flatMap((effect) =>
    effect.do === "ended" && isUnanswered(effect.ending) ? notice(effect.ending.entry, "unanswered", moment) : [],
  );
  const told = unanswered.length === 0 ? next : { ...next, effects: [...next.effects, ...unanswered] };
  // However the last one ended: who waits for nothing is told of the next outage.
  return withHeld(told.state.queue.length === 0 ? arrived(told) : told, moment);
}

/** Nothing is said of what an instance may still answer. An answer without words is none to the person. */
const isUnanswered = ({ state, outcome }: Ending): boolean =>
  state === "dead" ? outcome !== AMBIGUOUS : state === "answered" && outcome === "empty";

/** A group hears of its move whoever spoke; of a message, only when that was said to the bot. */
export function notice(entry: Entry, what: Exclude<Notice, "limited">, { rules }: Moment): readonly Effect[] {
  const isForNobody = entry.isReplay || (what !== "moved" && entry.isOverheard === true);
  return !isForNobody && rules.pools[entry.pool]?.tells[what] === true ? [{ do: "notice", entry, notice: what }] : [];
}

/** Of the first that somebody waits for, once for an outage: until something was delivered again, or nothing waits, nobody needs to hear more. */
function withHeld(step: Step, moment: Moment): Step {
  const next = { ...step, state: spared(step.state, moment) };
  const { state } = next;
  const due = heldDue(state, moment);
  if (due === undefined || moment.nowMs < due.atMs) return state.tellAtMs === due?.atMs ? next : withTellAt(next, due?.atMs);
  const told: Step = { ...next, state: { ...state, isTold: true }, writes: [...next.writes, { row: "told", isTold: true }] };
  return withTellAt({ ...told, effects: [...told.effects, ...due.effects] }, undefined);
}

/** Nobody hears of a planned restart; when it is over, what waited begins to wait. */
function spared(state: State, moment: Moment): State {
  if (isAwaited(state, moment)) return { ...state, sparedUntilMs: Number.POSITIVE_INFINITY };
  return state.sparedUntilMs === Number.POSITIVE_INFINITY ? { ...state, sparedUntilMs: moment.nowMs } : state;
}

/** Whoever the head waits for will be back. */
function isAwaited({ queue: [head], pins }: State, { rules }: Moment): boolean {
  const pin = head && pins[head.pool];
  const members = head && (pin === undefined || pin.isLeft === true ? rules.pools[head.pool]?.instances : [pin.instance]);
  return members?.every((instance) => rules.returning.includes(instance)) === true;
}

const withTellAt = (step: Step, tellAtMs: number | undefined): Step => ({ ...step, state: { ...step.state, tellAtMs } });

function heldDue(state: State, moment: Moment) {
  const head = state.queue[0];
  if (head?.heldSinceMs === undefined || state.isTold === true) return undefined;
  const effects = state.queue.flatMap((entry) => (entry.pool === head.pool ? notice(entry, "held", moment) : [])).slice(0, 1);
  const isTrying = head.attempt !== undefined || state.choosing?.seq === head.seq;
  const sinceMs = Math.max(head.heldSinceMs, state.sparedUntilMs ?? 0);
  return effects.length === 0 ? undefined : { effects, atMs: sinceMs + (isTrying ? TRYING_MS : BLIP_MS) };
}

/** Something arrived: the next outage is a new one. */
export function arrived(step: Step): Step {
  if (step.state.isTold !== true) return step;
  return { ...step, state: { ...step.state, isTold: undefined }, writes: [...step.writes, { row: "told", isTold: false }] };
}
