/** The instance's one row: its whole state as JSON, because it is small and always read and written whole; beside it the rows of its outbox. SQL and nothing else. */
import { blockAt, FAULTS } from "../fault-point.ts";
import { migrate } from "../migrate.ts";
import { CANARY_TABLES, CanaryRows } from "./canary-rows.ts";
import { initialState, type State } from "./machine.ts";
import { OUTBOX_TABLES, OutboxRows } from "./outbox-rows.ts";

const MIGRATIONS: readonly string[] = [
  "CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL)",
  OUTBOX_TABLES,
  CANARY_TABLES,
];

export class InstanceStorage {
  readonly #sql: SqlStorage;
  readonly outbox: OutboxRows;
  readonly canaries: CanaryRows;
  /** What stands in the row: an equal state is not written again. */
  #written: string | undefined;
  /** Rows written since the start, for tests that hold the budget. */
  rowsWritten = 0;

  constructor(storage: DurableObjectStorage) {
    migrate(storage, MIGRATIONS);
    this.#sql = storage.sql;
    this.outbox = new OutboxRows(storage.sql);
    this.canaries = new CanaryRows(storage.sql);
  }

  /** Missing members (a state of an older release) have their initial values. */
  load(name: string): State {
    const row = this.#sql.exec<{ json: string }>("SELECT json FROM state").toArray()[0];
    this.#written = row?.json;
    const stored = row === undefined ? {} : (JSON.parse(row.json) as Partial<State>);
    return { ...initialState(name), ...stored, name: name === "" ? (stored.name ?? "") : name };
  }

  save(state: State): void {
    const json = JSON.stringify(state);
    if (json === this.#written) return;
    if (FAULTS) blockAt("instance.beforeSave");
    const cursor = this.#sql.exec("INSERT INTO state (one, json) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET json = excluded.json", json);
    this.rowsWritten += cursor.rowsWritten;
    this.#written = json;
  }
}
