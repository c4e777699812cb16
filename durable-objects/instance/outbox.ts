/**
 * What waits for one poller, as values: offers that are open now, ids that were given and not confirmed, and what a question with
 * its offset makes of them. An update gets its id when it is first given and keeps it as long as its poller asks for it. Pure;
 * bodies, rows and sockets are the desk's.
 */

/** Given under this id and not confirmed. */
export interface Given {
  readonly id: number;
  /** The poller has it, as far as can be told: it was given it after it last asked for this id. Only then a higher offset confirms it. */
  readonly isHeld: boolean;
  /** How often it was the first of an answer again, for this incarnation to know. */
  readonly again?: number;
}

/** A lost answer and a restart are nothing strange. What comes back more often may be what its poller dies of. */
const SUSPECT_AGAIN = 3;

/** Its poller has it, and has had it again and again. */
export const isSuspect = (given: Given | undefined): boolean => given?.isHeld === true && (given.again ?? 0) >= SUSPECT_AGAIN;

export interface Outbox {
  readonly given: ReadonlyMap<string, Given>;
  /** Offers open now, in the order they came: key to length. */
  readonly open: ReadonlyMap<string, number>;
  /** Above every id that was ever given. */
  readonly nextId: number;
  /** Memory: the highest offset of any question. A lower one may have been overtaken on its way, and nobody hears its answer. */
  readonly asked?: number;
}

export type OutboxRow =
  | { readonly row: "given"; readonly key: string; readonly id: number }
  | { readonly row: "asked-again"; readonly key: string }
  | { readonly row: "confirmed"; readonly key: string; readonly id: number };

export interface Parcel {
  readonly key: string;
  readonly id: number;
}

export interface Question {
  readonly offset: number;
  readonly limit: number;
  readonly maxBytes: number;
}

export interface Answered {
  readonly box: Outbox;
  readonly rows: readonly OutboxRow[];
  readonly parcels: readonly Parcel[];
}

export interface Asked extends Answered {
  readonly confirmed: readonly string[];
  /** Never confirmed, and no longer wanted. */
  readonly forgotten: readonly string[];
  /** The next id that was due when the poller wanted none below a higher one. */
  readonly jumpedFrom?: number;
}

export const open = (box: Outbox, key: string, bytes: number): Outbox => ({ ...box, open: new Map(box.open).set(key, bytes) });

export const close = (box: Outbox, key: string): Outbox => ({ ...box, open: without(box.open, [key]) });

/** A question of the poller: what it is done with, then what it gets now. */
export function ask(box: Outbox, question: Question): Asked {
  const { offset } = question;
  if (offset < 0) {
    const forgotten = forget(box, -offset);
    const answered = give(forgotten.box, { ...question, offset: 0 });
    return { ...answered, rows: [...forgotten.rows, ...answered.rows], confirmed: [], forgotten: forgotten.keys };
  }
  const confirmed = confirm({ ...box, asked: Math.max(offset, box.asked ?? 0) }, offset);
  const isAhead = offset > box.nextId;
  const answered = give(isAhead ? { ...confirmed.box, nextId: offset } : confirmed.box, question);
  return {
    ...answered,
    rows: [...confirmed.rows, ...answered.rows],
    confirmed: confirmed.keys,
    forgotten: [],
    ...(isAhead ? { jumpedFrom: box.nextId } : {}),
  };
}

interface Settled {
  readonly box: Outbox;
  readonly rows: readonly OutboxRow[];
  readonly keys: readonly string[];
}

/** Whether they are offered at this moment or not: who offers one of them again is told. */
function confirm(box: Outbox, offset: number): Settled {
  return settle(
    box,
    [...box.given].flatMap(([key, { id, isHeld }]) => (isHeld && id < offset ? [{ key, id }] : [])),
  );
}

/** All but the newest, offered at this moment or not; what was never given takes an id, so that it is known when it is offered again. */
function forget(box: Outbox, newest: number): Settled {
  const fresh = [...box.open.keys()].filter((key) => !box.given.has(key)).map((key, index) => ({ key, id: box.nextId + index }));
  const all = [...[...box.given].map(([key, { id }]) => ({ key, id })), ...fresh].toSorted(byId);
  const settled = settle(box, all.slice(0, -newest));
  return { ...settled, box: { ...settled.box, nextId: box.nextId + fresh.filter(({ key }) => settled.keys.includes(key)).length } };
}

function settle(box: Outbox, parcels: readonly Parcel[]): Settled {
  const keys = parcels.map(({ key }) => key);
  if (keys.length === 0) return { box, rows: [], keys };
  const rows = parcels.map((parcel): OutboxRow => ({ row: "confirmed", ...parcel }));
  return { box: { ...box, given: without(box.given, keys), open: without(box.open, keys) }, rows, keys };
}

/**
 * What is open, in the order of ids. What the poller has asked for and does not get now (its offer has ended, or the limit is reached)
 * it does not have: an offset that passes it by later says nothing of it.
 */
export function give(box: Outbox, question: Question): Answered {
  // Under an id that a later question has passed nothing is given any more: that question's successor would confirm it.
  const offset = Math.max(question.offset, box.asked ?? 0);
  const parcels = oneAtATime(upTo(question, inOrder(box, offset), box.open), box);
  const taken = new Set(parcels.map(({ key }) => key));
  const given = new Map(box.given);
  const rows: OutboxRow[] = [];
  for (const [key, before] of box.given) {
    if (taken.has(key) || !before.isHeld || before.id < offset) continue;
    given.set(key, { ...before, isHeld: false });
    rows.push({ row: "asked-again", key });
  }
  for (const [index, { key, id }] of parcels.entries()) {
    const before = given.get(key);
    given.set(key, { id, isHeld: true, again: timesAgain(before, index === 0) });
    if (before?.isHeld !== true || before.id !== id) rows.push({ row: "given", key, id });
  }
  const nextId = Math.max(box.nextId, ...parcels.map(({ id }) => id + 1));
  return { box: { ...box, given, nextId }, rows, parcels };
}

/** Only of the first can be said that its poller has not got beyond it. */
const timesAgain = (before: Given | undefined, isFirst: boolean): number =>
  before === undefined ? 0 : (before.again ?? 0) + Number(isFirst);

/** With a suspect among them the first goes alone: what is well is confirmed, and what is not keeps the blame to itself. */
const oneAtATime = (parcels: readonly Parcel[], { given }: Outbox): readonly Parcel[] =>
  (given.get(parcels[0]?.key ?? "")?.again ?? 0) >= SUSPECT_AGAIN ? parcels.slice(0, 1) : parcels;

/** Open offers under the ids a poller with this offset takes: those they have, then new ones in the order they came. */
function inOrder(box: Outbox, offset: number): readonly Parcel[] {
  const known: Parcel[] = [];
  const fresh: Parcel[] = [];
  for (const key of box.open.keys()) {
    const id = box.given.get(key)?.id;
    if (id !== undefined && id >= offset) known.push({ key, id });
    else fresh.push({ key, id: box.nextId + fresh.length });
  }
  return [...known.toSorted(byId), ...fresh];
}

const byId = (left: Parcel, right: Parcel): number => left.id - right.id;

/** One is always given, however large it is: nothing else would ever come after it. */
function upTo({ limit, maxBytes }: Question, parcels: readonly Parcel[], bytes: ReadonlyMap<string, number>): readonly Parcel[] {
  let left = maxBytes;
  const end = parcels.slice(0, limit).findIndex(({ key }) => {
    left -= bytes.get(key) ?? 0;
    return left < 0;
  });
  return parcels.slice(0, end === -1 ? limit : Math.max(1, end));
}

function without<Value>(all: ReadonlyMap<string, Value>, keys: readonly string[]): ReadonlyMap<string, Value> {
  const rest = new Map(all);
  for (const key of keys) rest.delete(key);
  return rest;
}
