/**
 * The contract for an instance's own calls to the platform's API, which go through the edge (`apiRoot`): what a call is,
 * whom it concerns, and what to answer when it is not forwarded. Pure; `workers/egress/` does the I/O.
 */
import type { Chat } from "../core/message.ts";
import type { Result } from "../core/result.ts";
import type { Polling } from "./polling.ts";

/**
 * - bot-change: changes the bot itself (webhook, name, commands, log out): the operator's, answered as if done
 * - poll: asks for updates
 * - typing: shows presence; never asked for ownership, costs no row
 * - edit: changes or deletes something already sent
 * - send: makes something new appear to a person
 * - query: reads, or concerns no conversation (`getMe`, `answerCallbackQuery`)
 */
export type CallClass = "bot-change" | "poll" | "typing" | "edit" | "send" | "query";

export interface EgressCall {
  /** The method in the platform's spelling. */
  readonly method: string;
  readonly class: CallClass;
  /** The conversation it concerns, when it concerns one. */
  readonly chat?: Chat;
  /** The chat is sure, the thread is not: an edit names a message, and in a chat with topics it may stand in any of them. */
  readonly isAnyThread?: true;
  /** The chat is called by a public name that no incoming message carries: whose conversation it is cannot be told. */
  readonly isAlias?: true;
}

export type EgressProblem =
  /** It must name a chat and does not, within the bytes we look at. */
  { readonly kind: "no-chat"; readonly detail: string } | { readonly kind: "bad-body"; readonly detail: string };

/** How much of a body is looked at for the chat; the rest is streamed unseen. */
export const HEAD_BYTES = 64 * 1024;

export interface CallHead {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  /** The first `HEAD_BYTES` of the body, or all of it when shorter. */
  readonly head: Uint8Array;
  readonly isComplete: boolean;
}

/** A problem of the platform's answer that the edge acts on. */
export interface AnswerFacts {
  readonly retryAfterMs?: number;
  /** The chat lives on under another id. */
  readonly movedTo?: Chat;
}

export interface WireAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What an instance's call asks for, read from the part of the path behind `/egress/:channel/:account/:instance/`. */
export interface EgressTarget {
  readonly kind: "method" | "file";
  /** As it stood in the path; it has only been checked to be in the channel's grammar. */
  readonly token: string;
  /** Method name, or the file's path. */
  readonly path: string;
}

/** How instances enter and where their calls leave to: what a channel adds so that the Worker needs to know no platform's paths. */
export interface EgressEntry {
  /** Undefined when the path is not one of this platform's API. `rest` is raw, without a leading slash and without the query. */
  readonly readPath: (rest: string) => EgressTarget | undefined;
  /** The Worker variable that holds the root of the platform's API, and the root when it is not set. */
  readonly apiBase: { readonly variable: string; readonly fallback: string };
  /** What a successful answer of the platform carries, out of its envelope. */
  readonly resultOf: (body: unknown) => unknown;
  /** How the platform refuses an instance that asks for updates while a webhook is set. */
  readonly pollConflict: string;
}

export interface Egress {
  /** Undefined: instances of this channel cannot call through the edge. */
  readonly entry?: EgressEntry;
  /** Undefined: instances of this channel cannot ask for their updates. */
  readonly polling?: Polling;
  /** The token a gateway must be given: like the real one to a client that only looks at its public part. */
  readonly tokenPrefix: (realToken: string) => string;
  readonly readCall: (call: CallHead) => Result<EgressCall, EgressProblem>;
  /** A plausible success for a call that is not forwarded (suppressed, or answered by the edge). `serial` makes ids unique. */
  readonly pretend: (call: EgressCall, now: { readonly nowMs: number; readonly serial: number }) => WireAnswer;
  /** The platform's own shape of a refusal. */
  readonly refuse: (status: number, description: string, retryAfterMs?: number) => WireAnswer;
  /** What a non-2xx answer of the platform tells us. Reads only small JSON bodies. */
  readonly readAnswer: (status: number, body: unknown) => AnswerFacts;
  /** URL of the platform for a call; `kind` is `method` or `file`. */
  readonly url: (base: string, token: string, target: { readonly kind: "method" | "file"; readonly path: string }) => string;
  /** Sends per minute and burst, per chat (by kind) and per bot. */
  readonly pace: (chat: Chat | undefined) => {
    readonly chat?: { readonly perMinute: number; readonly burst: number };
    readonly bot: { readonly perMinute: number; readonly burst: number };
  };
}
