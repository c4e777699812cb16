/** The rows of a shard, one statement per verb. It never decides: `machine.ts` says what to write. */
import { purgeAnswers } from "./answer-rows.ts";
import type { HeldQuota, Purged } from "./machine.ts";

export interface SeenFlush {
  readonly serial: number;
  readonly instance?: string;
  readonly atMs: number;
}

export const lastSerial = (sql: SqlStorage, conversation: string): number | undefined =>
  sql.exec<{ serial: number }>("SELECT serial FROM flushes WHERE conversation = ?", conversation).toArray()[0]?.serial;

/** A flush that names no instance leaves the one before in place. */
export function rememberFlush(sql: SqlStorage, conversation: string, { serial, instance, atMs }: SeenFlush): void {
  sql.exec(
    `INSERT INTO flushes (conversation, serial, instance, at_ms) VALUES (?, ?, ?, ?) ON CONFLICT (conversation) DO UPDATE SET
       serial = excluded.serial, instance = COALESCE(excluded.instance, instance), at_ms = MAX(excluded.at_ms, at_ms)`,
    conversation,
    serial,
    instance ?? null,
    atMs,
  );
}

export function activeByInstance(sql: SqlStorage, sinceMs: number): Readonly<Record<string, number>> {
  const rows = sql.exec<{ instance: string; n: number }>(
    "SELECT instance, COUNT(*) AS n FROM flushes WHERE at_ms >= ? AND instance IS NOT NULL GROUP BY instance",
    sinceMs,
  );
  return Object.fromEntries(rows.toArray().map(({ instance, n }) => [instance, n]));
}

export interface PurgeBefore {
  readonly nowMs: number;
  readonly silentMs: number;
  readonly deadMs: number;
  /** Rows of one table at once. */
  readonly limit: number;
}

/** Reads whole tables, once a day: an index on time would cost every flush a row. */
export function purge(sql: SqlStorage, { nowMs, silentMs, deadMs, limit }: PurgeBefore): Purged {
  const drop = (table: "flushes" | "dead", key: string, beforeMs: number): number =>
    sql.exec(`DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE at_ms < ? LIMIT ?)`, beforeMs, limit).rowsWritten;
  const rows = Math.max(drop("flushes", "conversation", silentMs), drop("dead", "id", deadMs));
  sql.exec("DELETE FROM quotas WHERE at_ms < ?", silentMs);
  sql.exec("DELETE FROM permits WHERE lapses_at_ms < ?", silentMs);
  const answerEndsAtMs = purgeAnswers(sql, nowMs);
  return { rows, oldestAtMs: oldestIn(sql, "flushes"), oldestDeadAtMs: oldestIn(sql, "dead"), answerEndsAtMs };
}

const oldestIn = (sql: SqlStorage, table: "flushes" | "dead"): number | undefined =>
  sql.exec<{ at_ms: number | null }>(`SELECT MIN(at_ms) AS at_ms FROM ${table}`).one().at_ms ?? undefined;

export const countRows = (sql: SqlStorage, table: "pending" | "dead"): number =>
  sql.exec<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`).one().n;

export function setPending(sql: SqlStorage, conversation: string, pokedAtMs: number): void {
  sql.exec("INSERT INTO pending (conversation, poked_at_ms) VALUES (?, ?) ON CONFLICT DO NOTHING", conversation, pokedAtMs);
}

export function clearPending(sql: SqlStorage, conversation: string): void {
  sql.exec("DELETE FROM pending WHERE conversation = ?", conversation);
}

export interface Pending {
  readonly conversation: string;
  readonly pokedAtMs: number;
}

/** Those poked longest ago. */
export function oldestPending(sql: SqlStorage, limit: number): readonly Pending[] {
  const query = "SELECT conversation, poked_at_ms FROM pending ORDER BY poked_at_ms, conversation LIMIT ?";
  const rows = sql.exec<{ conversation: string; poked_at_ms: number }>(query, limit).toArray();
  return rows.map(({ conversation, poked_at_ms }) => ({ conversation, pokedAtMs: poked_at_ms }));
}

/** They had their turn: a backlog is walked through, and nobody starves. */
export function markPoked(sql: SqlStorage, conversations: readonly string[], nowMs: number): void {
  for (const name of conversations) sql.exec("UPDATE pending SET poked_at_ms = ? WHERE conversation = ?", nowMs, name);
}

export function readQuota(sql: SqlStorage, name: string): HeldQuota | undefined {
  const row = sql.exec<{ tokens: number; at_ms: number }>("SELECT tokens, at_ms FROM quotas WHERE name = ?", name).toArray()[0];
  return row === undefined ? undefined : { bucket: { tokens: row.tokens, atMs: row.at_ms }, writtenAtMs: row.at_ms };
}

export function writeQuota(sql: SqlStorage, name: string, { bucket }: HeldQuota): void {
  const upsert = "ON CONFLICT (name) DO UPDATE SET tokens = excluded.tokens, at_ms = excluded.at_ms";
  sql.exec(`INSERT INTO quotas (name, tokens, at_ms) VALUES (?, ?, ?) ${upsert}`, name, bucket.tokens, bucket.atMs);
}

/** Permits of the pool whose lease runs on; lapsed ones are gone afterwards. */
export function leasedPermits(sql: SqlStorage, pool: string, nowMs: number): number {
  sql.exec("DELETE FROM permits WHERE pool = ? AND lapses_at_ms <= ?", pool, nowMs);
  return sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM permits WHERE pool = ?", pool).one().n;
}

export function leasePermit(sql: SqlStorage, pool: string, lease: { readonly permit: string; readonly lapsesAtMs: number }): void {
  sql.exec("INSERT INTO permits (pool, permit, lapses_at_ms) VALUES (?, ?, ?)", pool, lease.permit, lease.lapsesAtMs);
}

export function returnPermit(sql: SqlStorage, pool: string, permit: string): void {
  sql.exec("DELETE FROM permits WHERE pool = ? AND permit = ?", pool, permit);
}
