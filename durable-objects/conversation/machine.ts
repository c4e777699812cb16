/**
 * The conversation machine: state and event in, state, rows and effects out. It keeps no clock, throws no dice and does no I/O;
 * whoever runs it writes the rows in one transaction and performs the effects afterwards.
 *
 *   commit ─► queue ─► choose ─► chosen ─► hand-over ─► outcome ─► ended
 *                         ▲         │ held      │         │ with an answer
 *                         └─────────┴───────────┘         └──► replying ─► replied ─► ended
 *                          busy, failed, unreachable, unknown: due again, by alarm
 */
import type { ConversationRef } from "../../src/core/conversation-ref.ts";
import type { ReplyEnd } from "../../src/ports/bots.ts";
import { type BriefedEvent, briefed } from "./briefing.ts";
import { type CommitEvent, commit } from "./commit.ts";
import { advance, type ChosenEvent, chosen, isChoosing, LOOK_MS, type UnchosenEvent, unchosen } from "./deliver.ts";
import type { Moment } from "./hold.ts";
import { type LookedUpEvent, lookedUp } from "./look-up.ts";
import { type AdoptEvent, adopt, type HandedEvent, handed, move, owesPins } from "./moving.ts";
import { arrived, withNotices } from "./notices.ts";
import { type OutcomeEvent, outcome } from "./outcome.ts";
import { handAgain, kept, owedAtMs, replied, unkept } from "./reply.ts";
import { type SpeakEvent, speak } from "./speak.ts";
import type { Entry, State, Step } from "./state.ts";
import { andThen } from "./state.ts";

export type Event =
  | CommitEvent
  | ChosenEvent
  | UnchosenEvent
  | OutcomeEvent
  | LookedUpEvent
  | BriefedEvent
  | SpeakEvent
  | (Moment & { readonly type: "wake" })
  | (Moment & { readonly type: "replay"; readonly entry: Entry })
  | { readonly type: "kept"; readonly seq: number; readonly nowMs: number }
  | (Moment & { readonly type: "unkept"; readonly seq: number; readonly detail: string })
  | { readonly type: "replied"; readonly seq: number; readonly end: ReplyEnd; readonly nowMs: number }
  | { readonly type: "move"; readonly to: ConversationRef; readonly own: string }
  | HandedEvent
  | AdoptEvent;

export function step(state: State, event: Event): Step {
  const next = stepOf(state, event);
  return "rules" in event ? withNotices(next, event) : next;
}

function stepOf(state: State, event: Event): Step {
  switch (event.type) {
    case "commit":
      return commit(state, event);
    case "chosen":
      return chosen(state, event);
    case "unchosen":
      return unchosen(state, event);
    case "outcome":
      return outcome(state, event);
    case "looked-up":
      return andThen(arrived(lookedUp(state, event)), (next) => advance(next, event));
    case "briefed":
      return advance(briefed(state, event), event);
    case "wake":
      return andThen(handAgain(state, event.nowMs), (next) => advance(next, event));
    case "kept":
      return kept(state, event.seq, event.nowMs);
    case "unkept":
      return unkept(state, event);
    case "replied":
      return replied(state, event.seq, event.end, event.nowMs);
    case "speak":
      return speak(state, event);
    case "replay":
      return andThen(requeue(state, event.entry, event.nowMs), (next) => advance(next, event));
    case "move":
      return move(state, event.to, event.own);
    case "adopt":
      return adopt(state, event);
    case "handed":
      return handed(state, event);
  }
}

/** A dead letter sent again: at the end of the queue, under a new number and the same key. */
function requeue(state: State, dead: Entry, nowMs: number): Step {
  const entry: Entry = {
    ...dead,
    seq: state.nextSeq,
    dueAtMs: nowMs,
    tries: 0,
    reached: 0,
    firstReachedAtMs: undefined,
    attempt: undefined,
    maybeAt: undefined,
    heldSinceMs: undefined,
    movableSinceMs: undefined,
    lastDetail: undefined,
    expiresAtMs: undefined,
    isReplay: true,
  };
  const next = { ...state, nextSeq: entry.seq + 1, queue: [...state.queue, entry], queuedBytes: state.queuedBytes + entry.bytes };
  return { state: next, writes: [{ row: "replay", entry, of: dead.seq }], effects: [] };
}

/** How soon an incarnation that dies now must be replaced by its alarm. @see docs/decisions */
export const LEASE_MS = 5000;
/** Where a repeat is not absorbed there is nothing to be quick about, and every renewal of the lease costs a request and a row. */
export const ONCE_LEASE_MS = 20_000;

/** When the alarm must ring at the latest, or undefined when nothing is pending. */
export function wakeAtMs(state: State, nowMs: number): number | undefined {
  const handing = owesPins(state) ? nowMs + LEASE_MS : undefined;
  const due = [deliveryDueMs(state, nowMs), state.tellAtMs, owedAtMs(state, nowMs, LEASE_MS), handing].flatMap((atMs) => atMs ?? []);
  return due.length === 0 ? undefined : Math.min(...due);
}

function deliveryDueMs(state: State, nowMs: number): number | undefined {
  const head = state.queue[0];
  if (head === undefined) return undefined;
  if (head.attempt?.isOnce === true) return nowMs + ONCE_LEASE_MS;
  const isUnderWay = head.attempt !== undefined || isChoosing(state, head, nowMs) || head.dueAtMs <= nowMs;
  if (isUnderWay) return nowMs + LEASE_MS;
  return head.tries === 0 ? head.dueAtMs : Math.min(head.dueAtMs, nowMs + LOOK_MS);
}
