/** The index of dead letters: enough to list them and to find conversation and message again. Bodies stay in the conversation. */
import type { DeadEntry } from "../../src/ports/shards.ts";

export interface DeadFilter {
  readonly account?: string;
  readonly limit: number;
  /** Only entries listed after this one: the last of the page before. */
  readonly before?: { readonly atMs: number; readonly id: string };
  /** Instead of the newest: the oldest of those that died until then. Unknown to older shards, which give their newest. */
  readonly untilMs?: number;
}

export interface ListedDead extends DeadEntry {
  /** With `untilMs`: how many there are, however many are listed. */
  readonly due?: number;
}

type Row = Record<"id" | "account" | "conversation" | "message_id" | "pool" | "reason", string> & {
  readonly at_ms: number;
  readonly due?: number;
};

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
export function listDead(sql: SqlStorage, { account, limit, before, untilMs }: DeadFilter): readonly ListedDead[] {
  const where = "(?1 IS NULL OR account = ?1) AND at_ms <= ?2 ORDER BY at_ms LIMIT ?3";
  if (untilMs !== undefined)
    return entriesOf(sql.exec<Row>(`SELECT *, COUNT(*) OVER () AS due FROM dead WHERE ${where}`, account ?? null, untilMs, limit));
  const rows = sql.exec<Row>(
    "SELECT * FROM dead WHERE (?1 IS NULL OR account = ?1) AND (?2 IS NULL OR (at_ms, id) < (?2, ?3)) ORDER BY at_ms DESC, id DESC LIMIT ?4",
    account ?? null,
    before?.atMs ?? null,
    before?.id ?? "",
    limit,
  );
  return entriesOf(rows);
}

const entriesOf = (rows: SqlStorageCursor<Row>): readonly ListedDead[] =>
  rows.toArray().map(({ message_id, at_ms, ...same }) => ({ ...same, messageId: message_id, atMs: at_ms }));

/** The order of a page, for merging the pages of many shards. */
export const byNewest = (left: DeadEntry, right: DeadEntry): number => {
  if (left.atMs !== right.atMs) return right.atMs - left.atMs;
  return left.id < right.id ? 1 : -1;
};
