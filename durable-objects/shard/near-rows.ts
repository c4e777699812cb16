/**
 * Answers that may be given again to whoever asks nearly the same: under a digest of all that must not differ, with the direction of
 * what was asked. The question itself is not kept. SQL, and which is the likest.
 */
import { directionIn, likeness } from "../../src/core/direction.ts";
import type { KeptAnswer } from "./answer-rows.ts";

export interface NearAnswer extends KeptAnswer {
  readonly alike: string;
  readonly direction: ArrayBuffer;
}

export interface NearLook {
  readonly alike: string;
  readonly direction: ArrayBuffer;
  /** One that is no more alike than this is another question. */
  readonly above: number;
}

/** So many of a pool are kept in a shard: whoever asks is compared with each that nothing else tells apart. */
const MOST = 256;

export function nearestAnswer(sql: SqlStorage, { alike, direction, above }: NearLook, nowMs: number): string | undefined {
  const asked = directionIn(direction);
  const query = "SELECT key, direction FROM near_answers WHERE alike = ? AND ends_at_ms > ?";
  let nearest = { key: "", likeness: above };
  for (const row of sql.exec<{ key: string; direction: ArrayBuffer }>(query, alike, nowMs)) {
    const found = likeness(asked, directionIn(row.direction));
    if (found > nearest.likeness) nearest = { key: row.key, likeness: found };
  }
  return sql.exec<{ text: string }>("SELECT text FROM near_answers WHERE alike = ? AND key = ?", alike, nearest.key).toArray()[0]?.text;
}

/** A newer answer to the same takes the place of the older one. Of the pool's the oldest go. */
export function keepNearAnswer(
  sql: SqlStorage,
  { alike, key, pool, endsAtMs, direction, text }: NearAnswer,
  { most, nowMs }: { readonly most: number; readonly nowMs: number },
): void {
  const insert = "INSERT OR REPLACE INTO near_answers (alike, key, pool, ends_at_ms, direction, text) VALUES (?, ?, ?, ?, ?, ?)";
  sql.exec(insert, alike, key, pool, endsAtMs, direction, text);
  const older = "SELECT alike, key FROM near_answers WHERE pool = ? ORDER BY ends_at_ms DESC, key LIMIT -1 OFFSET ?";
  const gone = `DELETE FROM near_answers WHERE pool = ? AND (ends_at_ms <= ? OR (alike, key) IN (${older}))`;
  sql.exec(gone, pool, nowMs, pool, Math.min(most, MOST));
}
