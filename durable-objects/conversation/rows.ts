/** Rows of `messages` to entries and endings, and those of `pins`. */

import type { Chat } from "../../src/core/message.ts";
import type { TerminalState } from "../../src/core/terminal.ts";
import type { Attempt, Ending, Entry, Pin } from "./state.ts";

export interface MessageRow extends Record<string, SqlStorageValue> {
  readonly seq: number;
  readonly key: string;
  readonly message_id: string;
  readonly account: string;
  readonly kind: string;
  readonly chat: string;
  readonly sender: string | null;
  readonly pool: string;
  readonly rule: string;
  readonly trace: string;
  readonly trace_id: string;
  readonly bytes: number;
  readonly arrived_at_ms: number;
  readonly committed_at_ms: number;
  readonly expires_at_ms: number | null;
  readonly due_at_ms: number;
  readonly tries: number;
  readonly reached: number;
  readonly first_reached_at_ms: number | null;
  readonly attempt: string | null;
  readonly maybe_at: string | null;
  readonly held_since_ms: number | null;
  /** Stands behind the body, and is read of what waits alone. */
  readonly movable_since_ms?: number | null;
  readonly tier?: "simple" | "complex" | null;
  readonly last_detail: string | null;
  readonly is_replay: number;
  readonly is_overheard: number;
  readonly state: string;
  readonly outcome: string | null;
  readonly instance: string | null;
  readonly epoch: number | null;
  readonly ended_at_ms: number | null;
}

export interface PinRow extends Record<string, SqlStorageValue> {
  readonly pool: string;
  readonly instance: string;
  readonly epoch: number;
  readonly at_ms: number;
  readonly is_used: number;
  readonly is_left: number;
  readonly moved_at_ms: number | null;
}

export const pinOfRow = (row: PinRow): Pin => ({
  pool: row.pool,
  instance: row.instance,
  epoch: row.epoch,
  atMs: row.at_ms,
  isUsed: row.is_used === 1,
  isLeft: row.is_left === 1,
  movedAtMs: row.moved_at_ms ?? undefined,
});

/** Columns that came later stand behind the body: of what has ended nobody needs them. */
export const LATER_COLUMNS = "movable_since_ms, tier";

/** Everything but the body: bodies are read one at a time, when they are sent. */
export const ENTRY_COLUMNS =
  "seq, key, message_id, account, kind, chat, sender, pool, rule, trace, trace_id, bytes, arrived_at_ms, committed_at_ms, expires_at_ms, due_at_ms, " +
  "tries, reached, first_reached_at_ms, attempt, maybe_at, held_since_ms, last_detail, is_replay, is_overheard, state, outcome, instance, epoch, ended_at_ms";

export const entryOfRow = (row: MessageRow): Entry => ({
  seq: row.seq,
  key: row.key,
  messageId: row.message_id,
  account: row.account,
  kind: row.kind,
  chat: JSON.parse(row.chat) as Chat,
  pool: row.pool,
  rule: row.rule,
  trace: row.trace,
  traceId: row.trace_id,
  tier: row.tier ?? undefined,
  bytes: row.bytes,
  arrivedAtMs: row.arrived_at_ms,
  committedAtMs: row.committed_at_ms,
  expiresAtMs: row.expires_at_ms ?? undefined,
  dueAtMs: row.due_at_ms,
  tries: row.tries,
  reached: row.reached,
  firstReachedAtMs: row.first_reached_at_ms ?? undefined,
  attempt: row.attempt === null ? undefined : (JSON.parse(row.attempt) as Attempt),
  maybeAt: row.maybe_at ?? undefined,
  heldSinceMs: row.held_since_ms ?? undefined,
  movableSinceMs: row.movable_since_ms ?? undefined,
  lastDetail: row.last_detail ?? undefined,
  isReplay: row.is_replay === 1,
  isOverheard: row.is_overheard === 1,
});

/** Undefined while the message has not ended. */
export function endingOfRow(row: MessageRow): Ending | undefined {
  if (row.state === "waiting" || row.state === "replying" || row.ended_at_ms === null) return undefined;
  return {
    seq: row.seq,
    entry: entryOfRow(row),
    state: row.state as TerminalState,
    outcome: row.outcome ?? "",
    instance: row.instance ?? undefined,
    epoch: row.epoch ?? undefined,
    atMs: row.ended_at_ms,
  };
}
