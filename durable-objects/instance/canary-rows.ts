/** What was seen of each canary that this instance is: one row, written every few seconds at most. SQL and nothing else. */
import { type Evidence, NO_EVIDENCE } from "./canary.ts";

export const CANARY_TABLES = "CREATE TABLE canaries (id TEXT PRIMARY KEY, json TEXT NOT NULL)";

const MOST = 50;

export class CanaryRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  load(id: string): Evidence {
    const row = this.#sql.exec<{ json: string }>("SELECT json FROM canaries WHERE id = ?", id).toArray()[0];
    return row === undefined ? NO_EVIDENCE : (JSON.parse(row.json) as Evidence);
  }

  /** What was not written for the longest time goes when there are too many: nobody asks the document, which may be an old one. */
  save(id: string, evidence: Evidence): void {
    this.#sql.exec("INSERT OR REPLACE INTO canaries (id, json) VALUES (?, ?)", id, JSON.stringify(evidence));
    this.#sql.exec("DELETE FROM canaries WHERE rowid NOT IN (SELECT rowid FROM canaries ORDER BY rowid DESC LIMIT ?)", MOST);
  }
}
