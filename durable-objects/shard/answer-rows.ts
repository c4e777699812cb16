/** Answers that may be given again, under the digest of what was asked: the question itself is not kept. SQL and nothing else. */
export interface KeptAnswer {
  readonly key: string;
  readonly pool: string;
  /** Markdown. */
  readonly text: string;
  readonly endsAtMs: number;
}

export const answerIn = (sql: SqlStorage, key: string, nowMs: number): string | undefined =>
  sql.exec<{ text: string }>("SELECT text FROM answers WHERE key = ? AND ends_at_ms > ?", key, nowMs).toArray()[0]?.text;

/** A newer answer to the same takes the place of the older one. Of the pool's the oldest go. */
export function keepAnswer(
  sql: SqlStorage,
  { key, pool, text, endsAtMs }: KeptAnswer,
  { most, nowMs }: { readonly most: number; readonly nowMs: number },
): void {
  sql.exec("INSERT OR REPLACE INTO answers (key, pool, ends_at_ms, text) VALUES (?, ?, ?, ?)", key, pool, endsAtMs, text);
  const older = "SELECT key FROM answers WHERE pool = ? ORDER BY ends_at_ms DESC, key LIMIT -1 OFFSET ?";
  sql.exec(`DELETE FROM answers WHERE pool = ? AND (ends_at_ms <= ? OR key IN (${older}))`, pool, nowMs, pool, most);
}

/** Says when the next ends. */
export function purgeAnswers(sql: SqlStorage, nowMs: number): number | undefined {
  const ends = (["answers", "near_answers"] as const).flatMap((table) => {
    sql.exec(`DELETE FROM ${table} WHERE ends_at_ms <= ?`, nowMs);
    return sql.exec<{ at: number | null }>(`SELECT MIN(ends_at_ms) AS at FROM ${table}`).one().at ?? [];
  });
  return ends.length === 0 ? undefined : Math.min(...ends);
}
