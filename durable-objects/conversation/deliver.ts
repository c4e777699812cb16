/**
 * Delivery of the head of the queue: one hand-over in flight, in order, from storage. What an outcome means is decided here;
 * when a pin is given up stands in `failover.ts`.
 */
import { backoffMs } from "../../src/core/backoff.ts";
import type { DeliveryRules } from "../../src/core/delivery-rules.ts";
import { withoutOutdated } from "./backlog.ts";
import { brief, isBriefed, isUntold, withAsked } from "./briefing.ts";
import { avoided, mayReturn, owedBefore } from "./failover.ts";
import { AMBIGUOUS, choose, end, ending, hasBrokenOff, held, type Moment, poisonOf, UNREACHABLE_BACKOFF, unheld } from "./hold.ts";
import { lookUp } from "./look-up.ts";
import { notice } from "./notices.ts";
import { type Attempt, andThen, type Choosing, type Entry, type Pin, type State, type Step, still, withHead } from "./state.ts";

/** Past its deadline by this much, an attempt or a choice has lost its answer. */
const OVERDUE_MS = 10_000;
/** For an instance that has no link any more: the attempt finds that out at once. */
const DEFAULT_ATTEMPT_MS = 10_000;
const NO_INSTANCE_BACKOFF = { baseMs: 500, maxMs: 3000 };

/** Looks at the head and does the next thing for it; calling it again changes nothing while that is under way. */
export function advance(state: State, moment: Moment): Step {
  const head = state.queue[0];
  if (head === undefined || isChoosing(state, head, moment.nowMs)) return still(state);
  if (head.attempt !== undefined) return isInFlight(state, head.attempt, moment.nowMs) ? still(state) : recoverAttempt(state, head, moment);
  if (head.dueAtMs > moment.nowMs && !isForNobody(state, head, moment)) return still(state);
  const rest = withoutOutdated(state, head, moment);
  if (rest !== undefined) return andThen(rest, (next) => advance(next, moment));
  const pool = poolOf(head, moment.rules);
  if (pool === undefined) return andThen(end(state, ending(head, "dead", "no-route", moment)), (next) => advance(next, moment));
  if (pool !== head.pool) return advance(withHead(state, { ...head, pool }), moment);
  return lookUp(state, head, moment) ?? toInstance(state, head, moment);
}

/** A wait for one that said so, or that failed, is looked at in between: it may have left, or drain. Short ones are not worth it. */
export const LOOK_MS = 60_000;
const SHORT_MS = 10_000;

function isForNobody(state: State, head: Entry, { nowMs, rules }: Moment): boolean {
  const pin = state.pins[head.pool];
  if (pin === undefined || head.tries === 0 || head.dueAtMs - nowMs < SHORT_MS) return false;
  return isDrained(head, pin, rules) || rules.pools[head.pool]?.instances.includes(pin.instance) !== true;
}

/** What this incarnation began counts as under way only for so long: a lost answer must not hold a conversation for ever. */
export const isChoosing = (state: State, head: Entry, nowMs: number): boolean =>
  state.choosing?.seq === head.seq && nowMs - state.choosing.sinceMs < OVERDUE_MS;

const isInFlight = (state: State, attempt: Attempt, nowMs: number): boolean =>
  attempt.id === state.liveAttempt && nowMs < attempt.deadlineAtMs + OVERDUE_MS;

/** An attempt whose incarnation died: it may have arrived, and the same instance absorbs the repeat, or it is as unknown as it will ever be. */
function recoverAttempt(state: State, head: Entry, moment: Moment): Step {
  if (head.attempt?.isOnce === true && moment.rules.pools[head.pool]?.ambiguous !== "resend") {
    return andThen(end(state, ending(head, "dead", `${AMBIGUOUS}: the edge was interrupted`, moment)), (next) => advance(next, moment));
  }
  const maybeAt = head.attempt?.instance;
  const back: Entry = {
    ...head,
    attempt: undefined,
    maybeAt,
    lost: (head.attempt?.lost ?? 0) + 1,
    firstReachedAtMs: head.firstReachedAtMs ?? moment.nowMs,
  };
  const poison = poisonOf(back, moment);
  if (poison !== undefined) return andThen(end(state, poison), (next) => advance(next, moment));
  const left = maybeAt === undefined ? still(state) : owedBefore(state, head, maybeAt, moment.nowMs);
  return andThen(left, (next) => advance(withHead(next, back), moment));
}

/** Its own pool, or the account's default when the document lost it or leads there no more. */
function poolOf(head: Entry, rules: DeliveryRules): string | undefined {
  if (rules.pools[head.pool] !== undefined && rules.reach[head.account]?.includes(head.pool) === true) return head.pool;
  const fallback = rules.defaultPools[head.account];
  return fallback !== undefined && rules.pools[fallback] !== undefined ? fallback : undefined;
}

function toInstance(state: State, head: Entry, moment: Moment): Step {
  const pin = state.pins[head.pool];
  const members = moment.rules.pools[head.pool]?.instances ?? [];
  if (isElsewhere(head, pin) && moment.rules.pools[head.pool]?.ambiguous !== "resend") {
    return andThen(end(state, ending(head, "dead", AMBIGUOUS, moment)), (next) => advance(next, moment));
  }
  if (pin === undefined || pin.isLeft === true) return choose(state, head, { exclude: avoided(state, moment.nowMs), nowMs: moment.nowMs });
  if (!members.includes(pin.instance) || isDrained(head, pin, moment.rules)) {
    const detail = members.includes(pin.instance) ? "draining" : "no longer in the pool";
    const waits = (head.waits ?? 0) + 1;
    const waiting = { ...head, waits, dueAtMs: moment.nowMs + backoffMs(UNREACHABLE_BACKOFF, waits, moment.dice) };
    const trouble = { detail, mayMove: true, isGone: !members.includes(pin.instance) };
    return andThen(held(state, waiting, trouble, moment), (next) => advance(next, moment));
  }
  // Once for a message: what it finds out is not asked again while it waits.
  if (mayReturn(state, head, moment))
    return choose({ ...state, quietSinceMs: undefined }, head, { exclude: [], nowMs: moment.nowMs, isReturn: true });
  return sendTold(state, head, pin, moment);
}

/** Not before whoever is asked was told what was said. */
function sendTold(state: State, head: Entry, pin: Pin, moment: Moment): Step {
  if (isUntold(state, head, moment)) return andThen(brief(state, head, pin, moment), (next) => advance(next, moment));
  return isBriefed(state, pin, moment.nowMs) ? send(state, head, moment) : still(state);
}

/** A drain keeps new work away. What the instance may have already is offered to it until it says so: nobody else can. */
const isDrained = (head: Entry, pin: Pin, rules: DeliveryRules): boolean =>
  rules.draining.includes(pin.instance) &&
  !(head.maybeAt === pin.instance && rules.links[pin.instance]?.[head.account]?.absorbsRepeats !== false);

/** An instance may have it that is not the one it would go to now: its pool changed under it. */
const isElsewhere = (head: Entry, pin: Pin | undefined): boolean => head.maybeAt !== undefined && pin?.instance !== head.maybeAt;

function send(state: State, head: Entry, moment: Moment): Step {
  const pin = state.pins[head.pool];
  const rules = moment.rules.pools[head.pool];
  if (pin === undefined || rules === undefined) return still(state);
  const tries = head.tries + 1;
  const link = moment.rules.links[pin.instance]?.[head.account];
  const isOnce = link?.absorbsRepeats === false;
  const attempt: Attempt = {
    id: `${head.seq}.${tries}`,
    instance: pin.instance,
    epoch: pin.epoch,
    ...(head.lost === undefined ? {} : { lost: head.lost }),
    deadlineAtMs: moment.nowMs + (rules.attemptMs ?? link?.attemptMs ?? DEFAULT_ATTEMPT_MS),
    ...(isOnce ? { isOnce } : {}),
    // The instance that may have it absorbs a repeat, where any does.
    ...(head.maybeAt === undefined || (head.maybeAt === pin.instance && !isOnce) ? {} : { isRepeat: true }),
  };
  // Behind one that broke off it asks before it goes: what came of that one is known by now.
  const sending: Entry = { ...head, tries, attempt, waits: head.waits ?? (hasBrokenOff(state, moment.nowMs) ? 0 : undefined) };
  return {
    // A dead letter that is sent again says nothing of who is asked now.
    state: { ...withHead(head.isReplay ? state : withAsked(state, head.pool, head.tier), sending), liveAttempt: attempt.id },
    writes: [{ row: "update", entry: sending }],
    effects: [{ do: "hand-over", entry: sending, attempt }],
  };
}

export interface ChosenEvent extends Moment {
  readonly type: "chosen";
  readonly seq: number;
  readonly pool: string;
  /** From the effect that asked: the answer to an older question is not taken. */
  readonly askedAtMs: number;
  /** Undefined: none is eligible, the message is held. */
  readonly instance?: string;
  readonly detail: string;
}

export interface UnchosenEvent {
  readonly type: "unchosen";
  readonly seq: number;
  readonly askedAtMs: number;
}

const askedBy = ({ choosing }: State, { seq, askedAtMs }: ChosenEvent | UnchosenEvent): Choosing | undefined =>
  choosing?.seq === seq && choosing.sinceMs === askedAtMs ? choosing : undefined;

/** Nobody could be asked: the alarm does it again. */
export const unchosen = (state: State, event: UnchosenEvent): Step =>
  still(askedBy(state, event) === undefined ? state : { ...state, choosing: undefined });

export function chosen(state: State, event: ChosenEvent): Step {
  const asked = askedBy(state, event);
  if (asked === undefined) return still(state);
  const free: State = { ...state, choosing: undefined };
  const head = free.queue[0];
  if (head?.seq !== event.seq || head.pool !== event.pool || head.attempt !== undefined) return advance(free, event);
  const pin = free.pins[event.pool];
  if (pin?.epoch !== asked.epoch) return advance(free, event);
  if (asked.isReturn === true)
    return isPrimary(event) ? pinTo(free, head, { ...event, detail: "back to a primary" }) : advance(free, event);
  const isBack = pin?.isLeft === true && event.instance === pin.instance;
  const paced = { ...event, isPaced: asked.isPaced };
  if (event.instance === undefined || (event.instance === pin?.instance && !isBack)) return waitForInstance(free, head, paced);
  return pinTo(free, head, { ...paced, instance: event.instance, detail: head.lastDetail ?? event.detail });
}

type Paced = ChosenEvent & Pick<Choosing, "isPaced">;
type Placed = Paced & { readonly instance: string };

const isPrimary = (event: ChosenEvent): event is Placed =>
  event.instance !== undefined && event.rules.pools[event.pool]?.standbys.includes(event.instance) === false;

/** `detail` says why, for the log. */
function pinTo(state: State, head: Entry, event: Placed): Step {
  const { instance, pool, nowMs, detail } = event;
  const pin = state.pins[pool];
  const isMove = pin?.isUsed === true && pin.instance !== instance;
  const next: Pin = {
    pool,
    instance,
    epoch: (pin?.epoch ?? 0) + 1,
    atMs: nowMs,
    // Left, and found again: it has the history still.
    isUsed: pin?.isUsed === true && !isMove,
    movedAtMs: isMove ? nowMs : pin?.movedAtMs,
  };
  // Whoever had it before and left it for a moment knows.
  const isNew = pin !== undefined && pin.instance !== instance;
  // That the one before may have it stays known: another hand-over is a repeat, and it can never be called too late to be of use.
  const fresh: Entry = event.isPaced === true ? { ...head, movableSinceMs: undefined } : unheld(head, nowMs);
  const from = pin === undefined ? {} : { from: pin.instance };
  const pinned: Step = {
    state: { ...withHead(state, fresh), pins: { ...state.pins, [pool]: next } },
    // Its old hold ends on the disk as well, though it may have to wait before it is sent.
    writes: [{ row: "pin", pin: next }, ...(head.heldSinceMs === undefined ? [] : [{ row: "update", entry: fresh } as const])],
    effects: [
      { do: "granted", instance },
      { do: "pinned", pin: next, ...from, reason: detail },
      ...(isMove ? notice(fresh, "moved", event) : []),
    ],
  };
  const asked = isNew ? andThen(pinned, (state) => brief(state, fresh, next, event)) : pinned;
  return andThen(asked, (state) => advance(state, event));
}

function waitForInstance(state: State, head: Entry, event: Paced): Step {
  const waits = (head.waits ?? 0) + 1;
  const waiting: Entry = {
    ...head,
    waits,
    // What went wrong at its instance says more than that there is no other.
    lastDetail: head.lastDetail ?? event.detail,
    dueAtMs: Math.max(event.isPaced === true ? head.dueAtMs : 0, event.nowMs + backoffMs(NO_INSTANCE_BACKOFF, waits, event.dice)),
    heldSinceMs: head.heldSinceMs ?? event.nowMs,
  };
  return {
    state: withHead(state, waiting),
    writes: [{ row: "update", entry: waiting }],
    effects: [{ do: "troubled", entry: waiting, detail: event.detail }],
  };
}
