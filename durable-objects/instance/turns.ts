/**
 * Whether a message that met trouble may go out to its instance now, so that an outage is not answered with a storm. Pure, and kept in
 * memory only: an object that starts again allows one trial, or a few retries, more.
 *
 * - unhealthy, or let in again and not proven yet: one trial every two seconds, of all conversations together
 * - healthy, with a failure in the last seconds: Envoy's retry budget
 * - back for less than its ramp: as many a second as that allows, whoever asks
 * - refusing the account for what it brings: one every twenty seconds, of all that it refuses; ten or twenty a minute lock an address out
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/circuit_breaker.proto (`RetryBudget`)
 */
import { isOnProbation } from "../../src/core/ejection.ts";
import { type Ramp, type RampRule, startRamp, takeRamped } from "../../src/core/ramp.ts";
import type { Turn } from "../../src/ports/instances.ts";
import { healthOf, type State, takesAgain } from "./machine.ts";
import { lastRefusedMs, refusalsNow, wordsOfRefusal } from "./refusals.ts";

interface Through {
  readonly atMs: number;
  readonly isRetry: boolean;
}

export interface Turns {
  readonly trialAtMs: number;
  /** The last that was let through to who refuses it. */
  readonly refusedAtMs: number;
  /** When the last who was held back would come, did they come one after the other. */
  readonly toldMs: number;
  readonly ramp?: Ramp | undefined;
  /** What was let through while failures were fresh. */
  readonly through: readonly Through[];
}

export interface Asked {
  /** Not the first hand-over of this message; the others ask only because of the ramp. */
  readonly isRetry: boolean;
  /** Older Workers do not say it. */
  readonly account?: string | undefined;
  readonly rule: RampRule;
  readonly nowMs: number;
  readonly dice: number;
}

type Answered = { readonly turns: Turns; readonly turn: Turn };

export const TRIAL_EVERY_MS = 2000;
export const REFUSED_EVERY_MS = 20_000;
/** Who has to wait for an unhealthy instance asks again after two to five seconds; the more wait, the later, up to half a minute. */
const WAIT = { leastMs: 2000, spreadMs: 3000, mostMs: 28_000, eachMs: 5 };
const DOWN = { leastMs: WAIT.leastMs, isDown: true };
/** How long a failure is fresh, and over which time the budget counts. */
export const FRESH_MS = 10_000;
export const BUDGET = { least: 3, share: 0.2 };

const NEVER = Number.NEGATIVE_INFINITY;
export const NO_TURNS: Turns = { trialAtMs: NEVER, refusedAtMs: NEVER, toldMs: NEVER, through: [] };

export function takeTurn(turns: Turns, state: State, asked: Asked): Answered {
  const { account = "", nowMs } = asked;
  const refusals = refusalsNow(state.refusals, nowMs);
  if (refusals[account] === undefined) return byHealth(turns, state, asked);
  const lastMs = Math.max(...[turns.refusedAtMs, lastRefusedMs(refusals)].filter((atMs) => atMs <= nowMs));
  const leastMs = lastMs + REFUSED_EVERY_MS - nowMs;
  const isDown = !healthOf(state, nowMs).isHealthy && !takesAgain(state, nowMs);
  if (leastMs > 0) return heldBack(turns, wordsOfRefusal(account, refusals), asked, { leastMs, isDown });
  const next = byHealth(turns, state, asked);
  return next.turn.verdict === "wait" ? next : { ...next, turns: { ...next.turns, refusedAtMs: nowMs } };
}

function byHealth(turns: Turns, state: State, asked: Asked): Answered {
  const { isHealthy, reason } = healthOf(state, asked.nowMs);
  if (!isHealthy) return takesAgain(state, asked.nowMs) ? ramped(turns, state, asked) : onTrial(turns, state, { ...asked, reason });
  if (isOnProbation(state.ejection, asked.nowMs)) return onTrial(turns, state, { ...asked, reason: state.ejection.reason });
  const last = state.ejection.failures.findLast(isFresh(asked));
  if (last === undefined) return ramped({ ...turns, through: [] }, state, asked);
  const through = turns.through.filter(isFresh(asked));
  const retries = through.filter(({ isRetry }) => isRetry).length;
  // One more must still be within it.
  const isSpent = asked.isRetry && retries + 1 > BUDGET.least + BUDGET.share * (through.length + 1);
  if (isSpent) return heldBack({ ...turns, through }, last.detail, asked);
  const next = ramped({ ...turns, through }, state, asked);
  if (next.turn.verdict === "wait") return next;
  return { ...next, turns: { ...next.turns, through: [...through, { atMs: asked.nowMs, isRetry: asked.isRetry }] } };
}

/** A stamp that is later than now is of a clock that went back, and counts as never; here and below. */
const isWithin = (atMs: number, ms: number, nowMs: number): boolean => atMs <= nowMs && nowMs - atMs < ms;

const isFresh =
  ({ nowMs }: Asked) =>
  ({ atMs }: { readonly atMs: number }): boolean =>
    isWithin(atMs, FRESH_MS, nowMs);

/** `isDown`: it was not sent because the instance fails, so that a hold goes on. */
function heldBack(turns: Turns, reason: string, { nowMs, dice }: Asked, { leastMs, isDown } = DOWN): Answered {
  const aheadMs = Math.min(WAIT.mostMs, Math.max(0, turns.toldMs - nowMs) + WAIT.eachMs);
  const waitMs = Math.round(leastMs + dice * Math.max(WAIT.spreadMs, aheadMs));
  return { turns: { ...turns, toldMs: nowMs + aheadMs }, turn: { verdict: "wait", isDown, waitMs, detail: `held back: ${reason}` } };
}

function onTrial(turns: Turns, state: State, asked: Asked & { readonly reason: string }): Answered {
  const { nowMs, rule } = asked;
  if (isWithin(turns.trialAtMs, TRIAL_EVERY_MS, nowMs)) return heldBack(turns, asked.reason, asked);
  // A good probe, and somebody is there.
  const isAbsent = state.isDown && state.isVouched !== true && state.rises === 0;
  // Should it be back by this one, its conversation asks as all others do.
  const turn: Turn = { verdict: "go", rampUntilMs: nowMs + rule.rampMs, isAbsent: isAbsent || undefined };
  return { turns: { ...turns, trialAtMs: nowMs }, turn };
}

function ramped(turns: Turns, { backSinceMs }: State, { rule, nowMs }: Asked): Answered {
  if (backSinceMs === undefined || !isWithin(backSinceMs, rule.rampMs, nowMs)) return { turns, turn: { verdict: "go" } };
  const before = turns.ramp?.sinceMs === backSinceMs ? turns.ramp : startRamp(backSinceMs);
  const { ramp, waitMs } = takeRamped(before, rule, nowMs);
  const rampUntilMs = backSinceMs + rule.rampMs;
  const turn: Turn =
    waitMs === 0
      ? { verdict: "go", rampUntilMs }
      : { verdict: "wait", isDown: false, waitMs, detail: "the instance is coming back", rampUntilMs };
  return { turns: { ...turns, ramp }, turn };
}
