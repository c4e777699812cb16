/**
 * The contract of a channel. One folder per channel implements it with the same files; `registry.ts` lists them.
 * A channel never imports another channel, never does I/O, and never learns which pool or instance a message goes to.
 */
import type * as z from "zod/mini";
import type { Account } from "../core/account.ts";
import type { Delivery } from "../core/delivery.ts";
import type { LinkName } from "../core/link-name.ts";
import type { Chat, Parsed } from "../core/message.ts";
import type { RejectedReason, UnverifiedReason } from "../core/problem.ts";
import type { Result } from "../core/result.ts";
import type { Secret } from "../core/secret.ts";
import type { Egress } from "./egress.ts";
import type { MediaSource } from "./media-source.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Platform } from "./platform.ts";
import type { Registration } from "./registration.ts";

export interface ChannelLimits {
  /** A larger delivery is refused before verification. */
  readonly maxBodyBytes: number;
  /** How long the platform repeats a delivery it got no 2xx for: the dedupe horizon must be longer. */
  readonly redeliveryMs: number;
}

/** Opens the account's secret by its purpose (`webhook`, `token`), or undefined when the Worker variable is not set. */
export type OpenSecret = (purpose: string) => Secret | undefined;

export type Verify = (delivery: Delivery, secret: OpenSecret) => Promise<Result<void, UnverifiedReason>>;

export interface ParseProblem {
  readonly reason: RejectedReason;
  readonly detail: string;
}

/** `payload` is JSON of a verified delivery; arrival time is passed because some ages are counted from it. */
export type Parse = (payload: unknown, account: Account, arrivedAtMs: number) => Result<Parsed, ParseProblem>;

/** One call to the platform's own API, before token and base URL are put in. */
export interface PlatformCall {
  /** Method or path, in the platform's words. */
  readonly method: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** `POST` when not given; a `GET` sends no body. */
  readonly verb?: "GET" | "POST";
}

/** Answers a platform that asks, before it sends anything, whether this address is ours: the text of the answer. */
export type Handshake = (query: URLSearchParams, secret: OpenSecret) => Promise<Result<string, UnverifiedReason>>;

/** Something the edge itself tells a person (limit reached, moved): plain text, one message. */
export type RenderNotice = (chat: Chat, text: string) => PlatformCall;

export interface Channel {
  readonly name: string;
  /** Fields that only this channel's accounts have, with the purposes under `secrets`. Strict. */
  readonly accountFields: z.ZodMiniObject;
  readonly limits: ChannelLimits;
  /** The links that can carry its messages; an instance has at most one of them for an account. */
  readonly links: readonly LinkName[];
  /** The header in which an instance's own listener expects its secret; undefined when this channel has no native link. */
  readonly nativeSecretHeader: string | undefined;
  /** A genuine payload that an instance keeps and does nothing with, to prove a listener by; undefined when there is none. */
  readonly harmless?: Readonly<Record<string, unknown>>;
  readonly verify: Verify;
  /** How a `GET` to the webhook's address is answered; undefined: this platform never asks. */
  readonly handshake?: Handshake;
  readonly parse: Parse;
  /**
   * Where several accounts of one app share a callback: the platform's own address of an account, and the purpose of the secret
   * that must be the same for the delivery of one to speak for the other.
   */
  readonly siblings?: { readonly addressOf: (account: Account) => string | undefined; readonly purpose: string };
  /** Whether what is said in a group without addressing the bot is for this account; undefined: its instances decide that. */
  readonly hearsGroups?: (account: Account) => boolean;
  readonly renderNotice: RenderNotice;
  /** How the edge itself calls the platform. */
  readonly platform: Platform;
  /** How agents' answers leave through the edge; undefined when instances answer by themselves. */
  readonly outgoing?: Outgoing;
  /** Where the files are that a message only names; undefined when instances fetch them by themselves. */
  readonly media?: MediaSource;
  /** How instances' own platform calls pass through the edge; undefined when the edge does all the sending. */
  readonly egress: Egress | undefined;
  /** How the platform's webhook is set and compared; undefined when it is set by hand. */
  readonly registration: Registration | undefined;
}
