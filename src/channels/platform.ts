/** The contract for the edge's own calls to a platform's API: where it is, what a request looks like, how its answers read. Pure. */
import type { Account } from "../core/account.ts";
import type { Chat } from "../core/message.ts";
import type { Pace } from "../core/pacing.ts";
import type { PlatformCall } from "./channel.ts";
import type { AnswerFacts } from "./egress.ts";

export interface PlatformRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  /** The token is in here or in the URL: neither is ever logged. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What a call is made with: the root of the API, and the account's own token in the open. */
export interface PlatformAccess {
  readonly base: string;
  readonly token: string;
  readonly account: Account;
}

export interface Platform {
  /** The Worker variable that holds the root of the platform's API, and the root when it is not set. */
  readonly apiBase: { readonly variable: string; readonly fallback: string };
  readonly request: (call: PlatformCall, access: PlatformAccess) => PlatformRequest;
  /** What a successful answer carries, out of its envelope. */
  readonly resultOf: (body: unknown) => unknown;
  /** What a refusal tells of pauses and moved chats. */
  readonly readAnswer: (status: number, body: unknown) => AnswerFacts;
  /** Sends per minute and burst, per chat (by kind) and for the whole account. */
  readonly pace: (chat: Chat | undefined) => Pace;
}
