/** What an operator may see of a conversation: pins, queue and how its newest messages went. Never a body. */
import { entryOfRow, type MessageRow } from "./rows.ts";
import type { Entry, Pin, State } from "./state.ts";

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
