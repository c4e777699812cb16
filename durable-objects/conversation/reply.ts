/**
 * An answer that came back by the link: written down with its message, handed to the bot until that has it, and ended by the bot's
 * word. The queue moves on meanwhile; the order in which a person reads answers is the bot's to keep.
 */
import type { ReplyEnd } from "../../src/ports/bots.ts";
import { end, ending, type Moment } from "./hold.ts";
import { type Ending, type Entry, type Replying, type State, type Step, still } from "./state.ts";

/** The head was answered. An agent that chose to say nothing has answered too. */
export function answered(state: State, head: Entry, text: string, moment: Moment): Step {
  const { attempt } = head;
  if (attempt === undefined) return still(state);
  const at = { instance: attempt.instance, epoch: attempt.epoch };
  const used = usedPin(state, head, attempt.instance);
  const well: State = { ...state, brokenOffAtMs: undefined };
  const pinned: State = used === undefined ? well : { ...well, pins: { ...state.pins, [head.pool]: used } };
  const pinWrites = used === undefined ? [] : [{ row: "pin", pin: used } as const];
  if (text.trim() === "") {
    const ended = end(pinned, { ...ending(head, "answered", "empty", moment), ...at });
    return { ...ended, writes: [...ended.writes, ...pinWrites] };
  }
  const replying: Replying = { ...at, entry: { ...head, attempt: undefined }, text };
  return {
    state: {
      ...pinned,
      queue: pinned.queue.filter((entry) => entry.seq !== head.seq),
      queuedBytes: pinned.queuedBytes - head.bytes,
      replying: [...pinned.replying, replying],
    },
    writes: [{ row: "reply", replying }, ...pinWrites],
    effects: [{ do: "reply", replying }],
  };
}

function usedPin(state: State, head: Entry, instance: string) {
  const pin = state.pins[head.pool];
  return pin !== undefined && !pin.isUsed && pin.instance === instance ? { ...pin, isUsed: true } : undefined;
}

/** Answers the bot is not known to have are handed to it again. */
export const handAgain = (state: State): Step => ({
  ...still(state),
  effects: state.replying.filter((one) => one.isKept !== true).map((replying) => ({ do: "reply", replying })),
});

export function kept(state: State, seq: number): Step {
  return still({ ...state, replying: state.replying.map((one) => (one.entry.seq === seq ? { ...one, isKept: true } : one)) });
}

/** The bot may say it more than once: what is not waited for any more was ended by the first. */
export function replied(state: State, seq: number, reply: ReplyEnd, nowMs: number): Step {
  const found = state.replying.find((one) => one.entry.seq === seq);
  if (found === undefined) return still(state);
  const { entry, instance, epoch } = found;
  const over: Ending = { seq, entry, state: reply.state, outcome: reply.outcome, instance, epoch, atMs: nowMs };
  return {
    state: { ...state, replying: state.replying.filter((one) => one !== found) },
    writes: [{ row: "end", ending: over }],
    effects: [{ do: "ended", ending: over }],
  };
}
