/**
 * When a conversation gives up its pin. Instances share nothing, so a move costs the history: a used pin waits out the pool's
 * hold, a fresh one costs nothing and is given up at once. A move never happens while the old instance may have the message,
 * unless the pool asked for that.
 */
import type { DeliveryRules, PoolRules } from "../../src/core/delivery-rules.ts";
import { type Entry, type Pin, type State, type Step, still } from "./state.ts";

/** An instance that accepted something, or was left with it, and stayed silent this long owes nothing any more: not every message is answered. */
export const DEBT_MS = 15 * 60_000;

/** It is left with a message that it may have. */
export const owed = (state: State, instance: string | undefined, seq: number, atMs: number): Step =>
  instance === undefined
    ? still(state)
    : {
        state: { ...state, accepted: { ...state.accepted, [instance]: { seq, atMs } } },
        writes: [{ row: "debt", instance, seq, atMs }],
        effects: [],
      };

/** Of two that may have it only the later stands in its row. */
export const owedBefore = (state: State, { seq, maybeAt }: Entry, later: string, nowMs: number): Step =>
  owed(state, maybeAt === later ? undefined : maybeAt, seq, nowMs);

/** Instances that still owe this conversation an answer. */
const debtorsOf = (state: State, nowMs: number): readonly string[] =>
  Object.entries(state.accepted)
    .filter(([instance, last]) => last.seq > (state.answered[instance] ?? 0) && nowMs - last.atMs < DEBT_MS)
    .map(([instance]) => instance);

/** It does not move back to these. */
export function avoided(state: State, nowMs: number): readonly string[] {
  const pinned = new Set(Object.values(state.pins).map((pin) => pin.instance));
  return debtorsOf(state, nowMs).filter((instance) => !pinned.has(instance));
}

export interface Hold {
  readonly nowMs: number;
  readonly sinceMs: number;
  /** The document took the instance out of the pool: there is nothing to wait for. */
  readonly isGone: boolean;
  readonly maybeAt: string | undefined;
  /** It was not tried: the instance lets nobody near it but now and then. */
  readonly isHeldBack?: boolean | undefined;
}

export function giveUpPin(pin: Pin, hold: Hold, rules: PoolRules): "keep" | "move" | "park" {
  if (!isHoldOver(pin, hold, rules)) return "keep";
  const isAmbiguous = hold.maybeAt === pin.instance;
  if (!isAmbiguous || rules.ambiguous === "resend") return "move";
  return "park";
}

function isHoldOver(pin: Pin, hold: Hold, rules: PoolRules): boolean {
  if (hold.isGone) return true;
  if (!pin.isUsed && hold.maybeAt !== pin.instance) return !isAlone(pin, rules) && !isSwaying(pin, hold);
  return hold.nowMs >= leavesAtMs(pin, hold, rules);
}

/** Given anew a moment ago, and out as well: where everybody is, it would go to and fro as fast as it can. */
const SWAY_MS = 2000;
const isSwaying = (pin: Pin, { nowMs, isHeldBack }: Hold): boolean =>
  isHeldBack === true && pin.epoch > 1 && pin.atMs <= nowMs && nowMs - pin.atMs < SWAY_MS;

/** With nobody to move to, giving up would only make a dead letter of what waits. */
export const isAlone = (pin: Pin, rules: PoolRules): boolean => rules.instances.every((instance) => instance === pin.instance);

/** When a pin that may be missed is given up. */
function leavesAtMs(pin: Pin, { nowMs, sinceMs }: Pick<Hold, "nowMs" | "sinceMs">, rules: PoolRules): number {
  if (rules.policy === "hold" || isAlone(pin, rules)) return Number.POSITIVE_INFINITY;
  const holdEndsMs = sinceMs + (rules.policy === "move" ? 0 : rules.holdMs);
  return pin.isUsed ? Math.max(holdEndsMs, restsUntilMs(pin, nowMs)) : holdEndsMs;
}

/** Whoever lost their history a moment ago does not lose it again. A move that is still to come is none: the clock went back. */
const MOVE_REST_MS = 60_000;
const restsUntilMs = ({ movedAtMs }: Pin, nowMs: number): number =>
  movedAtMs === undefined || movedAtMs > nowMs ? Number.NEGATIVE_INFINITY : movedAtMs + MOVE_REST_MS;

/** When a held message is looked at again: at its retry, but not after the end of its hold. */
export function fence(head: Entry, pin: Pin, rules: PoolRules, at: { readonly nowMs: number; readonly mayMove: boolean }): number {
  const retryAtMs = Math.max(head.dueAtMs, at.nowMs + 1000 * Number(head.dueAtMs <= at.nowMs));
  if (!at.mayMove) return retryAtMs;
  const hold = { nowMs: at.nowMs, sinceMs: head.movableSinceMs ?? at.nowMs };
  return Math.min(retryAtMs, Math.max(at.nowMs + 1, leavesAtMs(pin, hold, rules)));
}

/** A conversation with a standby, after so much silence that nothing is under way between the two: a primary may have it again. */
export function mayReturn(state: State, head: Entry, at: { readonly nowMs: number; readonly rules: DeliveryRules }): boolean {
  const pin = state.pins[head.pool];
  const pool = at.rules.pools[head.pool];
  if (pool?.returnAfterMs === undefined || pin === undefined || !pool.standbys.includes(pin.instance)) return false;
  const isQuiet = head.committedAtMs - (state.quietSinceMs ?? head.committedAtMs) >= pool.returnAfterMs;
  const isOnly = state.queue.length === 1 && state.replying.length === 0 && head.maybeAt === undefined;
  return isQuiet && isOnly && at.nowMs >= restsUntilMs(pin, at.nowMs) && !isOwed(state, pool, at.nowMs);
}

/** By a primary, or by the standby itself: its late answer would not be heard any more. */
const isOwed = (state: State, pool: PoolRules, nowMs: number): boolean =>
  debtorsOf(state, nowMs).some((instance) => pool.instances.includes(instance));
