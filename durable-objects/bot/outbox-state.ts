/**
 * What the outbox knows of each answer that is on its way to a person, and what a step of its machine can ask for. Everything
 * here can be rebuilt from the rows, except what is marked as memory: an incarnation that dies takes that with it, on purpose.
 */
import type { SendVerdict } from "../../src/channels/outgoing.ts";
import type { ConversationRef } from "../../src/core/conversation-ref.ts";
import type { DeliveryStatus } from "../../src/core/delivery-status.ts";
import type { Chat } from "../../src/core/message.ts";
import { freshPacing, type Pace, type Pacing } from "../../src/core/pacing.ts";
import type { Delta } from "../../src/core/series.ts";
import type { Reply, ReplyEnd } from "../../src/ports/bots.ts";

/** A platform's id of one part. A part that was repeated can have two. */
export interface Sent {
  readonly part: number;
  readonly id: string;
}

/** One answer, without its words: those are read from its row when a part is sent. */
export interface Entry {
  readonly key: string;
  readonly account: string;
  readonly ref: ConversationRef;
  readonly seq: number;
  readonly chat: Chat;
  readonly askedAtMs: number;
  /** An operator sent the message again: since it was asked the person may have written. */
  readonly isReplay?: boolean;
  readonly keptAtMs: number;
  readonly total: number;
  /** The first part the platform has not taken. */
  readonly next: number;
  /** Calls of part `next` that may have been taken: more than none means that to send it is to repeat it. */
  readonly attempts: number;
  /** Calls of part `next` that the platform refused, and that nobody answered. */
  readonly refusals: number;
  readonly doubts: number;
  /** Calls of earlier parts whose id nobody will ever tell. */
  readonly strays: number;
  readonly repeats: number;
  /** Refusals that spoke of the account: the first, and those before which others had been taken. And when the last one came. */
  readonly stops?: number;
  readonly stoppedAtMs?: number;
  /** From this part on the template stands for the rest. */
  readonly templateAt?: number;
  /** Its last part failed after it had been taken, and was sent anew. */
  readonly isResent: boolean;
  readonly sent: readonly Sent[];
  readonly takenAtMs: number;
  /** Part `next` does not leave before. */
  readonly notBeforeMs: number;
  readonly detail?: string;
  readonly end?: ReplyEnd;
  /** Memory: how often the conversation was told of the end, when it is told again, and that it knows. */
  readonly tells: number;
  readonly tellAtMs: number;
  readonly isTold?: true;
}

export interface Stop {
  readonly detail: string;
  /** Memory: when the account is tried again, with one part. */
  readonly lookAtMs: number;
}

export interface Outbox {
  /** In the order in which they were kept. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Memory: the part under way in each lane. */
  readonly busy: ReadonlyMap<string, { readonly key: string; readonly part: number }>;
  /** Memory: how the newest answers ended whose conversations know it. Their rows are gone. */
  readonly marks: ReadonlyMap<string, ReplyEnd>;
  readonly stopped?: Stop;
  /** Memory, and as much as the rows tell: when the newest templates were taken, by lane. The rest has been forgotten. */
  readonly templates?: ReadonlyMap<string, number>;
  /** Memory: when the platform last took something of this account. */
  readonly provenAtMs?: number;
  /** Memory: until when the account's own bucket lets nobody go, and until when nobody asks again whether the account can speak. */
  readonly fullUntilMs?: number;
  readonly unreadyUntilMs?: number;
  /** The bot's own: notices and instances' calls take turns from it too. */
  readonly pacing: Pacing;
}

/** What the machine must know of the channel; undefined while the account cannot speak (no token, no such account). */
export interface Speech {
  readonly pace: (chat: Chat) => Pace;
  readonly windowMs: number | undefined;
  readonly hasTemplate: (chat: Chat) => boolean;
}

export interface Moment {
  readonly nowMs: number;
  readonly dice: number;
  readonly speech: Speech | undefined;
}

/** What came back from a call. `taken` without an id: the answer is not what was documented. `unanswered`: it may have been taken. */
export type Answer =
  | { readonly kind: "taken"; readonly id: string | undefined }
  | { readonly kind: "refused"; readonly verdict: SendVerdict }
  | { readonly kind: "unanswered"; readonly detail: string };

export type KeepEvent = Moment & {
  readonly type: "keep";
  readonly account: string;
  readonly reply: Omit<Reply, "text">;
  readonly parts: readonly string[];
};
export type AnsweredEvent = Moment & { readonly type: "answered"; readonly key: string; readonly part: number; readonly answer: Answer };
/** `verdict`: what the channel makes of a failure's code. */
export type StatusEvent = Moment & {
  readonly type: "status";
  readonly account: string;
  readonly status: DeliveryStatus;
  readonly verdict: SendVerdict | undefined;
};
export type OutboxEvent =
  | KeepEvent
  | AnsweredEvent
  | StatusEvent
  | (Moment & { readonly type: "wake" })
  | (Moment & { readonly type: "told"; readonly key: string });

export type OutboxWrite =
  | { readonly row: "insert"; readonly entry: Entry; readonly parts: readonly string[] }
  | { readonly row: "update"; readonly entry: Entry }
  | { readonly row: "delete"; readonly key: string };

/** Things to do once the rows are written. */
export type OutboxEffect =
  | { readonly do: "send"; readonly entry: Entry; readonly waitMs: number }
  | { readonly do: "tell"; readonly entry: Entry }
  | { readonly do: "count"; readonly delta: Delta }
  | { readonly do: "stopped"; readonly account: string; readonly detail: string }
  | { readonly do: "resumed"; readonly account: string }
  | { readonly do: "undelivered"; readonly account: string; readonly status: DeliveryStatus };

export interface OutboxStep {
  readonly state: Outbox;
  readonly writes: readonly OutboxWrite[];
  readonly effects: readonly OutboxEffect[];
}

export const emptyOutbox: Outbox = { entries: new Map(), busy: new Map(), marks: new Map(), pacing: freshPacing };

/** How many platform messages it comes to. */
export const lengthOf = (entry: Entry): number => (entry.templateAt === undefined ? entry.total : entry.templateAt + 1);

/** Nothing is left to be sent. */
export const isTaken = (entry: Entry): boolean => entry.next >= lengthOf(entry);

/** Something is left to be sent. */
export const isOpen = (entry: Entry): boolean => entry.end === undefined && !isTaken(entry);

/** The object died while a part was under way: it is repeated a little later, so that a status can say first that it arrived. */
export const survive = (entry: Entry, nowMs: number): Entry =>
  entry.attempts > 0 && entry.end === undefined ? { ...entry, notBeforeMs: Math.max(entry.notBeforeMs, nowMs + DOUBT_WAIT_MS) } : entry;

/** How soon an incarnation that dies now must be replaced by its alarm. */
export const LEASE_MS = 5000;
/** A longer wait is the alarm's: the object does not stay awake for it. */
export const MAX_AWAKE_MS = 2000;
/** For how long an answer that was sent waits for a status that says more. */
export const CONFIRM_MS = 60_000;
/** Between a call that nobody answered and its one repetition. */
export const DOUBT_WAIT_MS = 3000;
export const MAX_DOUBTS = 2;
/** With waits that grow to a minute: a platform may be out for half an hour. */
export const MAX_REFUSALS = 30;
export const RETRY = { baseMs: 1000, maxMs: 60_000 } as const;
/** By so much the row of a told one goes before its time: with an alarm that rings anyway. */
export const EARLY_MS = 4000;
export const TELL_AGAIN = { baseMs: LEASE_MS, maxMs: 300_000 } as const;
/** An account that was stopped is tried again with one part. */
export const LOOK_MS = 180_000;
/** So often one answer may be refused as if the account were stopped, while others are taken. */
export const MAX_STOPS = 3;
/** An account without token or channel is looked at again. */
export const UNREADY_MS = 60_000;
/** An older answer is of no use any more. */
export const MAX_AGE_MS = 86_400_000;
export const MAX_MARKS = 500;
/** Lanes whose template is remembered. */
export const MAX_TEMPLATES = 1000;
/** So many things are taken up in one step; the alarm rings at once for the others. */
export const MAX_TURNS = 250;
/** What one account keeps at most: more is left to its conversations, which come again. */
export const MAX_KEPT = 20_000;
export const MAX_KEPT_CHARACTERS = 32 * 1024 * 1024;
