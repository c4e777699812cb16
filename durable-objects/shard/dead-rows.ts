/** The index of dead letters: enough to list them and to find conversation and message again. Bodies stay in the conversation. */
import type { DeadEntry } from "../../src/ports/shards.ts";

export interface DeadFilter {
  readonly account?: string;
  readonly limit: number;
  /** Only entries listed after this one: the last of the page before. */
  readonly before?: { readonly atMs: number; readonly id: string };
}

type Row = Record<"id" | "account" | "conversation" | "message_id" | "pool" | "reason", string> & { readonly at_ms: number };

export function addDead(sql: SqlStorage, { id, account, conversation, messageId, pool, reason, atMs }: DeadEntry): void {
  sql.exec(
    `INSERT INTO dead (id, account, conversation, message_id, pool, reason, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, at_ms = excluded.at_ms, pool = excluded.pool`,
    id,
    account,
    conversation,
    messageId,
    pool,
    reason,
    atMs,
  );
}

export function removeDead(sql: SqlStorage, id: string): void {
  sql.exec("DELETE FROM dead WHERE id = ?", id);
}

/** Newest first; entries of the same millisecond by id, so that a page boundary loses none. */
export function listDead(sql: SqlStorage, { account, limit, before }: DeadFilter): readonly DeadEntry[] {
  const rows = sql.exec<Row>(
    "SELECT * FROM dead WHERE (?1 IS NULL OR account = ?1) AND (?2 IS NULL OR (at_ms, id) < (?2, ?3)) ORDER BY at_ms DESC, id DESC LIMIT ?4",
    account ?? null,
    before?.atMs ?? null,
    before?.id ?? "",
    limit,
  );
  return rows.toArray().map(({ message_id, at_ms, ...same }) => ({ ...same, messageId: message_id, atMs: at_ms }));
}

/** The order of a page, for merging the pages of many shards. */
export const byNewest = (left: DeadEntry, right: DeadEntry): number => {
  if (left.atMs !== right.atMs) return right.atMs - left.atMs;
  return left.id < right.id ? 1 : -1;
};
