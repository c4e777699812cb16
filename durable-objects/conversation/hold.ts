/**
 * A head that cannot be delivered now: it waits for its pin, or the pin is given up by the pool's policy. Also the small words
 * every step of delivery shares: the moment it happens in, choosing, ending.
 */
import type { DeliveryRules, PoolRules } from "../../src/core/delivery-rules.ts";
import type { TerminalState } from "../../src/core/terminal.ts";
import { avoided, fence, giveUpPin, isAlone, owed } from "./failover.ts";
import { andThen, type Effect, type Ending, type Entry, type Pin, type State, type Step, still, withHead } from "./state.ts";

/** When and under which rules a step happens; `dice` in [0, 1) spreads retries. */
export interface Moment {
  readonly nowMs: number;
  readonly dice: number;
  readonly rules: DeliveryRules;
}

/** The instance may have it, and where a repeat would be absorbed nobody can say that no answer will come. */
export const AMBIGUOUS = "ambiguous";

export const UNREACHABLE_BACKOFF = { baseMs: 500, maxMs: 5000 };

export interface Trouble {
  readonly detail: string;
  readonly mayMove: boolean;
  readonly isGone: boolean;
  readonly isHeldBack?: boolean | undefined;
  /** The edge had no room: nothing is known of the instance, and a hold that began goes on. */
  readonly isUnknown?: boolean | undefined;
  /** It was answered: a failure of the message, perhaps, which another one would only repeat. */
  readonly isReached?: boolean | undefined;
}

/** The pin cannot take the head now: wait for it, or give the pin up when the pool's policy says so. */
export function held(state: State, head: Entry, trouble: Trouble, moment: Moment): Step {
  const pin = state.pins[head.pool];
  const rules = pin && within(moment.rules, head.pool, pin);
  // Busy is not broken: time spent waiting for a healthy instance is no part of a hold.
  const since = sinceOf(trouble, moment);
  const held: Entry = { ...head, heldSinceMs: since(trouble.mayMove, head.heldSinceMs), lastDetail: trouble.detail };
  if (rules === undefined || pin === undefined) return still(withHead(state, held));
  // Who will be back is waited for, whatever the policy.
  const mayMove = trouble.mayMove && (trouble.isGone || !moment.rules.returning.includes(pin.instance));
  const waiting: Entry = { ...held, movableSinceMs: since(mayMove && !isAlone(pin, rules), head.movableSinceMs) };
  const { isGone, isHeldBack } = trouble;
  const hold = { nowMs: moment.nowMs, sinceMs: waiting.movableSinceMs ?? moment.nowMs, isGone, isHeldBack, maybeAt: waiting.maybeAt };
  const decision = mayMove ? giveUpPin(pin, hold, rules) : "keep";
  const troubled: Step = {
    state: withHead(state, waiting),
    writes: [],
    effects: [{ do: "troubled", entry: waiting, detail: trouble.detail }],
  };
  if (decision === "park") return andThen(end(troubled.state, ending(waiting, "dead", AMBIGUOUS, moment)), (next) => leave(next, pin));
  // Where no hold was waited for, another one is found at once, and asked no sooner than this one would have been.
  const isPaced = trouble.isReached === true && !pin.isUsed && waiting.maybeAt !== pin.instance;
  if (decision === "move")
    return andThen({ ...troubled, writes: [{ row: "update", entry: waiting }] }, (next) =>
      choose(next, waiting, { exclude: [pin.instance, ...avoided(next, moment.nowMs)], nowMs: moment.nowMs, isPaced }),
    );
  const until = fence(waiting, pin, rules, { nowMs: moment.nowMs, mayMove });
  const later: Entry = { ...waiting, dueAtMs: until };
  return { state: withHead(state, later), writes: [{ row: "update", entry: later }], effects: troubled.effects };
}

const sinceOf =
  ({ isUnknown }: Trouble, { nowMs }: Moment) =>
  (isSo: boolean, beganAtMs: number | undefined): number | undefined => {
    if (isUnknown === true) return beganAtMs;
    return isSo ? (beganAtMs ?? nowMs) : undefined;
  };

/** Its pool as it can be moved in: nobody is given to a member that drains. */
function within({ pools, draining }: DeliveryRules, pool: string, pin: Pin): PoolRules | undefined {
  const rules = pools[pool];
  if (rules === undefined || draining.length === 0) return rules;
  return { ...rules, instances: rules.instances.filter((instance) => instance === pin.instance || !draining.includes(instance)) };
}

/** What follows a parked message moves: the pin stays on record, for its epoch, but is not tried again. */
function leave(state: State, pin: Pin): Step {
  const left = { ...pin, isLeft: true };
  return { state: { ...state, pins: { ...state.pins, [pin.pool]: left } }, writes: [{ row: "pin", pin: left }], effects: [] };
}

interface Choice {
  readonly exclude: readonly string[];
  readonly nowMs: number;
  readonly isReturn?: boolean;
  readonly isPaced?: boolean;
}

export function choose(state: State, head: Entry, by: Choice): Step {
  const effect: Effect = { do: "choose", seq: head.seq, pool: head.pool, account: head.account, exclude: by.exclude, askedAtMs: by.nowMs };
  const choosing = { seq: head.seq, sinceMs: by.nowMs, epoch: state.pins[head.pool]?.epoch, isReturn: by.isReturn, isPaced: by.isPaced };
  return { state: { ...state, choosing }, writes: [], effects: [effect] };
}

/** Its pin is another one: what it waited for is over. */
export const unheld = (head: Entry, nowMs: number): Entry => ({
  ...head,
  heldSinceMs: undefined,
  movableSinceMs: undefined,
  dueAtMs: Math.min(head.dueAtMs, nowMs),
});

/** With fewer the time a message may fail is not over: most of it was an outage. One that its own instance is taken out for has more by then. */
const LEAST_REACHED = 6;

/**
 * Attempts that reached an instance and failed: too many of them, or for too long, and the message is a dead letter. So it is when the edge
 * died at every attempt for so long: a death alone says nothing of the message.
 */
export function poisonOf(entry: Entry, moment: Moment): Ending | undefined {
  const rules = moment.rules.pools[entry.pool];
  if (rules === undefined) return undefined;
  const isLong = moment.nowMs - (entry.firstReachedAtMs ?? moment.nowMs) >= rules.poisonMs;
  const isOften = entry.reached >= LEAST_REACHED || (entry.lost ?? 0) >= rules.maxAttempts;
  const isPoison = entry.reached >= rules.maxAttempts || (isLong && isOften);
  return isPoison ? ending(entry, "dead", `poison: ${entry.lastDetail ?? "no answer"}`, moment) : undefined;
}

/**
 * A gateway that was killed goes on with the turns that this broke off, one after the other, and refuses other turns of those sessions
 * until then, before it begins them. It names no reason but "internal error".
 */
export const MENDING_MS = 10 * 60_000;
export const hasBrokenOff = ({ brokenOffAtMs }: State, nowMs: number): boolean =>
  brokenOffAtMs !== undefined && nowMs - brokenOffAtMs < MENDING_MS;

/** Ends of messages of which an instance may have begun a turn. */
const isBrokenOff = ({ state, outcome }: Pick<Ending, "state" | "outcome">): boolean =>
  state === "dead" && (outcome.startsWith(AMBIGUOUS) || outcome.startsWith("cut-off"));

/** Who may answer what has ended without a word of theirs. A turn that broke off is answered by nobody. */
const debtorOf = ({ entry: { maybeAt }, state, outcome, instance }: Ending): string | undefined =>
  (state === "delivered" && maybeAt !== instance) || outcome === AMBIGUOUS || outcome.startsWith("poison") ? maybeAt : undefined;

export function end(state: State, over: Ending): Step {
  const broken = isBrokenOff(over) ? { brokenOffAtMs: over.atMs } : {};
  const left = owed(state, debtorOf(over), over.seq, over.atMs);
  return {
    state: {
      ...left.state,
      ...broken,
      quietSinceMs: over.atMs,
      queue: state.queue.filter((entry) => entry.seq !== over.seq),
      queuedBytes: state.queuedBytes - over.entry.bytes,
    },
    writes: [{ row: "end", ending: over }, ...left.writes],
    effects: [{ do: "ended", ending: over }],
  };
}

export const ending = (entry: Entry, state: TerminalState, how: string, moment: Moment): Ending => ({
  seq: entry.seq,
  entry,
  state,
  outcome: how,
  atMs: moment.nowMs,
});
