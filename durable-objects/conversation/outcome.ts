/** What the answer to a hand-over means for the message: settled, dead, or held for another try. */
import { backoffMs } from "../../src/core/backoff.ts";
import { hasReached, isSettled, type Outcome } from "../../src/core/outcome.ts";
import { advance } from "./deliver.ts";
import { owedBefore } from "./failover.ts";
import { AMBIGUOUS, end, ending, hasBrokenOff, held, type Moment, poisonOf, UNREACHABLE_BACKOFF } from "./hold.ts";
import { arrived } from "./notices.ts";
import { answered } from "./reply.ts";
import { type Attempt, andThen, type Ending, type Entry, type State, type Step, still, withHead } from "./state.ts";

const FAILED_BACKOFF = { baseMs: 1000, maxMs: 30_000 };
/** A busy instance is healthy: it is asked again soon, unless it said when. Its word is believed up to ten minutes. */
const BUSY_WAIT_MS = 2000;
const MAX_BUSY_WAIT_MS = 600_000;
/** At most three a minute against an instance that refuses us, so that its own lock-out is not reached. */
const REFUSED_BACKOFF = { baseMs: 27_000, maxMs: 120_000 };

const MENDING_WAIT_MS = 3000;

export interface OutcomeEvent extends Moment {
  readonly type: "outcome";
  readonly attemptId: string;
  readonly outcome: Outcome;
}

export function outcome(state: State, event: OutcomeEvent): Step {
  const head = state.queue[0];
  if (head?.attempt?.id !== event.attemptId) return still(state);
  const free = { ...state, liveAttempt: undefined };
  return andThen(stepFor(free, head, head.attempt, event), (next) => advance(next, event));
}

function stepFor(state: State, head: Entry, attempt: Attempt, event: OutcomeEvent): Step {
  const result = event.outcome;
  if (result.kind === "accepted" && result.answer !== undefined)
    return arrived(answered(state, keepable(head, result.answer), result.answer.text, event));
  if (isSettled(result.kind)) return arrived(settle(state, head, event));
  if (isMending(state, event)) return waitForMending(state, head, event);
  return unsettled(state, head, attempt, event);
}

/** What a model could not finish is an answer to the person, and no more than that. */
const keepable = (head: Entry, { isPartial }: NonNullable<Outcome["answer"]>): Entry =>
  isPartial === true ? { ...head, cache: undefined } : head;

function unsettled(state: State, head: Entry, attempt: Attempt, event: OutcomeEvent): Step {
  const result = event.outcome;
  // A refusal that is about us (401, 404) says nothing of the message: it waits until somebody mends it.
  const isReached = hasReached(result.kind) && result.kind !== "refused" && result.isAbsent !== true;
  const failed: Entry = {
    ...(result.isHeldBack === true ? untried(head) : tried(head, isReached, event)),
    attempt: undefined,
    lost: undefined,
    maybeAt: mayHave(result) ? attempt.instance : head.maybeAt,
    lastDetail: result.detail,
  };
  const over = overBy(failed, attempt, event) ?? (isReached ? poisonOf(failed, event) : undefined);
  if (over !== undefined) return end(state, over);
  const trouble = {
    detail: result.detail,
    mayMove: mayMove(result),
    isGone: false,
    isReached,
    isHeldBack: result.isHeldBack ?? result.isOurs,
    isUnknown: result.isOurs === true && result.kind === "busy",
  };
  const waiting = { ...failed, dueAtMs: event.nowMs + waitMs(result, failed, head.lastDetail === result.detail, event.dice) };
  const left = mayHave(result) ? owedBefore(state, head, attempt.instance, event.nowMs) : still(state);
  return andThen(left, (next) => held(withHead(next, failed), waiting, trouble, event));
}

/** The edge kept it back itself: that was a wait, and its time to fail goes on. */
const untried = (head: Entry): Entry => ({ ...head, tries: head.tries - 1, waits: (head.waits ?? 0) + 1 });

/** Time in which nothing reached an instance is no part of the time a message may fail. */
const tried = (head: Entry, isReached: boolean, { nowMs }: Moment): Entry => ({
  ...head,
  reached: head.reached + (isReached ? 1 : 0),
  firstReachedAtMs: isReached ? (head.firstReachedAtMs ?? nowMs) : undefined,
});

/** Ends by the outcome alone: it can never succeed, or nobody may try it again. */
function overBy(failed: Entry, { isOnce }: Attempt, event: OutcomeEvent): Ending | undefined {
  const { kind, detail, isPermanent } = event.outcome;
  if (kind === "refused" && isPermanent === true) return ending(failed, "dead", `refused: ${detail}`, event);
  const isParked = isOnce === true && mayHave(event.outcome) && event.rules.pools[failed.pool]?.ambiguous !== "resend";
  return isParked ? ending(failed, "dead", `${kind === "unknown" ? AMBIGUOUS : kind}: ${detail}`, event) : undefined;
}

/** After these a turn may have been run, or is being run. */
const mayHave = (result: Outcome): boolean =>
  result.mayHave === true || result.kind === "unknown" || result.kind === "model-failed" || result.kind === "cut-off";

const isMending = (state: State, { outcome: { isInternal }, nowMs }: OutcomeEvent): boolean =>
  isInternal === true && hasBrokenOff(state, nowMs);

function waitForMending(state: State, head: Entry, event: OutcomeEvent): Step {
  const detail = `${event.outcome.detail}, after a turn that broke off`;
  const waiting: Entry = { ...head, attempt: undefined, dueAtMs: event.nowMs + MENDING_WAIT_MS };
  return held(withHead(state, waiting), waiting, { detail, mayMove: false, isGone: false }, event);
}

/** Busy is not broken, a model that fails is not its gateway's failure, and a refusal is ours to mend: none of them is a reason to take a conversation from its history. */
const mayMove = (result: Outcome): boolean =>
  result.kind === "busy" ? result.isDraining === true : result.kind !== "refused" && result.kind !== "model-failed";

/** Tries that found nobody are no refusals: a gateway that is just starting may refuse one call and take the next. */
function waitMs(result: Outcome, entry: Entry, isAgain: boolean, dice: number): number {
  if (result.kind === "refused") return backoffMs(REFUSED_BACKOFF, isAgain ? entry.tries - entry.reached : 1, dice);
  if (result.kind === "busy")
    return Math.min(MAX_BUSY_WAIT_MS, Math.max(result.retryAfterMs ?? BUSY_WAIT_MS, 500)) + Math.round(dice * 500);
  if (result.isHeldBack === true && result.retryAfterMs !== undefined) return result.retryAfterMs;
  return backoffMs(result.kind === "unreachable" ? UNREACHABLE_BACKOFF : FAILED_BACKOFF, entry.tries, dice);
}

function settle(state: State, head: Entry, event: OutcomeEvent): Step {
  const pin = state.pins[head.pool];
  const instance = head.attempt?.instance ?? "";
  const accepted = { ...state.accepted, [instance]: { seq: head.seq, atMs: event.nowMs } };
  const used = pin !== undefined && !pin.isUsed && pin.instance === instance ? { ...pin, isUsed: true } : undefined;
  const pins = used === undefined ? state.pins : { ...state.pins, [head.pool]: used };
  const ended = end(
    { ...state, accepted, pins },
    { ...ending(head, "delivered", event.outcome.kind, event), instance, epoch: head.attempt?.epoch },
  );
  return used === undefined ? ended : { ...ended, writes: [...ended.writes, { row: "pin", pin: used }] };
}
