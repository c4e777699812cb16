/** The rows of a bot object: generations of edge tokens, notices already given, and a few single facts. It never decides. */
import type { Delta } from "../../src/core/series.ts";
import { migrate } from "../migrate.ts";
import { REPLIES } from "./outbox-rows.ts";
import type { PreviousWebhook } from "./webhook.ts";

const MIGRATIONS = [
  `CREATE TABLE generations (instance TEXT PRIMARY KEY, generation INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE notices (key TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;`,
  REPLIES,
] as const;

/** What each single fact holds. */
interface Facts {
  readonly counters: Delta;
  readonly "previous-webhook": PreviousWebhook;
  /** Names of the fields that differed at the last check. */
  readonly drift: readonly string[];
  /** Why the account may not send, while it may not. */
  readonly stopped: string;
}

export class BotStorage {
  readonly #sql: SqlStorage;
  /** Rows written since the start, for tests that hold the budget. */
  rowsWritten = 0;

  constructor(storage: DurableObjectStorage) {
    migrate(storage, MIGRATIONS);
    this.#sql = storage.sql;
  }

  generations(): ReadonlyMap<string, number> {
    const rows = this.#sql.exec<{ instance: string; generation: number }>("SELECT instance, generation FROM generations");
    return new Map(rows.toArray().map(({ instance, generation }) => [instance, generation]));
  }

  keepGeneration(instance: string, generation: number): void {
    const upsert = "ON CONFLICT (instance) DO UPDATE SET generation = excluded.generation";
    this.#write(`INSERT INTO generations (instance, generation) VALUES (?, ?) ${upsert}`, instance, generation);
  }

  /** Whether this notice was not given since `sinceMs`; from now on it was. */
  claimNotice(key: string, nowMs: number, sinceMs: number): boolean {
    const upsert = "ON CONFLICT (key) DO UPDATE SET at_ms = excluded.at_ms WHERE at_ms < ?";
    return this.#write(`INSERT INTO notices (key, at_ms) VALUES (?, ?) ${upsert}`, key, nowMs, sinceMs) > 0;
  }

  /** Reads the whole table: an index on time would cost every notice a row. */
  purgeNotices(sinceMs: number): void {
    this.#write("DELETE FROM notices WHERE at_ms < ?", sinceMs);
  }

  fact<Name extends keyof Facts>(name: Name): Facts[Name] | undefined {
    const row = this.#sql.exec<{ value: string }>("SELECT value FROM facts WHERE name = ?", name).toArray()[0];
    return row === undefined ? undefined : (JSON.parse(row.value) as Facts[Name]);
  }

  keepFact<Name extends keyof Facts>(name: Name, value: Facts[Name]): void {
    const upsert = "ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    this.#write(`INSERT INTO facts (name, value) VALUES (?, ?) ${upsert}`, name, JSON.stringify(value));
  }

  dropFact(name: keyof Facts): void {
    this.#write("DELETE FROM facts WHERE name = ?", name);
  }

  #write(query: string, ...bindings: readonly SqlStorageValue[]): number {
    const { rowsWritten } = this.#sql.exec(query, ...bindings);
    this.rowsWritten += rowsWritten;
    return rowsWritten;
  }
}
