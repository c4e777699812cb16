/** A chat that becomes another one: its object forwards from then on, and the two agree on who has the conversation. */
import { type ConversationRef, refName } from "../../src/core/conversation-ref.ts";
import { avoided } from "./failover.ts";
import { unheld } from "./hold.ts";
import { type Pin, type State, type Step, still, type Write, withHead } from "./state.ts";

/** The chat lives on under another name: this object forwards from now on and hands its pins over. `own` is the name it has. */
export function move(state: State, to: ConversationRef, own: string): Step {
  // A platform may name the new chat to somebody who already speaks to it: forwarding to oneself would never end.
  if (state.movedTo !== undefined || refName(to) === own) return still(state);
  return {
    state: { ...state, movedTo: to },
    writes: [{ row: "moved", to }],
    effects: [{ do: "hand-pins", to, pins: Object.values(state.pins) }],
  };
}

/** Until the other side has them the alarm asks it again. */
export const owesPins = (state: State): boolean => state.movedTo !== undefined && state.isHanded !== true;

export interface HandedEvent {
  readonly type: "handed";
  /** Of the other side, which decides. */
  readonly pins: readonly Pin[];
  readonly nowMs: number;
}

/** What is left here goes to whoever has the conversation there: nobody else is heard. */
export function handed(state: State, { pins, nowMs }: HandedEvent): Step {
  if (state.movedTo === undefined) return still(state);
  const next = take(state, pins, nowMs);
  return { ...next, state: { ...next.state, isHanded: true }, writes: [...next.writes, { row: "handed" }] };
}

export interface AdoptEvent {
  readonly type: "adopt";
  readonly pins: readonly Pin[];
  readonly nowMs: number;
  /** They were handed over before: what was left there has found somebody since, or asks who has the conversation. */
  readonly isAgain?: boolean | undefined;
}

/**
 * Pins handed over by the conversation this one continues; one with history of its own keeps it. Whoever moves here says that here is
 * where the chat lives: an older word of having moved away is over, or the two would point at each other.
 */
export function adopt(moved: State, { pins, nowMs, isAgain }: AdoptEvent): Step {
  const given = pins.filter((pin) => yields(moved.pins[pin.pool], pin, nowMs) || (isAgain === true && isLater(moved.pins[pin.pool], pin)));
  if (moved.movedTo === undefined || isAgain === true) return take(moved, given, nowMs);
  const { movedTo: _over, isHanded: _nor, ...state } = moved;
  const next = take(state, given, nowMs);
  return { ...next, writes: [{ row: "stayed" }, ...next.writes] };
}

/** The new chat's first words may be placed before the old chat's pins arrive: a pin this young yields to a history. */
const YIELDS_MS = 60_000;

/** One that moved since does not: pins are handed over until that was heard, and once more would bring it back. */
const yields = (own: Pin | undefined, to: Pin, nowMs: number): boolean =>
  own === undefined || (own.movedAtMs === undefined && (!own.isUsed || (to.isUsed && nowMs - own.atMs < YIELDS_MS)));

const isLater = (own: Pin | undefined, { movedAtMs }: Pin): boolean => own !== undefined && movedAtMs !== undefined && movedAtMs > own.atMs;

/** But a pin whose instance has the head or may have it stays, and nobody comes who left and owes an answer. */
function take(state: State, pins: readonly Pin[], nowMs: number): Step {
  const head = state.queue[0];
  const fixed = head?.attempt === undefined && head?.maybeAt === undefined ? undefined : head.pool;
  const owing = avoided(state, nowMs);
  const taken = pins
    .filter((pin) => pin.pool !== fixed && !owing.includes(pin.instance) && state.pins[pin.pool]?.instance !== pin.instance)
    .map((pin) => ({ ...pin, epoch: Math.max(pin.epoch, state.pins[pin.pool]?.epoch ?? 0) + 1 }));
  const next: Step = {
    state: { ...state, pins: { ...state.pins, ...Object.fromEntries(taken.map((pin) => [pin.pool, pin])) } },
    writes: taken.map((pin): Write => ({ row: "pin", pin })),
    effects: [],
  };
  if (head?.heldSinceMs === undefined || !taken.some(({ pool }) => pool === head.pool)) return next;
  const entry = unheld(head, nowMs);
  return { ...next, state: withHead(next.state, entry), writes: [...next.writes, { row: "update", entry }] };
}
