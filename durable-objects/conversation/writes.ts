/** The rows of a step as SQL. One function per kind of row; nothing here reads. */
import { refName } from "../../src/core/conversation-ref.ts";
import type { Ending, Entry, Pin, Replying, Write } from "./state.ts";

export const TOLD = "told";
/** Before the name of an instance. */
export const DEBT = "debt:";

export type Exec = (query: string, ...bindings: readonly SqlStorageValue[]) => void;

export const SET_META = "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/** A message that changes more than once in a step is written once, as it stands at the end of the step. */
export function foldWrites(writes: readonly Write[]): readonly Write[] {
  return writes.flatMap((write, index): readonly Write[] => {
    if (write.row === "insert") {
      const update = writes.findLast((other) => other.row === "update" && other.entry.seq === write.entry.seq);
      return update?.row === "update" ? [{ ...write, entry: update.entry }] : [write];
    }
    if (write.row !== "update") return [write];
    const isCovered = (other: Write, at: number): boolean =>
      (at < index ? other.row === "insert" : at > index && other.row === "update") &&
      "entry" in other &&
      other.entry.seq === write.entry.seq;
    return writes.some(isCovered) ? [] : [write];
  });
}

/** One statement is all or nothing by itself; a savepoint around it would cost as much again. */
export const isOneStatement = (writes: readonly Write[]): boolean => writes.length === 1 && writes[0]?.row !== "replay";

export function writeRow(exec: Exec, write: Write): void {
  switch (write.row) {
    case "insert":
      insert(exec, write);
      return;
    case "update":
      update(exec, write.entry);
      return;
    case "end":
      end(exec, write.ending);
      return;
    case "reply":
      reply(exec, write.replying);
      return;
    case "replay":
      replay(exec, write.entry, write.of);
      return;
    case "pin":
      pin(exec, write.pin);
      return;
    case "answered":
      exec(
        "INSERT INTO answered (instance, seq) VALUES (?, ?) ON CONFLICT (instance) DO UPDATE SET seq = excluded.seq",
        write.instance,
        write.seq,
      );
      return;
    case "debt":
      exec(SET_META, `${DEBT}${write.instance}`, JSON.stringify({ seq: write.seq, atMs: write.atMs }));
      return;
    case "told":
      if (write.isTold) exec(SET_META, TOLD, "1");
      else exec("DELETE FROM meta WHERE name = ?", TOLD);
      return;
    case "moved":
      exec(SET_META, "moved-to", refName(write.to));
      return;
    case "handed":
      exec(SET_META, "handed", "1");
      return;
    case "stayed":
      exec("DELETE FROM meta WHERE name IN ('moved-to', 'handed')");
  }
}

function insert(exec: Exec, { entry, commit, ending }: Extract<Write, { row: "insert" }>): void {
  const values: readonly SqlStorageValue[] = [
    ...[entry.seq, entry.key, entry.messageId, entry.account, entry.kind, JSON.stringify(entry.chat), commit.senderId ?? null],
    ...[
      entry.pool,
      entry.rule,
      entry.trace,
      entry.traceId,
      commit.contentType,
      ending === undefined ? commit.body.slice().buffer : null,
      entry.bytes,
    ],
    ...[entry.arrivedAtMs, entry.committedAtMs, entry.expiresAtMs ?? null, entry.dueAtMs, entry.tries, entry.reached],
    ...[
      entry.attempt === undefined ? null : JSON.stringify(entry.attempt),
      entry.heldSinceMs ?? null,
      entry.movableSinceMs ?? null,
      entry.tier ?? null,
      entry.lastDetail ?? null,
      0,
      commit.isOverheard === true ? 1 : 0,
      ending?.state ?? "waiting",
      ending?.outcome ?? null,
      ending?.atMs ?? null,
    ],
  ];
  exec(
    `INSERT INTO messages (seq, key, message_id, account, kind, chat, sender, pool, rule, trace, trace_id, content_type, body, bytes,
       arrived_at_ms, committed_at_ms, expires_at_ms, due_at_ms, tries, reached, attempt, held_since_ms, movable_since_ms, tier, last_detail, is_replay, is_overheard, state, outcome, ended_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...values,
  );
}

function update(exec: Exec, entry: Entry): void {
  exec(
    `UPDATE messages SET pool = ?, due_at_ms = ?, tries = ?, reached = ?, first_reached_at_ms = ?, attempt = ?, maybe_at = ?, held_since_ms = ?, movable_since_ms = ?, last_detail = ? WHERE seq = ?`,
    ...[entry.pool, entry.dueAtMs, entry.tries, entry.reached, entry.firstReachedAtMs ?? null],
    ...[
      entry.attempt === undefined ? null : JSON.stringify(entry.attempt),
      entry.maybeAt ?? null,
      entry.heldSinceMs ?? null,
      entry.movableSinceMs ?? null,
      entry.lastDetail ?? null,
      entry.seq,
    ],
  );
}

function end(exec: Exec, ending: Ending): void {
  const { entry } = ending;
  exec(
    `UPDATE messages SET state = ?, outcome = ?, instance = ?, epoch = ?, ended_at_ms = ?, tries = ?, reached = ?, attempt = NULL, reply = NULL, last_detail = ? WHERE seq = ?`,
    ...[
      ending.state,
      ending.outcome,
      ending.instance ?? null,
      ending.epoch ?? null,
      ending.atMs,
      entry.tries,
      entry.reached,
      entry.lastDetail ?? null,
      ending.seq,
    ],
  );
}

/** The answer, in the row of its message: from here on the message waits for the bot alone. */
function reply(exec: Exec, { entry, instance, epoch, text, sinceMs }: Replying): void {
  exec(
    "UPDATE messages SET state = 'replying', instance = ?, epoch = ?, tries = ?, reached = ?, attempt = NULL, maybe_at = NULL, due_at_ms = ?, reply = ? WHERE seq = ?",
    ...[instance ?? null, epoch ?? null, entry.tries, entry.reached, sinceMs, text, entry.seq],
  );
}

function replay(exec: Exec, entry: Entry, of: number): void {
  exec(
    `INSERT INTO messages (seq, key, message_id, account, kind, chat, sender, pool, rule, trace, trace_id, content_type, body, bytes,
       arrived_at_ms, committed_at_ms, due_at_ms, tries, reached, is_replay, is_overheard, state, tier)
     SELECT ?, key, message_id, account, kind, chat, sender, pool, rule, trace, trace_id, content_type, body, bytes,
       arrived_at_ms, committed_at_ms, ?, 0, 0, 1, is_overheard, 'waiting', tier FROM messages WHERE seq = ?`,
    entry.seq,
    entry.dueAtMs,
    of,
  );
  exec("UPDATE messages SET replayed_as = ? WHERE seq = ?", entry.seq, of);
}

function pin(exec: Exec, pin: Pin): void {
  exec(
    `INSERT INTO pins (pool, instance, epoch, at_ms, is_used, is_left, moved_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (pool) DO UPDATE SET instance = excluded.instance, epoch = excluded.epoch, at_ms = excluded.at_ms,
       is_used = excluded.is_used, is_left = excluded.is_left, moved_at_ms = excluded.moved_at_ms`,
    ...[pin.pool, pin.instance, pin.epoch, pin.atMs, pin.isUsed ? 1 : 0, pin.isLeft === true ? 1 : 0, pin.movedAtMs ?? null],
  );
}
