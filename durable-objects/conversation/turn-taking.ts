/**
 * Whether a hand-over goes out now. What met trouble asks the instance's object first, and while the instance comes back so does all
 * that this conversation has for it, and while it is known to refuse an account all of that account. Whatever is well asks nobody.
 */
import { isSettled, isSilence, type Outcome } from "../../src/core/outcome.ts";
import type { Instances, Turn } from "../../src/ports/instances.ts";
import type { Entry } from "./state.ts";

/** It was sent before, or had to wait, or the one before it broke off. */
export const isTroubled = ({ tries, waits, heldSinceMs }: Entry): boolean => tries > 1 || waits !== undefined || heldSinceMs !== undefined;

/** For the instance's object: whatever is no good answer, and the first good one after. Busy says nothing, nor what was never sent. */
export const isNews = (entry: Entry, { kind, isOurs }: Outcome): boolean =>
  isSettled(kind) ? isTroubled(entry) : kind !== "busy" && isOurs !== true;

/** With less left of it a hand-over is not begun: it could only be given up, and nobody would know whether it was heard. */
const LEAST = { ms: 1000, share: 0.1 };

/** What asking took of the time for a hand-over may be too much of it. */
export function isTooLate(deadlineAtMs: number, { askedAtMs, nowMs }: { readonly askedAtMs: number; readonly nowMs: number }): boolean {
  return deadlineAtMs - nowMs < Math.min(LEAST.ms, LEAST.share * Math.max(0, deadlineAtMs - askedAtMs));
}

/** What may be asked once only is no trial: who hangs would cost it. But not for ever, for the probes may be wrong. */
const SPARED_MS = 300_000;
const SPARED_WAIT_MS = 3000;
const isSpared = ({ attempt, heldSinceMs }: Entry, nowMs: number): boolean =>
  attempt?.isOnce === true && nowMs - (heldSinceMs ?? nowMs) < SPARED_MS;

/** Undefined: it may go. Down, the pool's policy may move it; coming back, it only waits. */
export function heldBackBy(entry: Entry, turn: Turn, nowMs: number): Outcome | undefined {
  if (turn.verdict === "wait")
    return { kind: turn.isDown ? "unreachable" : "busy", retryAfterMs: turn.waitMs, detail: turn.detail, isHeldBack: true };
  if (turn.isAbsent !== true || !isSpared(entry, nowMs)) return undefined;
  return { kind: "unreachable", retryAfterMs: SPARED_WAIT_MS, detail: "held back", isHeldBack: true };
}

/** What came of it, with what was known when it went. */
export const withAbsence = (outcome: Outcome, turn: Turn | undefined): Outcome =>
  turn?.isAbsent === true && isSilence(outcome) ? { ...outcome, isAbsent: true } : outcome;

export class TurnTaking {
  readonly #instances: Pick<Instances, "turn" | "isRefusing">;
  /** Memory: until when everything for this instance asks. */
  readonly #ramps = new Map<string, number>();
  /** Memory: what was said last, if it was asked for. */
  turn: Turn | undefined;

  constructor(instances: Pick<Instances, "turn" | "isRefusing">) {
    this.#instances = instances;
  }

  /** Undefined: it may go. */
  async heldBack(entry: Entry, instance: string, nowMs: number): Promise<Outcome | undefined> {
    this.turn = undefined;
    const isRetry = isTroubled(entry);
    const isFree = nowMs >= (this.#ramps.get(instance) ?? 0) && !this.#instances.isRefusing(instance, entry.account, nowMs);
    if (!isRetry && isFree) return undefined;
    const turn = await this.#instances.turn(instance, isRetry, entry.account);
    this.turn = turn;
    if (turn.rampUntilMs !== undefined) this.#ramps.set(instance, turn.rampUntilMs);
    return heldBackBy(entry, turn, nowMs);
  }
}
