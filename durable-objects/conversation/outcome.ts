/** What the answer to a hand-over means for the message: settled, dead, or held for another try. */
import { backoffMs } from "../../src/core/backoff.ts";
import { hasReached, isSettled, type Outcome } from "../../src/core/outcome.ts";
import { advance } from "./deliver.ts";
import { AMBIGUOUS, end, ending, held, type Moment, poisonOf, UNREACHABLE_BACKOFF } from "./hold.ts";
import { answered } from "./reply.ts";
import { andThen, type Entry, type State, type Step, still, withHead } from "./state.ts";

const FAILED_BACKOFF = { baseMs: 1000, maxMs: 30_000 };
/** A busy instance is healthy: it is asked again soon, unless it said when. Its word is believed up to ten minutes. */
const BUSY_WAIT_MS = 2000;
const MAX_BUSY_WAIT_MS = 600_000;
/** At most three a minute against an instance that refuses us, so that its own lock-out is not reached. */
const REFUSED_BACKOFF = { baseMs: 27_000, maxMs: 120_000 };

export interface OutcomeEvent extends Moment {
  readonly type: "outcome";
  readonly attemptId: string;
  readonly outcome: Outcome;
}

export function outcome(state: State, event: OutcomeEvent): Step {
  const head = state.queue[0];
  if (head?.attempt?.id !== event.attemptId) return still(state);
  const { attempt } = head;
  const free = { ...state, liveAttempt: undefined };
  if (event.outcome.kind === "accepted" && event.outcome.answer !== undefined) {
    return andThen(answered(free, head, event.outcome.answer.text, event), (next) => advance(next, event));
  }
  if (isSettled(event.outcome.kind)) return andThen(settle(free, head, event), (next) => advance(next, event));
  // A refusal that is about us (401, 404) says nothing of the message: it waits until somebody mends it.
  const isReached = hasReached(event.outcome.kind) && event.outcome.kind !== "refused";
  const failed: Entry = {
    ...head,
    attempt: undefined,
    reached: head.reached + (isReached ? 1 : 0),
    // Time in which nothing reached an instance is no part of the time a message may fail.
    firstReachedAtMs: isReached ? (head.firstReachedAtMs ?? event.nowMs) : undefined,
    maybeAt: mayHave(event.outcome) ? attempt.instance : head.maybeAt,
    lastDetail: event.outcome.detail,
  };
  if (event.outcome.kind === "refused" && event.outcome.isPermanent === true) {
    return andThen(end(free, ending(failed, "dead", `refused: ${event.outcome.detail}`, event)), (next) => advance(next, event));
  }
  if (attempt.isOnce === true && mayHave(event.outcome) && event.rules.pools[head.pool]?.ambiguous !== "resend") {
    const word = event.outcome.kind === "unknown" ? AMBIGUOUS : event.outcome.kind;
    return andThen(end(free, ending(failed, "dead", `${word}: ${event.outcome.detail}`, event)), (next) => advance(next, event));
  }
  const poison = isReached ? poisonOf(failed, event) : undefined;
  if (poison !== undefined) return andThen(end(free, poison), (next) => advance(next, event));
  const trouble = { detail: event.outcome.detail, mayMove: mayMove(event.outcome), isGone: false };
  const waiting = { ...failed, dueAtMs: event.nowMs + waitMs(event.outcome, failed, event.dice) };
  return andThen(held(withHead(free, failed), waiting, trouble, event), (next) => advance(next, event));
}

/** After these a turn may have been run, or is being run. */
const mayHave = (result: Outcome): boolean =>
  result.mayHave === true || result.kind === "unknown" || result.kind === "model-failed" || result.kind === "cut-off";

/** Busy is not broken, a model that fails is not its gateway's failure, and a refusal is ours to mend: none of them is a reason to take a conversation from its history. */
const mayMove = (result: Outcome): boolean =>
  result.kind === "busy" ? result.isDraining === true : result.kind !== "refused" && result.kind !== "model-failed";

function waitMs(result: Outcome, entry: Entry, dice: number): number {
  if (result.kind === "refused") return backoffMs(REFUSED_BACKOFF, entry.tries - entry.reached, dice);
  if (result.kind === "busy")
    return Math.min(MAX_BUSY_WAIT_MS, Math.max(result.retryAfterMs ?? BUSY_WAIT_MS, 500)) + Math.round(dice * 500);
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
