import type { Chat } from "../core/message.ts";
import type { Pace } from "../core/pacing.ts";

/** Which call of which instance wants a turn. Travels over RPC: additive changes only. */
export interface PermitRequest {
  readonly instance: string;
  /** Of the edge token it came with. */
  readonly generation: number;
  readonly class: string;
  readonly chat?: Chat;
  /** Undefined for a call that is not paced. */
  readonly pace?: Pace;
}

/**
 * `serial` is unique as long as the object lives. A reserved turn may be used after `waitMs`. `threads`: for an edit whose topic
 * is not known, topics of that chat in which this instance spoke lately, the newest first.
 */
export type PermitVerdict =
  /** The token was revoked. */
  | { readonly verdict: "revoked" }
  | { readonly verdict: "later"; readonly retryAfterMs: number }
  | { readonly verdict: "go"; readonly waitMs: number; readonly serial: number; readonly threads?: readonly string[] };

/** The bot objects as an outbound call sees them: whose turn it is, by account. */
export interface Outbound {
  permit(account: string, request: PermitRequest): Promise<PermitVerdict>;
  /** The platform asked for a pause. */
  penalize(account: string, penalty: { readonly chat?: Chat; readonly pace: Pace; readonly retryAfterMs: number }): Promise<void>;
  /** A call was answered without being forwarded: its turn is given back and counted. */
  suppressed(account: string, call: { readonly instance: string; readonly chat: Chat }): Promise<void>;
}
