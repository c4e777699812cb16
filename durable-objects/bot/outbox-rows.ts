/**
 * The rows of the outbox: one for each answer, from the moment it is kept until its conversation knows how it ended. Without a
 * rowid and without an index, so that every change costs one row; the words stand last and go with the end. It never decides.
 */
import { refName, refOf } from "../../src/core/conversation-ref.ts";
import type { Chat } from "../../src/core/message.ts";
import type { ReplyEnd } from "../../src/ports/bots.ts";
import type { Entry, OutboxWrite } from "./outbox-state.ts";

/** A migration of the bot's storage. `serial` is the order in which they were kept; `progress` is JSON of what changes. */
export const REPLIES = `CREATE TABLE replies (
  key TEXT PRIMARY KEY,
  serial INTEGER NOT NULL,
  account TEXT NOT NULL,
  conversation TEXT NOT NULL,
  seq INTEGER NOT NULL,
  chat TEXT NOT NULL,
  asked_at_ms INTEGER NOT NULL,
  kept_at_ms INTEGER NOT NULL,
  total INTEGER NOT NULL,
  progress TEXT NOT NULL,
  ended TEXT,
  parts TEXT
) WITHOUT ROWID;`;

interface Row extends Record<string, SqlStorageValue> {
  readonly key: string;
  readonly serial: number;
  readonly account: string;
  readonly conversation: string;
  readonly seq: number;
  readonly chat: string;
  readonly asked_at_ms: number;
  readonly kept_at_ms: number;
  readonly total: number;
  readonly progress: string;
  readonly ended: string | null;
  readonly characters: number;
}

const FACTS = "key, serial, account, conversation, seq, chat, asked_at_ms, kept_at_ms, total, progress, ended";

type Progress = Omit<Entry, "key" | "account" | "ref" | "seq" | "chat" | "askedAtMs" | "keptAtMs" | "total" | "end" | "tells" | "tellAtMs">;

export class OutboxRows {
  readonly #storage: DurableObjectStorage;
  readonly #words = new Map<string, number>();
  #serial = 0;
  #characters = 0;
  /** Rows written since the start, for tests that hold the budget. */
  rowsWritten = 0;

  /** The table is there already: the bot's storage migrates. */
  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  load(): readonly Entry[] {
    const rows = this.#storage.sql
      .exec<Row>(`SELECT ${FACTS}, ifnull(length(parts), 0) AS characters FROM replies ORDER BY serial`)
      .toArray();
    this.#serial = rows.at(-1)?.serial ?? 0;
    for (const { key, characters } of rows) this.#weigh(key, characters);
    return rows.map(entryOf);
  }

  /** How much of agents' words is kept, as it is written down. */
  get characters(): number {
    return this.#characters;
  }

  /** The words of one part. Undefined once the answer has ended. */
  part(key: string, index: number): string | undefined {
    const row = this.#storage.sql.exec<{ parts: string | null }>("SELECT parts FROM replies WHERE key = ?", key).toArray()[0];
    return row?.parts == null ? undefined : (JSON.parse(row.parts) as readonly string[])[index];
  }

  write(writes: readonly OutboxWrite[]): void {
    const writeAll = (): void => {
      for (const write of writes) this.#write(write);
    };
    if (writes.length > 1) this.#storage.transactionSync(writeAll);
    else writeAll();
  }

  #write(write: OutboxWrite): void {
    switch (write.row) {
      case "insert":
        this.#insert(write.entry, write.parts);
        break;
      case "update":
        this.#update(write.entry);
        break;
      case "delete":
        this.#weigh(write.key, 0);
        this.#exec("DELETE FROM replies WHERE key = ?", write.key);
    }
  }

  #insert(entry: Entry, parts: readonly string[]): void {
    this.#serial += 1;
    const ended = endedOf(entry);
    const words = ended === null ? JSON.stringify(parts) : null;
    this.#weigh(entry.key, words?.length ?? 0);
    this.#exec(
      `INSERT INTO replies (${FACTS}, parts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[entry.key, this.#serial, entry.account, refName(entry.ref), entry.seq, JSON.stringify(entry.chat)],
      ...[entry.askedAtMs, entry.keptAtMs, entry.total, progressOf(entry), ended, words],
    );
  }

  #update(entry: Entry): void {
    const words = entry.end === undefined ? "" : ", parts = NULL";
    if (entry.end !== undefined) this.#weigh(entry.key, 0);
    this.#exec(`UPDATE replies SET progress = ?, ended = ?${words} WHERE key = ?`, progressOf(entry), endedOf(entry), entry.key);
  }

  #weigh(key: string, characters: number): void {
    this.#characters += characters - (this.#words.get(key) ?? 0);
    if (characters === 0) this.#words.delete(key);
    else this.#words.set(key, characters);
  }

  #exec(query: string, ...bindings: readonly SqlStorageValue[]): void {
    this.rowsWritten += this.#storage.sql.exec(query, ...bindings).rowsWritten;
  }
}

const endedOf = ({ end }: Entry): string | null => (end === undefined ? null : JSON.stringify(end));

function progressOf(entry: Entry): string {
  const {
    next,
    attempts,
    refusals,
    doubts,
    strays,
    repeats,
    isResent,
    sent,
    takenAtMs,
    notBeforeMs,
    templateAt,
    detail,
    stops,
    stoppedAtMs,
    isReplay,
  } = entry;
  const progress: { readonly [Name in keyof Progress]: Progress[Name] | undefined } = {
    ...{
      next,
      attempts,
      refusals,
      doubts,
      strays,
      repeats,
      isResent,
      sent,
      takenAtMs,
      notBeforeMs,
      templateAt,
      detail,
      stops,
      stoppedAtMs,
      isReplay,
    },
  };
  return JSON.stringify(progress);
}

const entryOf = (row: Row): Entry => ({
  key: row.key,
  account: row.account,
  ref: refOf(row.conversation) ?? { key: "unknown" },
  seq: row.seq,
  chat: JSON.parse(row.chat) as Chat,
  askedAtMs: row.asked_at_ms,
  keptAtMs: row.kept_at_ms,
  total: row.total,
  ...(JSON.parse(row.progress) as Progress),
  ...(row.ended === null ? {} : { end: JSON.parse(row.ended) as ReplyEnd }),
  tells: 0,
  tellAtMs: 0,
});
