/** The Config object's tables: its state in one row, and the texts of the last documents. SQL and nothing else. */
import { migrate } from "../migrate.ts";
import { type ConfigState, type DocumentFacts, initialState } from "./state.ts";

/** How many accepted documents can be brought back. */
export const HISTORY_LENGTH = 50;

const MIGRATIONS: readonly string[] = [
  `CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL);
   CREATE TABLE documents (
     number INTEGER PRIMARY KEY,
     hash TEXT NOT NULL,
     source TEXT NOT NULL,
     at_ms INTEGER NOT NULL,
     by TEXT,
     restored_from INTEGER,
     text TEXT NOT NULL
   );`,
];

interface DocumentRow extends Record<string, SqlStorageValue> {
  readonly number: number;
  readonly hash: string;
  readonly source: string;
  readonly at_ms: number;
  readonly by: string | null;
  readonly restored_from: number | null;
}

export class ConfigStorage {
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
    migrate(storage, MIGRATIONS);
  }

  /** Fields that a newer version added are missing in an older row: the initial state fills them in. */
  load(): ConfigState {
    const row = this.#sql.exec<{ json: string }>("SELECT json FROM state").toArray()[0];
    return row === undefined ? initialState : { ...initialState, ...(JSON.parse(row.json) as Partial<ConfigState>) };
  }

  save(state: ConfigState): void {
    this.#sql.exec(
      "INSERT INTO state (one, json) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET json = excluded.json",
      JSON.stringify(state),
    );
  }

  keep(facts: DocumentFacts, text: string): void {
    const { number, hash, source, atMs, by, restoredFrom } = facts;
    this.#sql.exec(
      "INSERT INTO documents (number, hash, source, at_ms, by, restored_from, text) VALUES (?, ?, ?, ?, ?, ?, ?)",
      ...[number, hash, source, atMs, by ?? null, restoredFrom ?? null, text],
    );
    const last = "SELECT number FROM documents ORDER BY number DESC LIMIT 1 OFFSET ?";
    this.#sql.exec(`DELETE FROM documents WHERE number <= (${last})`, HISTORY_LENGTH);
  }

  /** The text that was in force under this number: its own, or the one a drain of this number left as it was. */
  textAt(number: number): string | undefined {
    const found = "SELECT text FROM documents WHERE number <= ? ORDER BY number DESC LIMIT 1";
    return this.#sql.exec<{ text: string }>(found, number).toArray()[0]?.text;
  }

  /** Newest first. */
  history(): readonly DocumentFacts[] {
    const columns = "number, hash, source, at_ms, by, restored_from";
    return this.#sql.exec<DocumentRow>(`SELECT ${columns} FROM documents ORDER BY number DESC`).toArray().map(factsOf);
  }
}

const factsOf = (row: DocumentRow): DocumentFacts => ({
  number: row.number,
  hash: row.hash,
  source: row.source as DocumentFacts["source"],
  atMs: row.at_ms,
  by: row.by ?? undefined,
  restoredFrom: row.restored_from ?? undefined,
});
