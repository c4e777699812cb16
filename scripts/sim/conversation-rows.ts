/** A conversation's tables as they outlive it: what `durable-objects/conversation/storage.ts` keeps, without SQL. What it does not keep is lost here too. */
import {
  type Arrival,
  type Entry,
  emptyState,
  type Pin,
  type Replying,
  type State,
  type Write,
} from "../../durable-objects/conversation/state.ts";
import { type Told, tiersIn } from "../../durable-objects/conversation/tiers.ts";
import type { ConversationRef } from "../../src/core/conversation-ref.ts";

export interface MessageRow {
  readonly entry: Entry;
  readonly sender: string | undefined;
  readonly state: string;
  readonly outcome?: string;
  readonly instance?: string | undefined;
  readonly epoch?: number | undefined;
  readonly endedAtMs?: number;
  readonly reply?: string;
  readonly replayedAs?: number;
}

type Debt = State["accepted"][string];

export class ConversationRows {
  readonly messages = new Map<number, MessageRow>();
  readonly seen = new Map<string, number>();
  readonly pins = new Map<string, Pin>();
  readonly answered = new Map<string, number>();
  readonly debts = new Map<string, Debt>();
  isTold = false;
  movedTo: ConversationRef | undefined;
  /** Its pins are where it moved to. */
  isHanded = false;
  purgeAtMs = 0;

  write(writes: readonly Write[]): void {
    for (const write of writes) this.#write(write);
  }

  get isOpen(): boolean {
    for (const { state } of this.messages.values()) if (state === "waiting" || state === "replying") return true;
    return false;
  }

  deadLetter(seq: number): Entry | undefined {
    const row = this.messages.get(seq);
    return row?.state === "dead" && row.replayedAs === undefined ? row.entry : undefined;
  }

  load(): State {
    const rows = [...this.messages.values()];
    const queue = rows.filter(({ state }) => state === "waiting").map(({ entry }) => entry);
    const last = rows.at(-1)?.entry.seq ?? 0;
    const lastPool = rows.findLast(({ state }) => state !== "limited" && state !== "expired")?.entry.pool;
    return {
      ...emptyState,
      nextSeq: last + 1,
      queue,
      queuedBytes: queue.reduce((sum, entry) => sum + entry.bytes, 0),
      replying: rows.flatMap(replyingOf),
      pins: Object.fromEntries(this.pins),
      accepted: acceptedIn(rows, this.debts),
      answered: Object.fromEntries(this.answered),
      recent: rows.flatMap(arrivalOf),
      lastPool,
      ...tiersIn(rows.slice(-50).flatMap(toldOf)),
      brokenOffAtMs: brokenOffAtMs(rows),
      quietSinceMs: quietSinceMs(rows),
      isTold: this.isTold ? true : undefined,
      movedTo: this.movedTo,
    };
  }

  #write(write: Write): void {
    switch (write.row) {
      case "insert": {
        const { entry, commit, ending } = write;
        const ended = ending === undefined ? {} : { outcome: ending.outcome, endedAtMs: ending.atMs };
        this.messages.set(entry.seq, { entry: kept(entry), sender: commit.senderId, state: ending?.state ?? "waiting", ...ended });
        this.seen.set(entry.key, entry.seq);
        return;
      }
      case "update":
        this.#change(write.entry.seq, { entry: kept(write.entry), state: "waiting" });
        return;
      case "end": {
        const { seq, entry, state, outcome, instance, epoch, atMs } = write.ending;
        const { attempt: _over, ...rest } = kept(entry);
        this.#change(seq, { entry: rest, state, outcome, instance, epoch, endedAtMs: atMs });
        return;
      }
      case "reply": {
        const { entry, instance, epoch, text, sinceMs } = write.replying;
        const { attempt: _over, maybeAt: _settled, ...rest } = kept(entry);
        this.#change(entry.seq, { entry: { ...rest, dueAtMs: sinceMs }, state: "replying", instance, epoch, reply: text });
        return;
      }
      case "replay":
        this.messages.set(write.entry.seq, { entry: kept(write.entry), sender: undefined, state: "waiting" });
        this.#change(write.of, { replayedAs: write.entry.seq });
        return;
      case "pin":
        this.pins.set(write.pin.pool, { ...write.pin, isLeft: write.pin.isLeft === true });
        return;
      case "answered":
        this.answered.set(write.instance, write.seq);
        return;
      case "debt":
        this.debts.set(write.instance, { seq: write.seq, atMs: write.atMs });
        return;
      case "told":
        this.isTold = write.isTold;
        return;
      case "moved":
        this.movedTo = write.to;
        return;
      case "stayed":
        this.movedTo = undefined;
        this.isHanded = false;
        return;
    }
  }

  #change(seq: number, change: Partial<MessageRow>): void {
    const row = this.messages.get(seq);
    if (row !== undefined) this.messages.set(seq, { ...row, ...change });
  }
}

/** Without what is marked as memory. */
function kept(entry: Entry): Entry {
  const { waits: _waits, cache: _cache, lost: _lost, ...rest } = entry;
  return rest;
}

const replyingOf = ({ entry, instance, epoch, reply, state }: MessageRow): readonly Replying[] =>
  state === "replying" ? [{ entry, instance, epoch, text: reply ?? "", sinceMs: entry.dueAtMs }] : [];

const arrivalOf = ({ entry, sender, state }: MessageRow): readonly Arrival[] =>
  state === "limited" || entry.isReplay ? [] : [{ sender: sender ?? "", atMs: entry.committedAtMs }];

function acceptedIn(rows: readonly MessageRow[], debts: Iterable<readonly [string, Debt]>): State["accepted"] {
  const taken = rows.flatMap(({ state, instance, entry, endedAtMs = 0 }) =>
    state === "delivered" && instance !== undefined ? [[instance, { seq: entry.seq, atMs: endedAtMs }] as const] : [],
  );
  return Object.fromEntries([...taken, ...debts].toSorted(([, one], [, other]) => one.seq - other.seq));
}

const toldOf = ({ entry: { pool, tier, tries, committedAtMs, isReplay }, state }: MessageRow): readonly Told[] =>
  isReplay ? [] : [{ pool, tier, tries, state, atMs: committedAtMs }];

function quietSinceMs(rows: readonly MessageRow[]): number | undefined {
  const ended = rows.slice(-50).flatMap(({ endedAtMs }) => endedAtMs ?? []);
  return ended.length === 0 ? undefined : Math.max(...ended);
}

function brokenOffAtMs(rows: readonly MessageRow[]): number | undefined {
  const isTurn = ({ state, outcome = "" }: MessageRow): boolean =>
    state === "answered" ||
    state === "replying" ||
    (state === "dead" && (outcome.startsWith("cut-off") || outcome.startsWith("ambiguous")));
  const last = rows.findLast(isTurn);
  return last?.state === "dead" ? last.endedAtMs : undefined;
}
