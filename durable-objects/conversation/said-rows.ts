/** What was said lately in a conversation, for the next instance that gets it: ciphers, and nothing of them is read here. SQL and nothing else. */
import type { Exec } from "./writes.ts";

export interface SaidRow extends Record<string, SqlStorageValue> {
  readonly seq: number;
  /** 0 is the person, 1 the agent: what was said comes before its answer. */
  readonly who: number;
  readonly at_ms: number;
  readonly cipher: ArrayBuffer;
}

export class SaidRows {
  readonly #sql: SqlStorage;
  readonly #write: Exec;

  /** `write` counts the rows. */
  constructor(sql: SqlStorage, write: Exec) {
    this.#sql = sql;
    this.#write = write;
  }

  /** The same message may be kept again. Of the pool's rows only the newest `messages` stay. */
  keep(pool: string, rows: readonly SaidRow[], messages: number): void {
    for (const { seq, who, at_ms, cipher } of rows)
      this.#write("INSERT OR REPLACE INTO said (seq, who, pool, at_ms, cipher) VALUES (?, ?, ?, ?, ?)", seq, who, pool, at_ms, cipher);
    const older = "SELECT seq, who FROM said WHERE pool = ? ORDER BY seq DESC, who DESC LIMIT -1 OFFSET ?";
    this.#write(`DELETE FROM said WHERE (seq, who) IN (${older})`, pool, messages);
  }

  /** Oldest first. */
  newest(
    pool: string,
    { beforeSeq, sinceMs, messages }: { readonly beforeSeq: number; readonly sinceMs: number; readonly messages: number },
  ) {
    return this.#sql
      .exec<SaidRow>(
        "SELECT seq, who, at_ms, cipher FROM said WHERE pool = ? AND seq < ? AND at_ms > ? ORDER BY seq DESC, who DESC LIMIT ?",
        ...[pool, beforeSeq, sinceMs, messages],
      )
      .toArray()
      .reverse();
  }

  /** `sinceMs`: of which time on a pool remembers. Says whether anything is left. */
  purge(sinceMs: (pool: string) => number): boolean {
    const pools = this.#sql.exec<{ pool: string }>("SELECT DISTINCT pool FROM said").toArray();
    for (const { pool } of pools) this.#write("DELETE FROM said WHERE pool = ? AND at_ms <= ?", pool, sinceMs(pool));
    return pools.length > 0 && this.#sql.exec("SELECT 1 FROM said LIMIT 1").toArray().length > 0;
  }
}
