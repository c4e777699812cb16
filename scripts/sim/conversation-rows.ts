/** A conversation's tables as they outlive it: what `durable-objects/conversation/storage.ts` keeps, without SQL. What it does not keep is lost here too. */
import { type LateRow, lately } from "../../durable-objects/conversation/lately.ts";
import { type Entry, emptyState, type Pin, type Replying, type State, type Write } from "../../durable-objects/conversation/state.ts";
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

  get isWaiting(): boolean {
    for (const { state } of this.messages.values()) if (state === "waiting") return true;
    return false;
  }

  get owesPins(): boolean {
    return this.movedTo !== undefined && !this.isHanded;
  }

  deadLetter(seq: number): Entry | undefined {
    const row = this.messages.get(seq);
    return row?.state === "dead" && row.replayedAs === undefined ? row.entry : undefined;
  }

  load(nowMs: number): State {
    const rows = [...this.messages.values()];
    const queue = rows.filter(({ state }) => state === "waiting").map(({ entry }) => entry);
    const last = rows.at(-1)?.entry.seq ?? 0;
    return {
      ...emptyState,
      nextSeq: last + 1,
      queue,
      queuedBytes: queue.reduce((sum, entry) => sum + entry.bytes, 0),
      replying: rows.flatMap(replyingOf),
      pins: Object.fromEntries(this.pins),
      answered: Object.fromEntries(this.answered),
      ...lately(rows.toReversed().map(lateRowOf), Object.fromEntries(this.debts), nowMs),
      isTold: this.isTold ? true : undefined,
      movedTo: this.movedTo,
      isHanded: this.isHanded,
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
      default:
        this.#move(write);
    }
  }

  #move(write: Extract<Write, { readonly row: "moved" | "handed" | "stayed" }>): void {
    this.isHanded = write.row === "handed";
    if (write.row !== "handed") this.movedTo = write.row === "moved" ? write.to : undefined;
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

const lateRowOf = ({ entry, sender, state, outcome, instance, endedAtMs }: MessageRow): LateRow => ({
  ...{ seq: entry.seq, sender: sender ?? null, pool: entry.pool, tier: entry.tier ?? null, tries: entry.tries, atMs: entry.committedAtMs },
  ...{ state, outcome: outcome ?? null, instance: instance ?? null, endedAtMs: endedAtMs ?? null },
  ...{ isReplay: Number(entry.isReplay), isOverheard: Number(entry.isOverheard === true) },
});
