/**
 * What must outlive the object of what it gives to pollers: which update had which id and what became of it, and who polls. Ids,
 * times and names of events, and nothing that a person wrote. SQL and nothing else.
 */
import type { Outbox, OutboxRow } from "./outbox.ts";
import { newPoller, type Poller } from "./poller.ts";

export const OUTBOX_TABLES = `
  CREATE TABLE polled (
    account TEXT NOT NULL, key TEXT NOT NULL, id INTEGER NOT NULL, state TEXT NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (account, key)
  ) WITHOUT ROWID;
  CREATE TABLE pollers (
    account TEXT PRIMARY KEY, generation INTEGER, kinds TEXT NOT NULL, floor INTEGER NOT NULL, called_at_ms INTEGER NOT NULL
  ) WITHOUT ROWID;`;

/** A conversation that died asks again within seconds. */
export const CONFIRMED_MS = 2 * 3_600_000;

/** Longer than most outages, and than dead letters are kept by default; what is offered again after that is a new update to whoever had it. */
export const UNCONFIRMED_MS = 31 * 86_400_000;

const PURGE_ROWS = 1000;

const UPSERT = `INSERT INTO polled (account, key, id, state, at_ms) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (account, key) DO UPDATE SET id = excluded.id, state = excluded.state, at_ms = excluded.at_ms`;

export class OutboxRows {
  readonly #sql: SqlStorage;
  /** Rows written since the start, for tests that hold the budget. */
  rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** With no offers: those are memory, and ended with it. */
  load(poller: Poller): Outbox {
    const rows = this.#sql
      .exec<{ key: string; id: number; state: string }>(
        "SELECT key, id, state FROM polled WHERE account = ? AND state <> 'confirmed'",
        poller.account,
      )
      .toArray();
    const highest = this.#sql.exec<{ id: number | null }>("SELECT MAX(id) AS id FROM polled WHERE account = ?", poller.account).one().id;
    return {
      given: new Map(rows.map(({ key, id, state }) => [key, { id, isHeld: state === "given" }])),
      open: new Map(),
      nextId: Math.max(poller.floor, (highest ?? 0) + 1),
    };
  }

  isConfirmed(account: string, key: string): boolean {
    const rows = this.#sql.exec<{ state: string }>("SELECT state FROM polled WHERE account = ? AND key = ?", account, key).toArray();
    return rows[0]?.state === "confirmed";
  }

  write(account: string, rows: readonly OutboxRow[], nowMs: number): void {
    for (const row of rows) {
      const cursor =
        row.row === "asked-again"
          ? this.#sql.exec("UPDATE polled SET state = ?, at_ms = ? WHERE account = ? AND key = ?", row.row, nowMs, account, row.key)
          : this.#sql.exec(UPSERT, account, row.key, row.id, row.row, nowMs);
      this.rowsWritten += cursor.rowsWritten;
    }
  }

  /** The newest of an account stays, whatever its age: ids go on from it. Which one that is, is asked once and not for every row. */
  purge(nowMs: number): void {
    const newest = this.#sql.exec<{ account: string; id: number }>("SELECT account, MAX(id) AS id FROM polled GROUP BY account").toArray();
    const old = `SELECT key FROM polled
      WHERE account = ? AND at_ms < CASE state WHEN 'confirmed' THEN ? ELSE ? END AND id < ? LIMIT ?`;
    const [confirmed, unconfirmed] = [nowMs - CONFIRMED_MS, nowMs - UNCONFIRMED_MS];
    for (const { account, id } of newest)
      this.#sql.exec(
        `DELETE FROM polled WHERE account = ? AND key IN (${old})`,
        ...[account, account, confirmed, unconfirmed, id, PURGE_ROWS],
      );
  }

  pollers(): readonly Poller[] {
    return this.#sql
      .exec<{ account: string; generation: number | null; kinds: string; floor: number; called_at_ms: number }>("SELECT * FROM pollers")
      .toArray()
      .map((row) => ({
        ...newPoller(row.account),
        generation: row.generation ?? undefined,
        kinds: JSON.parse(row.kinds) as readonly string[],
        floor: row.floor,
        writtenAtMs: row.called_at_ms,
      }));
  }

  keepPoller({ account, generation, kinds, floor, writtenAtMs }: Poller): void {
    const upsert = `ON CONFLICT (account) DO UPDATE SET
      generation = excluded.generation, kinds = excluded.kinds, floor = excluded.floor, called_at_ms = excluded.called_at_ms`;
    const values = [account, generation ?? null, JSON.stringify(kinds), floor, writtenAtMs];
    const cursor = this.#sql.exec(
      `INSERT INTO pollers (account, generation, kinds, floor, called_at_ms) VALUES (?, ?, ?, ?, ?) ${upsert}`,
      ...values,
    );
    this.rowsWritten += cursor.rowsWritten;
  }
}
