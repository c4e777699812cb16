/**
 * The answers of the outbox where they can be found: by key, by the id or the note of a part, by lane, and by when something is due.
 * A value like a map, in the order in which they were kept; a change costs the same however many there are. It decides nothing.
 */
import { noteOf } from "./note.ts";
import { CONFIRM_MS, type Entry, isOpen, isTaken, MAX_AGE_MS, MAX_DOUBTS } from "./outbox-state.ts";
import { drop, find, from, put, type Sorted } from "./sorted-map.ts";
import { laneOf } from "./threads.ts";

interface Kept {
  readonly entry: Entry;
  /** Its place in the order. */
  readonly serial: string;
}

interface Indexes {
  readonly size: number;
  readonly serial: number;
  readonly byKey: Sorted<Kept>;
  /** All others lead to a key. */
  readonly bySerial: Sorted<string>;
  readonly lanes: Sorted<string>;
  readonly turns: Sorted<string>;
  readonly timers: Sorted<string>;
  readonly names: Sorted<string>;
}

const EMPTY: Indexes = {
  ...{ size: 0, serial: 0, byKey: undefined, bySerial: undefined },
  ...{ lanes: undefined, turns: undefined, timers: undefined, names: undefined },
};

/** When the first open answer of a lane is to go on: it stands in line from the moment it, or its last part, got so far. */
export const turnAtMs = ({ notBeforeMs, keptAtMs, takenAtMs }: Entry): number => Math.ceil(Math.max(notBeforeMs, keptAtMs, takenAtMs));

/** When time alone says what becomes of it. */
export function timerAtMs(entry: Entry): number {
  if (entry.end !== undefined) return Math.ceil(entry.tellAtMs);
  if (isTaken(entry)) return Math.ceil(entry.takenAtMs + CONFIRM_MS);
  const isLost = entry.doubts >= MAX_DOUBTS;
  return Math.ceil(Math.min(entry.keptAtMs + MAX_AGE_MS, isLost ? entry.notBeforeMs : Number.POSITIVE_INFINITY));
}

export class Shelf implements ReadonlyMap<string, Entry> {
  readonly #at: Indexes;

  private constructor(at: Indexes) {
    this.#at = at;
  }

  static of(entries: ReadonlyMap<string, Entry>): Shelf {
    if (entries instanceof Shelf) return entries;
    let shelf = new Shelf(EMPTY);
    for (const entry of entries.values()) shelf = shelf.with(entry);
    return shelf;
  }

  get size(): number {
    return this.#at.size;
  }

  get(key: string): Entry | undefined {
    return find(this.#at.byKey, key)?.entry;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  with(entry: Entry): Shelf {
    const known = find(this.#at.byKey, entry.key);
    if (known !== undefined) return this.#changed(known, { ...known, entry });
    const serial = this.#at.serial + 1;
    return new Shelf({ ...this.#at, serial, size: this.size + 1 }).#changed(undefined, { entry, serial: digits(serial) });
  }

  without(key: string): Shelf {
    const known = find(this.#at.byKey, key);
    return known === undefined ? this : new Shelf({ ...this.#at, size: this.size - 1 }).#changed(known, undefined);
  }

  /** The first open answer of a lane. */
  headOf(lane: string): Entry | undefined {
    const prefix = lanePrefix(lane);
    const [first] = from(this.#at.lanes, prefix);
    return first?.[0].startsWith(prefix) === true ? this.get(first[1]) : undefined;
  }

  /** The first open answer of every lane, by when it is to go on. */
  turns(): Generator<Entry> {
    return this.#led(this.#at.turns);
  }

  /** Every answer, by when time alone says what becomes of it. */
  timers(): Generator<Entry> {
    return this.#led(this.#at.timers);
  }

  withId(id: string): Entry | undefined {
    return this.get(find(this.#at.names, idName(id)) ?? "");
  }

  /** An open one, with a part that is under way or was. */
  withNote(note: string): Entry | undefined {
    return this.get(find(this.#at.names, noteName(note)) ?? "");
  }

  values(): MapIterator<Entry> {
    return this.#led(this.#at.bySerial);
  }

  *keys(): MapIterator<string> {
    for (const [, key] of from(this.#at.bySerial)) yield key;
  }

  *entries(): MapIterator<[string, Entry]> {
    for (const entry of this.values()) yield [entry.key, entry];
  }

  [Symbol.iterator](): MapIterator<[string, Entry]> {
    return this.entries();
  }

  forEach(visit: (entry: Entry, key: string, map: ReadonlyMap<string, Entry>) => void): void {
    for (const entry of this.values()) visit(entry, entry.key, this);
  }

  *#led(index: Sorted<string>): Generator<Entry, undefined> {
    for (const [, key] of from(index)) {
      const entry = this.get(key);
      if (entry !== undefined) yield entry;
    }
  }

  #changed(before: Kept | undefined, after: Kept | undefined): Shelf {
    const key = (after ?? before)?.entry.key ?? "";
    const lane = laneOf((after ?? before)?.entry.chat) ?? "";
    const { byKey, bySerial, lanes, timers, names } = this.#at;
    const next = new Shelf({
      ...this.#at,
      byKey: after === undefined ? drop(byKey, key) : put(byKey, key, after),
      bySerial: moved(bySerial, before?.serial, after?.serial, key),
      lanes: moved(lanes, laneName(before), laneName(after), key),
      timers: moved(timers, timerName(before), timerName(after), key),
      names: renamed(names, before && namesOf(before.entry), after && namesOf(after.entry), key),
    });
    return next.#withTurn(this.#turnName(lane), next.#turnName(lane), next.headOf(lane)?.key ?? "");
  }

  #turnName(lane: string): string | undefined {
    const head = this.headOf(lane);
    return head && `${digits(turnAtMs(head))}:${find(this.#at.byKey, head.key)?.serial}`;
  }

  #withTurn(before: string | undefined, after: string | undefined, key: string): Shelf {
    return before === after ? this : new Shelf({ ...this.#at, turns: moved(this.#at.turns, before, after, key) });
  }
}

const digits = (count: number): string => String(count).padStart(16, "0");

/** No lane is the beginning of another one's prefix. */
const lanePrefix = (lane: string): string => `${lane.length}:${lane}:`;
const laneName = (kept: Kept | undefined): string | undefined =>
  kept && isOpen(kept.entry) ? `${lanePrefix(laneOf(kept.entry.chat) ?? "")}${kept.serial}` : undefined;
const timerName = (kept: Kept | undefined): string | undefined => kept && `${digits(timerAtMs(kept.entry))}:${kept.serial}`;
const idName = (id: string): string => `id:${id}`;
const noteName = (note: string): string => `note:${note}`;

function namesOf(entry: Entry): readonly string[] {
  const ids = entry.sent.map(({ id }) => idName(id));
  const note = entry.end === undefined && entry.attempts > 0 ? noteOf(entry) : "";
  return note === "" ? ids : [...ids, noteName(note)];
}

function moved(index: Sorted<string>, before: string | undefined, after: string | undefined, key: string): Sorted<string> {
  if (before === after) return index;
  const without = before === undefined ? index : drop(index, before);
  return after === undefined ? without : put(without, after, key);
}

/** A name that two have leads to the first of them. */
function renamed(index: Sorted<string>, before: readonly string[] = [], after: readonly string[] = [], key: string): Sorted<string> {
  let names = index;
  for (const name of before) if (!after.includes(name) && find(names, name) === key) names = drop(names, name);
  for (const name of after) if (find(names, name) === undefined) names = put(names, name, key);
  return names;
}
