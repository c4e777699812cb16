/** What an operator may see of a conversation: pins, queue and how its newest messages went. A body only in a letter asked for with it. */
import { textOf } from "../../src/core/bytes.ts";
import { entryOfRow, type MessageRow } from "./rows.ts";
import type { Entry, Pin, State } from "./state.ts";
import type { StoredBody } from "./storage.ts";

export interface MessageView {
  readonly seq: number;
  readonly message: string;
  readonly account: string;
  readonly kind: string;
  readonly pool: string;
  readonly rule: string;
  readonly trace: string;
  readonly state: string;
  readonly outcome: string | null;
  readonly instance: string | null;
  readonly epoch: number | null;
  readonly attempts: number;
  readonly arrivedAtMs: number;
  readonly endedAtMs: number | null;
  readonly lastDetail: string | null;
  /** The instance that took it has spoken since. */
  readonly isAnswered: boolean;
}

export interface ConversationView {
  readonly name: string;
  readonly pins: readonly Pin[];
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly movedTo: string | null;
  readonly messages: readonly MessageView[];
}

/** One message by its number. */
export interface LetterView extends MessageView {
  readonly bytes: number;
  readonly isReplay: boolean;
  /** What the platform sent, as text. Private: only when asked for, and while it is kept. */
  readonly body?: string;
}

export function letterOf(row: MessageRow, state: State, stored: StoredBody | undefined): LetterView {
  const body = stored === undefined ? {} : { body: textOf(stored.body) ?? "(not text)" };
  return { ...messageView(row, state), bytes: row.bytes, isReplay: row.is_replay === 1, ...body };
}

export function viewOf(name: string, state: State, rows: readonly MessageRow[]): ConversationView {
  return {
    name,
    pins: Object.values(state.pins),
    waiting: state.queue.length,
    waitingBytes: state.queuedBytes,
    movedTo: state.movedTo?.key ?? null,
    messages: rows.map((row) => messageView(row, state)),
  };
}

function messageView(row: MessageRow, state: State): MessageView {
  const entry: Entry = state.queue.find((waiting) => waiting.seq === row.seq) ?? entryOfRow(row);
  return {
    seq: row.seq,
    message: entry.messageId,
    account: entry.account,
    kind: entry.kind,
    pool: entry.pool,
    rule: entry.rule,
    trace: entry.trace,
    state: row.state,
    outcome: row.outcome,
    instance: row.instance ?? entry.attempt?.instance ?? null,
    epoch: row.epoch,
    attempts: entry.tries,
    arrivedAtMs: entry.arrivedAtMs,
    endedAtMs: row.ended_at_ms,
    lastDetail: entry.lastDetail ?? null,
    isAnswered: row.instance !== null && (state.answered[row.instance] ?? 0) >= row.seq,
  };
}
