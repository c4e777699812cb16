/**
 * When a conversation gives up its pin. Instances share nothing, so a move costs the history: a used pin waits out the pool's
 * hold, a fresh one costs nothing and is given up at once. A move never happens while the old instance may have the message,
 * unless the pool asked for that.
 */
import type { PoolRules } from "../../src/core/delivery-rules.ts";
import type { Entry, Pin, State } from "./state.ts";

/** An instance that accepted something and stayed silent this long owes nothing any more: not every message is answered. */
export const DEBT_MS = 15 * 60_000;

/** Instances that still owe this conversation an answer: it does not move back to them. */
export function avoided(state: State, nowMs: number): readonly string[] {
  const pinned = new Set(Object.values(state.pins).map((pin) => pin.instance));
  return Object.entries(state.accepted)
    .filter(([instance, last]) => !pinned.has(instance) && last.seq > (state.answered[instance] ?? 0) && nowMs - last.atMs < DEBT_MS)
    .map(([instance]) => instance);
}

export interface Hold {
  readonly heldMs: number;
  /** The document took the instance out of the pool: there is nothing to wait for. */
  readonly isGone: boolean;
  readonly maybeAt: string | undefined;
}

export function giveUpPin(pin: Pin, hold: Hold, rules: PoolRules): "keep" | "move" | "park" {
  if (!isHoldOver(pin, hold, rules)) return "keep";
  const isAmbiguous = hold.maybeAt === pin.instance;
  if (!isAmbiguous || rules.ambiguous === "resend") return "move";
  return "park";
}

function isHoldOver(pin: Pin, hold: Hold, rules: PoolRules): boolean {
  if (hold.isGone) return true;
  // With nobody to move to, giving up would only make a dead letter of what waits.
  if (rules.instances.every((instance) => instance === pin.instance)) return false;
  if (!pin.isUsed && hold.maybeAt !== pin.instance) return true;
  if (rules.policy === "hold") return false;
  return rules.policy === "move" || hold.heldMs >= rules.holdMs;
}

/** When a held message is looked at again: at its retry, but not after the end of its hold. */
export function fence(head: Entry, pin: Pin, rules: PoolRules, at: { readonly nowMs: number; readonly mayMove: boolean }): number {
  const retryAtMs = Math.max(head.dueAtMs, at.nowMs + 1000 * Number(head.dueAtMs <= at.nowMs));
  if (!at.mayMove || rules.policy !== "hold-then-move" || !pin.isUsed) return retryAtMs;
  return Math.min(retryAtMs, Math.max(at.nowMs + 1, (head.heldSinceMs ?? at.nowMs) + rules.holdMs));
}
