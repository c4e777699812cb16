/**
 * The contract of channels whose answers the edge sends itself: an agent's Markdown to the platform's messages, one call for each,
 * and what a refusal means. Pure; the Bot object queues, paces and calls.
 */
import type { Account } from "../core/account.ts";
import type { Chat } from "../core/message.ts";
import type { PlatformCall } from "./channel.ts";

/**
 * - wait: nothing is wrong with the message; not before `retryAfterMs`, for this chat or for the whole account
 * - retry: the platform failed; nothing was sent
 * - doubt: nobody can say whether it was taken
 * - stop: the account may not send until an operator mends it (token, block)
 * - template: outside the window in which the platform lets an account speak freely
 * - give-up: this message will never be taken
 */
export type SendVerdict =
  | { readonly kind: "wait"; readonly scope: "chat" | "account"; readonly retryAfterMs: number; readonly detail: string }
  | { readonly kind: "retry"; readonly detail: string }
  | { readonly kind: "doubt"; readonly detail: string }
  | { readonly kind: "stop"; readonly detail: string }
  | { readonly kind: "template"; readonly detail: string }
  | { readonly kind: "give-up"; readonly detail: string };

export interface SendFailure {
  /** HTTP status; undefined for a failure that came later as a delivery status. */
  readonly status?: number;
  /** The answer's JSON, when it was JSON, or the platform's error code alone. */
  readonly body?: unknown;
  readonly code?: number;
  /** How often this part was refused so already: waits grow with it. */
  readonly refusals: number;
}

export interface Outgoing {
  /** Parts of an answer, each one platform message in the platform's own markup; none for an answer without words. */
  readonly render: (markdown: string) => readonly string[];
  /** `note` comes back with every later status; at most 512 characters. */
  readonly send: (chat: Chat, part: string, note: string) => PlatformCall;
  /** The platform's id of what was sent; undefined when the answer is not what was documented. */
  readonly sentId: (result: unknown) => string | undefined;
  /** Marks a message as read and shows that an answer is being written. */
  readonly present: (chat: Chat, messageId: string) => PlatformCall;
  /** For how long a presence shows: it is renewed a little earlier. */
  readonly presenceMs: number;
  /** After a person's message, for how long the account may speak freely; undefined: always. */
  readonly windowMs: number | undefined;
  /** What is sent instead outside the window, when the account has such a thing. */
  readonly template: (account: Account, chat: Chat, note: string) => PlatformCall | undefined;
  readonly judge: (failure: SendFailure) => SendVerdict;
}
