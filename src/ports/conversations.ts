import type { Commit, CommitResult } from "../core/commit.ts";
import type { ConversationRef } from "../core/conversation-ref.ts";
import type { Chat } from "../core/message.ts";
import type { ReplyEnd } from "./bots.ts";

/** An instance wants to say something in a conversation. */
export interface Speak {
  readonly instance: string;
  readonly account: string;
  readonly class: "send" | "edit";
  readonly chat: Chat;
  /** Key of the conversation, for an object that does not know its own name yet. */
  readonly conversation?: string;
}

/** `moved`: ask the conversation it moved to. */
export type SpeakVerdict =
  | { readonly verdict: "owner" | "proactive"; readonly epoch: number }
  | { readonly verdict: "suppressed"; readonly owner?: string }
  | { readonly verdict: "moved"; readonly to: ConversationRef };

/** The conversation objects. `region` is the location hint that counts only for the first call. */
export interface Conversations {
  commit(commit: Commit, region?: string): Promise<CommitResult>;
  speak(ref: ConversationRef, speak: Speak): Promise<SpeakVerdict>;
  /** Whether the conversation has kept this event: asked only when something else would refuse it. */
  knows(ref: ConversationRef, key: string): Promise<boolean>;
  /** The platform said that this chat lives on as `to`. With `idleMs`: unless nobody wrote here for so long. */
  move(ref: ConversationRef, to: ConversationRef, idleMs?: number): Promise<void>;
  /** A reply ended: the message it answers ends with it. May be told more than once. */
  replied(ref: ConversationRef, seq: number, end: ReplyEnd): Promise<void>;
}
