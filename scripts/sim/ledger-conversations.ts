/** What the checker knows of each conversation: kept, handed over, run and ended, by number; what is in the air; who owes an answer. */
import type { Entry, Pin } from "../../durable-objects/conversation/state.ts";

export class Book {
  readonly pins = new Map<string, Pin>();
  /** Since when what is next waits; what expires hands its wait on. */
  sinceMs = 0;
  movedAtMs: number | undefined;
  readonly #ended = new Set<number>();
  readonly #handed = new Set<number>();
  readonly #ran = new Set<number>();
  readonly #shown = new Set<number>();
  readonly #aloft = new Set<string>();
  readonly #newest = new Map<string, number>();
  readonly #owing = new Map<string, { readonly seq: number; readonly atMs: number }>();
  readonly #answered = new Map<string, number>();
  readonly #waiting = new Set<number>();
  #kept = 0;
  #isTold = false;

  /** Nothing that was kept waits for its end. */
  get isIdle(): boolean {
    return this.#kept === this.#ended.size;
  }

  keeps(): void {
    this.#kept += 1;
  }

  waits(seq: number, nowMs: number): void {
    if (this.#waiting.size === 0) this.sinceMs = nowMs;
    this.#waiting.add(seq);
  }

  /** What comes after it is next. */
  goesOn(seq: number, nowMs: number): void {
    if (this.#waiting.has(seq)) this.sinceMs = nowMs;
  }

  /** Nobody waits for an instance any more. */
  leaves(seq: number, hasArrived: boolean): void {
    this.#waiting.delete(seq);
    if (hasArrived || this.#waiting.size === 0) this.#isTold = false;
  }

  /** False when the person was told before, something waits since then, and nothing has arrived. */
  hearsOfHold(): boolean {
    const isFirst = !this.#isTold;
    this.#isTold = true;
    return isFirst;
  }

  /** Telegram brings a chat's events in order, and they are kept so. */
  isOutOfOrder({ account, chat, messageId }: Entry): boolean {
    if (!account.startsWith("telegram")) return false;
    const lane = `${account} ${chat.id}`;
    const serial = Number(messageId.slice(1));
    const before = this.#newest.get(lane) ?? 0;
    this.#newest.set(lane, serial);
    return serial <= before;
  }

  /** False when it has ended before. */
  ends(seq: number): boolean {
    const isFirst = !this.#ended.has(seq);
    this.#ended.add(seq);
    return isFirst;
  }

  hasEnded(seq: number): boolean {
    return this.#ended.has(seq);
  }

  /** False when a later one began before. */
  begins(seq: number): boolean {
    return isInOrder(this.#handed, seq);
  }

  runs(seq: number): boolean {
    return isInOrder(this.#ran, seq);
  }

  shows(seq: number): boolean {
    return isInOrder(this.#shown, seq);
  }

  /** False when another is in the air. */
  takesOff(attempt: string): boolean {
    this.#aloft.add(attempt);
    return this.#aloft.size === 1;
  }

  lands(attempt: string): void {
    this.#aloft.delete(attempt);
  }

  landsAll(): void {
    this.#aloft.clear();
  }

  /** It ran it, whatever the edge was told of that. */
  owes(instance: string, seq: number, atMs: number): void {
    if (seq >= (this.#owing.get(instance)?.seq ?? 0)) this.#owing.set(instance, { seq, atMs });
  }

  answers(instance: string, seq: number): void {
    this.#answered.set(instance, seq);
  }

  /** What has not ended yet may go back to who ran it: that absorbs it. */
  isOwedBy(instance: string, sinceMs: number): boolean {
    const last = this.#owing.get(instance);
    return last !== undefined && last.atMs > sinceMs && last.seq > (this.#answered.get(instance) ?? 0) && this.#ended.has(last.seq);
  }
}

/** A first time counts; later ones are repeats, and come when they must. */
function isInOrder(seen: Set<number>, seq: number): boolean {
  if (seen.has(seq)) return true;
  const isLast = [...seen].every((other) => other < seq);
  seen.add(seq);
  return isLast;
}

export class Conversations {
  readonly #books = new Map<string, Book>();

  of(conversation: string): Book {
    const book = this.#books.get(conversation) ?? new Book();
    this.#books.set(conversation, book);
    return book;
  }
}
