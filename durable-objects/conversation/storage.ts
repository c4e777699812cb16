/** The conversation's tables: writes of a step, the state they rebuild, bodies, purging. SQL and nothing else. */
import { refOf } from "../../src/core/conversation-ref.ts";
import { blockAt, FAULTS } from "../fault-point.ts";
import { migrate } from "../migrate.ts";
import { LATE_COLUMNS, type LateRow, lately } from "./lately.ts";
import { ENTRY_COLUMNS, endingOfRow, entryOfRow, LATER_COLUMNS, type MessageRow, type PinRow, pinOfRow } from "./rows.ts";
import { SaidRows } from "./said-rows.ts";
import { MIGRATIONS } from "./schema.ts";
import { type Ending, type Entry, emptyState, type Pin, type Replying, type State, type Write } from "./state.ts";
import { DEBT, foldWrites, isOneStatement, SET_META, TOLD, writeRow } from "./writes.ts";

const PAGE = 50;

export interface StoredBody {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
}

const PURGE_AT = "purge-at";

export interface Retention {
  readonly bodyMs: number;
  readonly dedupeMs: number;
  readonly deadMs: number;
}

export class ConversationStorage {
  readonly said: SaidRows;
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  /** Rows written since the start, for tests that hold the budget. */
  rowsWritten = 0;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    migrate(storage, MIGRATIONS);
    this.said = new SaidRows(storage.sql, (query, ...bindings) => this.#exec(query, ...bindings));
  }

  /** `below`: every message up to it has ended, so that a long history is not read at every start. */
  load(nowMs: number, below = 0): State {
    const waiting = this.#rows(
      `SELECT ${ENTRY_COLUMNS}, ${LATER_COLUMNS} FROM messages WHERE seq > ? AND state = 'waiting' ORDER BY seq`,
      below,
    ).map(entryOfRow);
    const last = this.#sql.exec<{ seq: number | null }>("SELECT max(seq) AS seq FROM messages").one().seq ?? 0;
    const movedTo = this.meta("moved-to") === this.meta("ref") ? undefined : this.meta("moved-to");
    return {
      ...emptyState,
      nextSeq: Math.max(last, Number(this.meta("last-seq") ?? 0)) + 1,
      queue: waiting,
      replying: this.#replying(below),
      queuedBytes: waiting.reduce((sum, entry) => sum + entry.bytes, 0),
      pins: this.#pins(),
      answered: Object.fromEntries(
        this.#sql
          .exec<{ instance: string; seq: number }>("SELECT instance, seq FROM answered")
          .toArray()
          .map((row) => [row.instance, row.seq]),
      ),
      ...lately(this.#newestFirst(), this.#debts(), nowMs),
      isTold: this.meta(TOLD) === undefined ? undefined : true,
      ...(movedTo === undefined ? {} : { movedTo: refOf(movedTo), isHanded: this.meta("handed") !== undefined }),
    };
  }

  /** All rows of one step in one transaction. An insert and the update that follows it in the same step are one row. */
  write(writes: readonly Write[]): void {
    if (writes.length === 0) return;
    if (FAULTS) blockAt("conversation.beforeCommit");
    const folded = foldWrites(writes);
    const writeAll = (): void => {
      for (const write of folded) writeRow((query, ...bindings) => this.#exec(query, ...bindings), write);
    };
    if (isOneStatement(folded)) writeAll();
    else this.#storage.transactionSync(writeAll);
  }

  /** Resolves when everything written so far is durable. */
  synced(): Promise<void> {
    return this.#storage.sync();
  }

  seqOf(key: string): number | undefined {
    return this.#sql.exec<{ seq: number }>("SELECT seq FROM seen WHERE key = ?", key).toArray()[0]?.seq;
  }

  body(seq: number): StoredBody | undefined {
    const row = this.#sql
      .exec<{ body: ArrayBuffer | null; content_type: string }>("SELECT body, content_type FROM messages WHERE seq = ?", seq)
      .toArray()[0];
    return row?.body == null ? undefined : { body: new Uint8Array(row.body), contentType: row.content_type };
  }

  endingsAfter(seq: number): readonly Ending[] {
    return this.#rows(
      `SELECT ${ENTRY_COLUMNS} FROM messages WHERE seq > ? AND state NOT IN ('waiting', 'replying') ORDER BY seq`,
      seq,
    ).flatMap((row) => endingOfRow(row) ?? []);
  }

  deadLetter(seq: number): Entry | undefined {
    const row = this.#rows(
      `SELECT ${ENTRY_COLUMNS}, ${LATER_COLUMNS} FROM messages WHERE seq = ? AND state = 'dead' AND replayed_as IS NULL AND body IS NOT NULL`,
      seq,
    )[0];
    return row === undefined ? undefined : entryOfRow(row);
  }

  /** When the newest message was kept; 0 when there is none. */
  newestAtMs(): number {
    return this.newest(1)[0]?.committed_at_ms ?? 0;
  }

  row(seq: number): MessageRow | undefined {
    return this.#rows(`SELECT ${ENTRY_COLUMNS} FROM messages WHERE seq = ?`, seq)[0];
  }

  newest(limit: number): readonly MessageRow[] {
    return this.#rows(`SELECT ${ENTRY_COLUMNS} FROM messages ORDER BY seq DESC LIMIT ?`, limit);
  }

  meta(name: string): string | undefined {
    return this.#sql.exec<{ value: string }>("SELECT value FROM meta WHERE name = ?", name).toArray()[0]?.value;
  }

  setMeta(name: string, value: string): void {
    this.#exec(SET_META, name, value);
  }

  /** When the next purge is due; 0 when none was ever planned. A busy conversation's alarm rings often, and purges at its time only. */
  get purgeAtMs(): number {
    return Number(this.meta(PURGE_AT) ?? 0);
  }

  planPurge(atMs: number): void {
    this.setMeta(PURGE_AT, String(atMs));
  }

  /** Dead letters that the next purge takes. */
  deadBefore(atMs: number): readonly number[] {
    const rows = this.#sql.exec<{ seq: number }>("SELECT seq FROM messages WHERE state = 'dead' AND ended_at_ms < ?", atMs);
    return rows.toArray().map((row) => row.seq);
  }

  /** Bodies, keys and rows past their time, in one batch. Says whether anything is left to purge later. */
  purge(nowMs: number, keep: Retention): boolean {
    const last = this.#sql.exec<{ seq: number | null }>("SELECT max(seq) AS seq FROM messages").one().seq ?? 0;
    this.setMeta("last-seq", String(Math.max(last, Number(this.meta("last-seq") ?? 0))));
    const ended = "state NOT IN ('waiting', 'replying', 'dead')";
    this.#exec(`UPDATE messages SET body = NULL WHERE body IS NOT NULL AND ${ended} AND ended_at_ms < ?`, nowMs - keep.bodyMs);
    this.#exec(`DELETE FROM messages WHERE ${ended} AND ended_at_ms < ?`, nowMs - keep.dedupeMs);
    this.#exec("DELETE FROM messages WHERE state = 'dead' AND ended_at_ms < ?", nowMs - keep.deadMs);
    this.#exec("DELETE FROM seen WHERE at_ms < ? AND seq NOT IN (SELECT seq FROM messages)", nowMs - keep.dedupeMs);
    return this.#sql.exec("SELECT 1 FROM seen LIMIT 1").toArray().length > 0;
  }

  #replying(below: number): readonly Replying[] {
    const rows = this.#sql.exec<MessageRow & { readonly reply: string | null }>(
      `SELECT ${ENTRY_COLUMNS}, ${LATER_COLUMNS}, reply FROM messages WHERE seq > ? AND state = 'replying' ORDER BY seq`,
      below,
    );
    return rows.toArray().map((row) => ({
      entry: entryOfRow(row),
      instance: row.instance ?? undefined,
      epoch: row.epoch ?? undefined,
      text: row.reply ?? "",
      sinceMs: row.due_at_ms,
    }));
  }

  #pins(): Readonly<Record<string, Pin>> {
    const rows = this.#sql.exec<PinRow>("SELECT * FROM pins").toArray();
    return Object.fromEntries(rows.map((row) => [row.pool, pinOfRow(row)]));
  }

  /** A debt has a row of its own where its message has none: whoever was left with one that it may have. */
  #debts(): State["accepted"] {
    const left = this.#sql.exec<{ name: string; value: string }>(`SELECT name, value FROM meta WHERE name LIKE '${DEBT}%'`).toArray();
    return Object.fromEntries(left.map(({ name, value }) => [name.slice(DEBT.length), JSON.parse(value) as State["accepted"][string]]));
  }

  /** In pages: a cursor that is left open would keep the log of writes from being folded into the database. */
  *#newestFirst(): Generator<LateRow> {
    for (let below = Number.MAX_SAFE_INTEGER; ; ) {
      const page = this.#sql
        .exec<LateRow & Record<string, SqlStorageValue>>(
          `SELECT ${LATE_COLUMNS} FROM messages WHERE seq < ? ORDER BY seq DESC LIMIT ${PAGE}`,
          below,
        )
        .toArray();
      yield* page;
      if (page.length < PAGE) return;
      below = page.at(-1)?.seq ?? 0;
    }
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): readonly MessageRow[] {
    return this.#sql.exec<MessageRow>(query, ...bindings).toArray();
  }

  #exec(query: string, ...bindings: readonly SqlStorageValue[]): void {
    // A statement that returns no rows has run to its end when `exec` returns.
    this.rowsWritten += this.#sql.exec(query, ...bindings).rowsWritten;
  }
}
