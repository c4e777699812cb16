/** What ingress asks of a conversation: keep this message, durably, and see to it. Travels over RPC: additive changes only. */

import type { ConversationRef } from "./conversation-ref.ts";
import type { Chat } from "./message.ts";
import type { BucketRule } from "./token-bucket.ts";

export type OnLimit = "drop" | "notify" | "defer";

export interface LimitRule extends BucketRule {
  readonly onLimit: OnLimit;
}

export interface CommitLimits {
  readonly perSender?: LimitRule;
  readonly perConversation?: LimitRule;
}

export interface Commit {
  readonly ref: ConversationRef;
  readonly account: string;
  /** `messageKey(account, id)` */
  readonly key: string;
  readonly messageId: string;
  readonly kind: string;
  readonly chat: Chat;
  readonly senderId?: string;
  readonly pool: string;
  /** Goes to the pool the conversation was last in; `pool` is for one that was in none. */
  readonly keepsPool?: boolean;
  /** It keeps its pool because a tie-break decided: that gives way to silence. */
  readonly isTieBreak?: true;
  /** Said in a group without addressing the bot: it does not change which pool the conversation is talking to. */
  readonly isOverheard?: boolean;
  readonly rule: string;
  /** The one-line trace of the decision, for the log and `conversation show`. */
  readonly trace: string;
  readonly traceId: string;
  /** Told where its pool asks another agent for such messages. */
  readonly isComplex?: true;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly arrivedAtMs: number;
  readonly expiresAtMs?: number;
  readonly movedTo?: ConversationRef;
  /** What this conversation was called before its platform gave it another id: one that begins here continues that one. */
  readonly continues?: ConversationRef;
  readonly limits: CommitLimits;
  /** Number of the routes document that decided; the conversation never works with a lower one. */
  readonly configNumber: number;
}

export type CommitResult =
  | { readonly state: "stored" | "duplicate" | "limited" | "expired"; readonly seq: number }
  /** The backlog is full: nothing was stored; the platform must keep it. */
  | { readonly state: "full"; readonly retryAfterMs: number }
  /** It is new here: bring what `continues` names, and commit again without it. Nothing was stored. */
  | { readonly state: "continues" }
  /** The conversation lives on elsewhere; commit it there. */
  | { readonly state: "moved"; readonly to: ConversationRef };
