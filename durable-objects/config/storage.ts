/** The Config object's tables: its state in one row, the texts of the last documents, and what waits to be trained. SQL and nothing else. */
import { migrate } from "../migrate.ts";
import { Artefacts } from "./artefacts.ts";
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
  `ALTER TABLE documents ADD COLUMN model TEXT;
   CREATE TABLE training (one INTEGER PRIMARY KEY CHECK (one = 1), text TEXT NOT NULL);
   CREATE TABLE artefacts (name TEXT PRIMARY KEY, is_in_kv INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE artefact_parts (name TEXT NOT NULL, part INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (name, part));`,
  `CREATE TABLE residencies (name TEXT PRIMARY KEY) WITHOUT ROWID;
   INSERT INTO residencies SELECT value FROM json_each('["eu","fedramp","us"]')
     WHERE EXISTS (SELECT 1 FROM documents WHERE text LIKE '%"residency"%"' || value || '"%');`,
];

/** In a comment, too: that one is asked where nothing is does no harm. */
const RESIDENCY = /"residency"\s*:\s*"(\w+)"/g;

/** A document as it was accepted, with the name of its model. */
export interface KeptDocument {
  readonly text: string;
  readonly model?: string | undefined;
}

interface DocumentRow extends Record<string, SqlStorageValue> {
  readonly number: number;
  readonly hash: string;
  readonly source: string;
  readonly at_ms: number;
  readonly by: string | null;
  readonly restored_from: number | null;
  readonly model: string | null;
}

export class ConfigStorage {
  readonly artefacts: Artefacts;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
    migrate(storage, MIGRATIONS);
    this.artefacts = new Artefacts(storage.sql);
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
    const { number, hash, source, atMs, by, restoredFrom, model } = facts;
    this.#sql.exec(
      "INSERT INTO documents (number, hash, source, at_ms, by, restored_from, model, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      ...[number, hash, source, atMs, by ?? null, restoredFrom ?? null, model ?? null, text],
    );
    for (const [, name] of text.matchAll(RESIDENCY)) this.#sql.exec("INSERT OR IGNORE INTO residencies (name) VALUES (?)", name);
    const last = "SELECT number FROM documents ORDER BY number DESC LIMIT 1 OFFSET ?";
    this.#sql.exec(`DELETE FROM documents WHERE number <= (${last})`, HISTORY_LENGTH);
  }

  /** Every one that a document ever named: what lives there stays there, and its totals may never fall. */
  residencies(): readonly string[] {
    return this.#sql
      .exec<{ name: string }>("SELECT name FROM residencies")
      .toArray()
      .map(({ name }) => name);
  }

  /** What was in force under this number: its own document, or the one a drain of this number left as it was. */
  documentAt(number: number): KeptDocument | undefined {
    const found = "SELECT text, model FROM documents WHERE number <= ? ORDER BY number DESC LIMIT 1";
    const row = this.#sql.exec<{ text: string; model: string | null }>(found, number).toArray()[0];
    return row === undefined ? undefined : { text: row.text, model: row.model ?? undefined };
  }

  /** The model that this text was last in force with, of the documents that are kept. */
  modelOf(hash: string): string | undefined {
    const found = "SELECT model FROM documents WHERE hash = ? ORDER BY number DESC LIMIT 1";
    return this.#sql.exec<{ model: string | null }>(found, hash).toArray()[0]?.model ?? undefined;
  }

  /** The text whose intents are being trained; undefined for none. */
  waitForTraining(text: string | undefined): void {
    this.#sql.exec("DELETE FROM training");
    if (text !== undefined) this.#sql.exec("INSERT INTO training (one, text) VALUES (1, ?)", text);
  }

  textInTraining(): string {
    return this.#sql.exec<{ text: string }>("SELECT text FROM training").toArray()[0]?.text ?? "";
  }

  /** Newest first. */
  history(): readonly DocumentFacts[] {
    const columns = "number, hash, source, at_ms, by, restored_from, model";
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
  model: row.model ?? undefined,
});
