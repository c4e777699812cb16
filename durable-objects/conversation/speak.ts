/** Who may speak to the person: the owner of a pin. This is the fence that works with a stock gateway, which knows nothing of epochs. */
import type { Speak, SpeakVerdict } from "../../src/ports/conversations.ts";
import { type Pin, type State, type Step, still } from "./state.ts";

export interface SpeakEvent {
  readonly type: "speak";
  readonly speak: Speak;
  readonly nowMs: number;
  /** The pool in which this instance may become the owner of a conversation that has none; undefined: it may not. */
  readonly proactivePool?: string | undefined;
  /** Those its account leads to, where it has pins in several; undefined: nobody can say. */
  readonly pools?: readonly string[] | undefined;
}

export interface SpeakStep extends Step {
  readonly verdict: SpeakVerdict;
}

export function speak(state: State, event: SpeakEvent): SpeakStep {
  if (state.movedTo !== undefined) return { ...still(state), verdict: { verdict: "moved", to: state.movedTo } };
  const all = Object.values(state.pins);
  const current = all.filter(({ pool }) => event.pools?.includes(pool) !== false);
  // Nothing comes any more to a pool that the document lost. Whoever is alone has the last question still.
  const pins = current.length === 0 ? all : current;
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
