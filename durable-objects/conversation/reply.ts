/**
 * An answer that came back by the link, or is known already: written down with its message, handed to the bot until that has it, and ended by the bot's
 * word. The queue moves on meanwhile; the order in which a person reads answers is the bot's to keep.
 */
import { backoffMs } from "../../src/core/backoff.ts";
import type { ReplyEnd } from "../../src/ports/bots.ts";
import { end, ending, type Moment } from "./hold.ts";
import { andThen, type Effect, type Ending, type Entry, type Replying, type State, type Step, still } from "./state.ts";

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
  const step = toBot(pinned, { ...at, entry: { ...head, attempt: undefined }, text, sinceMs: moment.nowMs });
  return { ...step, writes: [...step.writes, ...pinWrites] };
}

/** The head has its answer, whoever gave it. */
export function toBot(state: State, replying: Replying): Step {
  const { seq, bytes } = replying.entry;
  return {
    state: {
      ...state,
      queue: state.queue.filter((entry) => entry.seq !== seq),
      queuedBytes: state.queuedBytes - bytes,
      replying: [...state.replying, replying],
    },
    writes: [{ row: "reply", replying }],
    // The bot keeps the order in which it gets them, so each waits until the one before is kept.
    effects: firstUnkept(state) === undefined ? [{ do: "reply", replying }] : [],
  };
}

const firstUnkept = (state: State): Replying | undefined => state.replying.find((one) => one.isKept !== true);

function usedPin(state: State, head: Entry, instance: string) {
  const pin = state.pins[head.pool];
  return pin !== undefined && !pin.isUsed && pin.instance === instance ? { ...pin, isUsed: true } : undefined;
}

const HAND_BACKOFF = { baseMs: 2500, maxMs: 300_000 };
/** An answer that its bot could not take for so long is answered by nobody any more. */
export const GIVE_UP_MS = 24 * 3_600_000;

/** The first answer the bot is not known to have is handed to it again, when its time has come. */
export function handAgain(state: State, nowMs: number): Step {
  const first = firstUnkept(state);
  if (first === undefined || (first.dueAtMs ?? 0) > nowMs) return still(state);
  return { ...still(state), effects: [{ do: "reply", replying: first }] };
}

export const owedAtMs = (state: State, nowMs: number, leaseMs: number): number | undefined => {
  const first = firstUnkept(state);
  return first === undefined ? undefined : Math.max(first.dueAtMs ?? 0, nowMs + leaseMs);
};

export function kept(state: State, seq: number, nowMs: number): Step {
  const replying = state.replying.map((one) => (one.entry.seq === seq ? { ...one, isKept: true } : one));
  return handAgain({ ...state, replying }, nowMs);
}

/** The bot could not take it: asked again later and later, and given up after a day. */
export function unkept(state: State, event: { readonly seq: number; readonly detail: string } & Moment): Step {
  const found = state.replying.find((one) => one.entry.seq === event.seq && one.isKept !== true);
  if (found === undefined) return still(state);
  if (event.nowMs - found.sinceMs >= GIVE_UP_MS) {
    return replied(state, event.seq, { state: "dead", outcome: `undelivered: ${event.detail}`, parts: 0, repeats: 0 }, event.nowMs);
  }
  const refusals = (found.refusals ?? 0) + 1;
  const later: Replying = { ...found, refusals, dueAtMs: event.nowMs + backoffMs(HAND_BACKOFF, refusals, event.dice) };
  return still({ ...state, replying: state.replying.map((one) => (one === found ? later : one)) });
}

/** What the outcome of a message begins with that nobody was asked for. */
const CACHED = "cached";

/** A template is sent in place of an answer. */
const WITH_THE_PERSON: ReadonlySet<string> = new Set(["delivered", "sent"]);

/** The one answer to exactly that message, whole and with the person: of one attempt, by the instance that was chosen first. */
function worthKeeping({ entry, instance, epoch, text }: Replying, end: ReplyEnd): readonly Effect[] {
  const key = entry.cache?.key;
  const isWhole = instance !== undefined && epoch === 1 && entry.tries === 1 && WITH_THE_PERSON.has(end.outcome);
  return key !== undefined && isWhole ? [{ do: "keep-answer", entry, text, key }] : [];
}

/** The bot may say it more than once: what is not waited for any more was ended by the first. */
export function replied(state: State, seq: number, reply: ReplyEnd, nowMs: number): Step {
  const found = state.replying.find((one) => one.entry.seq === seq);
  if (found === undefined) return still(state);
  const { entry, instance, epoch } = found;
  const outcome = instance === undefined && reply.state === "answered" ? `${CACHED}: ${reply.outcome}` : reply.outcome;
  const over: Ending = { seq, entry, state: reply.state, outcome, instance, epoch, atMs: nowMs };
  const ended: Step = {
    state: { ...state, quietSinceMs: nowMs, replying: state.replying.filter((one) => one !== found) },
    writes: [{ row: "end", ending: over }],
    effects: [{ do: "ended", ending: over }, ...worthKeeping(found, reply)],
  };
  return found.isKept === true ? ended : andThen(ended, (next) => handAgain(next, nowMs));
}
