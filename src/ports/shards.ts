/** The index of what needs attention and the totals of what happened. */
import type { ConversationRef } from "../core/conversation-ref.ts";
import type { Delta } from "../core/series.ts";

export interface DeadEntry {
  /** `deadId(ref, seq)`: enough to find conversation and message again. */
  readonly id: string;
  readonly account: string;
  readonly conversation: string;
  readonly messageId: string;
  readonly pool: string;
  readonly reason: string;
  readonly atMs: number;
}

/** What a conversation tells its shard about itself with a metric flush. */
export interface Flush {
  /** 1, 2, 3, ... per conversation: a repeat of a serial changes nothing, so a flush counts exactly once. */
  readonly serial: number;
  readonly delta: Delta;
  /** The instance of its newest pin, for the gauge of active conversations. */
  readonly instance?: string;
  readonly atMs: number;
}

/** The 64 index objects of one residency. Never on the healthy path of a message, except for batched flushes. */
export interface Shards {
  flush(ref: ConversationRef, flush: Flush): Promise<void>;
  /** Counts something that has no conversation (an update nobody routes). Durable before it returns. */
  count(account: string, delta: Delta): Promise<void>;
  /** The conversation has work that its first attempt did not finish, or has none any more. */
  setPending(ref: ConversationRef, isPending: boolean): Promise<void>;
  addDead(ref: ConversationRef, entry: DeadEntry): Promise<void>;
  removeDead(ref: ConversationRef, id: string): Promise<void>;
}
