/** Who may speak to the person: the owner of a pin. This is the fence that works with a stock gateway, which knows nothing of epochs. */
import { type ConversationRef, refName } from "../../src/core/conversation-ref.ts";
import type { Speak, SpeakVerdict } from "../../src/ports/conversations.ts";
import { avoided } from "./failover.ts";
import { unheld } from "./hold.ts";
import { type Pin, type State, type Step, still, type Write, withHead } from "./state.ts";

export interface SpeakEvent {
  readonly type: "speak";
  readonly speak: Speak;
  readonly nowMs: number;
  /** The pool in which this instance may become the owner of a conversation that has none; undefined: it may not. */
  readonly proactivePool?: string;
}

export interface SpeakStep extends Step {
  readonly verdict: SpeakVerdict;
}

export function speak(state: State, event: SpeakEvent): SpeakStep {
  if (state.movedTo !== undefined) return { ...still(state), verdict: { verdict: "moved", to: state.movedTo } };
  const pins = Object.values(state.pins);
  const own = pins.find((pin) => pin.instance === event.speak.instance);
  if (own !== undefined) return { ...answer(state, event), verdict: { verdict: "owner", epoch: own.epoch } };
  if (pins.length === 0 && event.proactivePool !== undefined) return pinSpeaker(state, event, event.proactivePool);
  const owner = pins[0]?.instance;
  return { ...still(state), verdict: owner === undefined ? { verdict: "suppressed" } : { verdict: "suppressed", owner } };
}

/** What it sends answers everything it has accepted so far: messages and replies are not one to one. */
function answer(state: State, event: SpeakEvent): Step {
  const { instance } = event.speak;
  const { seq: last, atMs } = state.accepted[instance] ?? { seq: 0, atMs: 0 };
  if (event.speak.class !== "send" || last <= (state.answered[instance] ?? 0)) return still(state);
  return {
    state: { ...state, answered: { ...state.answered, [instance]: last } },
    writes: [{ row: "answered", instance, seq: last }],
    effects: [{ do: "answered", instance, ms: event.nowMs - atMs }],
  };
}

function pinSpeaker(state: State, event: SpeakEvent, pool: string): SpeakStep {
  const pin: Pin = { pool, instance: event.speak.instance, epoch: 1, atMs: event.nowMs, isUsed: true };
  return {
    state: { ...state, pins: { ...state.pins, [pool]: pin } },
    writes: [{ row: "pin", pin }],
    effects: [{ do: "pinned", pin, reason: "spoke first" }],
    verdict: { verdict: "proactive", epoch: pin.epoch },
  };
}

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

/** The new chat's first words may be placed before the old chat's pins arrive: a pin this young yields to a history. */
const YIELDS_MS = 60_000;

/** One that moved since does not: pins are handed over until that was heard, and once more would bring it back. */
const yields = (own: Pin | undefined, to: Pin, nowMs: number): boolean =>
  own === undefined || (own.movedAtMs === undefined && (!own.isUsed || (to.isUsed && nowMs - own.atMs < YIELDS_MS)));

/**
 * Pins handed over by the conversation this one continues. One with history of its own keeps it, and so do one that has its message or
 * may have it, and one that left the same instance, which owes it an answer. Whoever moves here says that here is where the chat lives:
 * an older word of having moved away is over, or the two would point at each other.
 */
export function adopt(moved: State, pins: readonly Pin[], nowMs: number): Step {
  const { movedTo, ...state } = moved;
  const back: readonly Write[] = movedTo === undefined ? [] : [{ row: "stayed" }];
  const head = state.queue[0];
  const fixed = head?.attempt === undefined && head?.maybeAt === undefined ? undefined : head.pool;
  const owing = avoided(state, nowMs);
  const taken = pins
    .filter(
      (pin) =>
        pin.pool !== fixed &&
        !owing.includes(pin.instance) &&
        yields(state.pins[pin.pool], pin, nowMs) &&
        state.pins[pin.pool]?.instance !== pin.instance,
    )
    .map((pin) => ({ ...pin, epoch: Math.max(pin.epoch, state.pins[pin.pool]?.epoch ?? 0) + 1 }));
  const adopted: Step = {
    state: { ...state, pins: { ...state.pins, ...Object.fromEntries(taken.map((pin) => [pin.pool, pin])) } },
    writes: [...back, ...taken.map((pin): Write => ({ row: "pin", pin }))],
    effects: [],
  };
  if (head?.heldSinceMs === undefined || !taken.some(({ pool }) => pool === head.pool)) return adopted;
  const entry = unheld(head, nowMs);
  return { ...adopted, state: withHead(adopted.state, entry), writes: [...adopted.writes, { row: "update", entry }] };
}
