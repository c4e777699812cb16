import type { ConversationRef } from "../core/conversation-ref.ts";
import type { DeliveryStatus } from "../core/delivery-status.ts";
import type { Chat } from "../core/message.ts";

/** An agent's answer on its way to a person. Travels over RPC: additive changes only. */
export interface Reply {
  /** Of the message it answers: the same however often it is handed over. */
  readonly key: string;
  readonly ref: ConversationRef;
  /** Number of the message in its conversation. */
  readonly seq: number;
  readonly chat: Chat;
  /** Markdown, as the agent wrote it. */
  readonly text: string;
  /** When the person wrote: the platform's window counts from here. */
  readonly askedAtMs: number;
  /** Of a message an operator sent again: the person may have written since. */
  readonly isReplay?: boolean;
}

/** How a reply ended, once and for good. */
export interface ReplyEnd {
  readonly state: "answered" | "dead";
  /** `sent`, `template`, `undelivered: 131026 ...` */
  readonly outcome: string;
  /** Messages of the platform it took, and how many of them may have been sent twice. */
  readonly parts: number;
  readonly repeats: number;
}

/** `kept`: the bot has it, and tells the conversation how it ended. `ended`: it has told, or should have. */
export type ReplyVerdict = { readonly verdict: "kept" } | { readonly verdict: "ended"; readonly end: ReplyEnd };

/** The bot objects: outbound queue, pacing, and the edge's own words. */
export interface Bots {
  /** Tells a person something the edge itself has to say. At most once per `key`; never throws. */
  notify(account: string, notice: { readonly chat: Chat; readonly text: string; readonly key: string }): Promise<void>;
  /** Durable when it resolves. The same key is kept once. */
  reply(account: string, reply: Reply): Promise<ReplyVerdict>;
  /** Read mark and typing: a courtesy, lost when it cannot be had. Never throws. */
  present(account: string, presence: { readonly chat: Chat; readonly messageId: string }): Promise<void>;
  /** What the platform tells later about what was sent. Durable when it resolves. */
  statuses(account: string, statuses: readonly DeliveryStatus[]): Promise<void>;
}
