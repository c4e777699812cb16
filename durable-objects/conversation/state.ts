/**
 * What a conversation knows while it runs: the messages not ended yet, in order, its pins and debts. Everything here can be
 * rebuilt from its tables, except what is marked as memory: an incarnation that dies takes that with it, on purpose.
 */

import type { Commit, CommitResult } from "../../src/core/commit.ts";
import type { ConversationRef } from "../../src/core/conversation-ref.ts";
import type { Chat } from "../../src/core/message.ts";
import type { TerminalState } from "../../src/core/terminal.ts";
import type { Bucket } from "../../src/core/token-bucket.ts";

/** The instance a conversation keeps within a pool. The epoch grows at every move and never shrinks. */
export interface Pin {
  readonly pool: string;
  readonly instance: string;
  readonly epoch: number;
  readonly atMs: number;
  /** It accepted something: from here on a move costs history. */
  readonly isUsed: boolean;
  /** When it last took over from one that was used. */
  readonly movedAtMs?: number | undefined;
  /** It was given up, and nobody is chosen yet: the next message asks again instead of trying it. */
  readonly isLeft?: boolean;
}

export interface Attempt {
  readonly id: string;
  readonly instance: string;
  readonly epoch: number;
  readonly deadlineAtMs: number;
  /** By a link whose instance absorbs no repeat: without an answer it stays unknown. */
  readonly isOnce?: true;
  /** It goes out although an earlier one may have been a turn: counted. */
  readonly isRepeat?: true;
  /** How many before it, in a row, lost their answer with their incarnation. */
  readonly lost?: number | undefined;
}

/** A message that has not ended: its facts without the body, and how its delivery stands. */
export interface Entry {
  readonly seq: number;
  readonly key: string;
  readonly messageId: string;
  readonly account: string;
  readonly kind: string;
  readonly chat: Chat;
  readonly pool: string;
  readonly rule: string;
  readonly trace: string;
  readonly traceId: string;
  /** Which of its pool's agents is asked: decided once, so that every attempt asks the same. */
  readonly tier?: "simple" | "complex" | undefined;
  /** Memory: the first message there ever was, whose answer may be known or worth knowing; until when the answer cache is waited for, and under which key it knows nothing. */
  readonly cache?: { readonly untilMs?: number; readonly key?: string | undefined } | undefined;
  readonly bytes: number;
  readonly arrivedAtMs: number;
  readonly committedAtMs: number;
  readonly expiresAtMs?: number | undefined;
  /** Not before. */
  readonly dueAtMs: number;
  /** Every attempt, and those that reached an instance: only the latter count toward poison. */
  readonly tries: number;
  readonly reached: number;
  /** Memory: how often it waited without an attempt, for the backoff. */
  readonly waits?: number | undefined;
  readonly firstReachedAtMs?: number | undefined;
  /** Memory, and in its attempt: attempts in a row whose incarnation died, sent or not. */
  readonly lost?: number | undefined;
  readonly attempt?: Attempt | undefined;
  /** An instance that may have it: an attempt ended `unknown`. */
  readonly maybeAt?: string | undefined;
  /** Since when its pin keeps it waiting, and since when that pin could be given up: who will be back is only waited for. */
  readonly heldSinceMs?: number | undefined;
  readonly movableSinceMs?: number | undefined;
  readonly lastDetail?: string | undefined;
  readonly isReplay: boolean;
  /** Said in a group and not to the bot: nobody waits for an answer. */
  readonly isOverheard?: boolean;
}

/** An answer the link brought back, or the cache: the bot sends it, and its end is the message's. It is no part of the queue any more. */
export interface Replying {
  readonly entry: Entry;
  /** Undefined: nobody was asked. */
  readonly instance?: string | undefined;
  readonly epoch?: number | undefined;
  /** Markdown. */
  readonly text: string;
  readonly sinceMs: number;
  /** Memory: the bot has it. After a restart it is handed over again, and kept once. */
  readonly isKept?: boolean;
  /** Memory: how often the bot could not take it, and not before when it is asked again. */
  readonly refusals?: number;
  readonly dueAtMs?: number;
}

/** How a message ended, as the log, the metrics and the dead letters tell it. */
export interface Ending {
  readonly seq: number;
  readonly entry: Entry;
  readonly state: TerminalState;
  /** `accepted`, `unmarked`, `poison`, `ambiguous`, `refused: http 400`, ... */
  readonly outcome: string;
  readonly instance?: string | undefined;
  readonly epoch?: number | undefined;
  readonly atMs: number;
}

export interface Arrival {
  readonly sender: string;
  readonly atMs: number;
}

export interface Choosing {
  readonly seq: number;
  readonly sinceMs: number;
  /** Of the pin it had then: another may be found, or handed over, while somebody chooses. */
  readonly epoch?: number | undefined;
  /** Only a primary is wanted: the head has an instance. */
  readonly isReturn?: boolean | undefined;
  /** The head goes to whoever is found when it is due, and not at once. */
  readonly isPaced?: boolean | undefined;
}

export type Asked = Entry["tier"] | "nobody";

export interface State {
  readonly nextSeq: number;
  readonly queue: readonly Entry[];
  readonly queuedBytes: number;
  readonly replying: readonly Replying[];
  readonly pins: Readonly<Record<string, Pin>>;
  /** Per instance: the newest message it accepted or was left with, and up to which it has answered since. */
  readonly accepted: Readonly<Record<string, { readonly seq: number; readonly atMs: number }>>;
  readonly answered: Readonly<Record<string, number>>;
  /** When a turn last broke off without an answer since: its instance may go on with it, and refuses others meanwhile. */
  readonly brokenOffAtMs?: number | undefined;
  /** The person was told that a message waits: something does since then, and nothing has arrived. */
  readonly isTold?: true | undefined;
  /** Since when nothing ended here; undefined when that is not known, or was a reason to ask for a primary already. */
  readonly quietSinceMs?: number | undefined;
  readonly movedTo?: ConversationRef | undefined;
  /** The conversation there has its pins. */
  readonly isHanded?: boolean | undefined;
  /** The pool of its newest message. */
  readonly lastPool?: string | undefined;
  /** Pool to who was asked there last: the agent of a tier, or nobody, where the answer was known already. What matters to no one is left out. */
  readonly lastAsked: Readonly<Record<string, Asked>>;
  /** Pool to when its newest message of the complex tier came. */
  readonly complexAtMs: Readonly<Record<string, number>>;
  /** Memory: the attempt this incarnation has in flight, and the message it is choosing an instance for. */
  readonly liveAttempt?: string | undefined;
  readonly choosing?: Choosing | undefined;
  /** Memory: the pin that is being told what was said before, and until when its messages wait for that. */
  readonly briefing?: { readonly pool: string; readonly epoch: number; readonly untilMs: number } | undefined;
  /** Memory: when the person shall be told that the head waits, unless it went meanwhile. */
  readonly tellAtMs?: number | undefined;
  /** Memory: waiting until then is told to nobody; without an end while who is waited for will be back. */
  readonly sparedUntilMs?: number | undefined;
  /** Memory, rebuilt from arrivals: buckets by sender; "" is the whole conversation. */
  readonly buckets: Readonly<Record<string, Bucket>>;
  readonly recent: readonly Arrival[];
  readonly noticedAtMs?: number | undefined;
}

export const emptyState: State = {
  nextSeq: 1,
  queue: [],
  queuedBytes: 0,
  replying: [],
  pins: {},
  accepted: {},
  answered: {},
  lastAsked: {},
  complexAtMs: {},
  buckets: {},
  recent: [],
};

/** Rows to write, in the same transaction as the step that asked for them. */
export type Write =
  | { readonly row: "insert"; readonly entry: Entry; readonly commit: Commit; readonly ending?: Ending }
  | { readonly row: "update"; readonly entry: Entry }
  | { readonly row: "end"; readonly ending: Ending }
  | { readonly row: "reply"; readonly replying: Replying }
  | { readonly row: "replay"; readonly entry: Entry; readonly of: number }
  | { readonly row: "pin"; readonly pin: Pin }
  | { readonly row: "answered"; readonly instance: string; readonly seq: number }
  | { readonly row: "debt"; readonly instance: string; readonly seq: number; readonly atMs: number }
  | { readonly row: "told"; readonly isTold: boolean }
  | { readonly row: "moved"; readonly to: ConversationRef }
  | { readonly row: "handed" }
  | { readonly row: "stayed" };

/** What the edge itself may tell a person; its words stand in the routes document. */
export type Notice = "limited" | "unanswered" | "held" | "moved";

/** Things to do once the writes are made. They may be repeated after a crash; none may come before its write. */
export type Effect =
  | { readonly do: "hand-over"; readonly entry: Entry; readonly attempt: Attempt }
  | {
      readonly do: "choose";
      readonly seq: number;
      readonly pool: string;
      readonly account: string;
      readonly exclude: readonly string[];
      readonly askedAtMs: number;
    }
  | { readonly do: "look-up"; readonly entry: Entry }
  | { readonly do: "keep-answer"; readonly entry: Entry; readonly text: string; readonly key: string }
  | { readonly do: "granted"; readonly instance: string }
  | { readonly do: "brief"; readonly entry: Entry; readonly pin: Pin; readonly untilMs: number }
  | { readonly do: "ended"; readonly ending: Ending }
  /** It spoke for the first time since it took a message, `ms` ago. */
  | { readonly do: "answered"; readonly instance: string; readonly ms: number }
  | { readonly do: "reply"; readonly replying: Replying }
  | { readonly do: "notice"; readonly entry: Entry; readonly notice: Notice }
  | { readonly do: "pinned"; readonly pin: Pin; readonly from?: string; readonly reason: string }
  | { readonly do: "troubled"; readonly entry: Entry; readonly detail: string }
  | { readonly do: "hand-pins"; readonly to: ConversationRef; readonly pins: readonly Pin[] };

export interface Step {
  readonly state: State;
  readonly writes: readonly Write[];
  readonly effects: readonly Effect[];
  readonly reply?: CommitResult;
}

/** Nobody ever wrote or spoke here. */
export const isNew = (state: State): boolean => state.nextSeq === 1 && Object.keys(state.pins).length === 0;

export const still = (state: State): Step => ({ state, writes: [], effects: [] });

/** Not called `then`: a module that exports that name is taken for a promise. The second step follows the first: states chain, writes and effects add up, the later reply wins. */
export function andThen(first: Step, next: (state: State) => Step): Step {
  const second = next(first.state);
  const reply = second.reply ?? first.reply;
  return {
    state: second.state,
    writes: [...first.writes, ...second.writes],
    effects: [...first.effects, ...second.effects],
    ...(reply === undefined ? {} : { reply }),
  };
}

/** The head with new facts; a change of the head is the only way the queue changes besides its ends. */
export const withHead = (state: State, head: Entry): State => ({ ...state, queue: [head, ...state.queue.slice(1)] });
