/**
 * The outbox machine: agents' answers on their way to people. State and event in, state, rows and effects out; no clock, no dice,
 * no I/O. One part at a time in a chat, chats beside each other.
 *
 *   keep ─► part ─► sending ─► taken ─┬─► next part …
 *             ▲        │              └─► waits for a status ─► ended ─► told ─► its row goes, by the alarm
 *             └────────┘ refused or unanswered: later, by alarm
 *
 * A row says that a part is being sent before the call leaves: a part that was under way when the object died is sent once more.
 */
import { backoffMs } from "../../src/core/backoff.ts";
import { reserveTurn } from "../../src/core/pacing.ts";
import type { ReplyVerdict } from "../../src/ports/bots.ts";
import { answered } from "./outbox-answers.ts";
import {
  EARLY_MS,
  type Entry,
  isTaken,
  type KeepEvent,
  LEASE_MS,
  LOOK_MS,
  MAX_AWAKE_MS,
  MAX_DOUBTS,
  MAX_MARKS,
  MAX_TURNS,
  type Moment,
  type Outbox,
  type OutboxEvent,
  type OutboxStep,
  type Speech,
  TELL_AGAIN,
  UNREADY_MS,
} from "./outbox-state.ts";
import { told } from "./outbox-statuses.ts";
import { begin, count, die, emit, end, finish, hold, outside, put, type Work } from "./outbox-work.ts";
import { Shelf, timerAtMs, turnAtMs } from "./shelf.ts";
import { isAnswered, withoutTemplate } from "./templates.ts";
import { laneOf } from "./threads.ts";

export function step(state: Outbox, event: OutboxEvent): OutboxStep {
  switch (event.type) {
    case "keep":
      return keep(state, event);
    case "answered":
      return finish(advance(answered(begin(state), event), event));
    case "status":
      return finish(advance(told(begin(state), event), event));
    case "wake":
      return finish(advance(wake(begin(state), event), event));
    case "told":
      return finish(known(begin(state), event.key));
  }
}

/** How an answer of this key stands here, or undefined when none is known. */
export function verdictOf({ entries, marks }: Outbox, key: string): ReplyVerdict | undefined {
  const entry = entries.get(key);
  const known = entry?.end ?? marks.get(key);
  if (known !== undefined) return { verdict: "ended", end: known };
  return entry && { verdict: "kept" };
}

function keep(state: Outbox, event: KeepEvent): OutboxStep {
  const { account, parts, nowMs } = event;
  const { key, ref, seq, chat, askedAtMs, isReplay } = event.reply;
  if (verdictOf(state, key) !== undefined) return finish(begin(state));
  const facts = {
    key,
    account,
    ref,
    seq,
    chat,
    askedAtMs,
    ...(isReplay === true ? { isReplay } : {}),
    keptAtMs: nowMs,
    total: parts.length,
  };
  const untried = { next: 0, attempts: 0, refusals: 0, doubts: 0, strays: 0, repeats: 0, isResent: false, sent: [], takenAtMs: 0 };
  const entry: Entry = { ...facts, ...untried, notBeforeMs: 0, tells: 0, tellAtMs: 0 };
  return finish(advance(put(heard(begin(state), entry), entry), event), { key, parts });
}

/** Since the template the person has written: another one may come, once their window is over again. */
const heard = (work: Work, entry: Entry): Work =>
  isAnswered(work.state.templates, entry)
    ? { ...work, state: { ...work.state, templates: withoutTemplate(work.state.templates, entry) } }
    : work;

/** Whatever time brings about: answers that nobody said more of, conversations that could not be told, and what is lost or too old. */
function wake(work: Work, at: Moment): Work {
  let next = work;
  let turns = 0;
  for (const entry of work.state.entries.timers()) {
    const dueInMs = timerAtMs(entry) - at.nowMs;
    if (dueInMs > EARLY_MS || turns >= MAX_TURNS) return next;
    if (dueInMs > (entry.isTold === true ? EARLY_MS : 0)) continue;
    if (isUnderWay(work.state, entry)) continue;
    turns += 1;
    next = timeIsUp(next, entry, at);
  }
  return next;
}

function timeIsUp(work: Work, entry: Entry, { nowMs, dice }: Moment): Work {
  if (entry.isTold === true) return forget(work, entry);
  if (entry.end !== undefined) return tellAgain(work, entry, nowMs, dice);
  if (isTaken(entry)) {
    return end(work, entry, { state: "answered", outcome: entry.templateAt === undefined ? "sent" : "template" }, nowMs);
  }
  if (entry.doubts >= MAX_DOUBTS) {
    return die(work, entry, { reason: "unconfirmed", detail: `the platform did not answer, twice: ${entry.detail ?? ""}` }, nowMs);
  }
  const detail = `could not be sent for a day: ${entry.detail ?? work.state.stopped?.detail ?? "the account is not ready"}`;
  return die(work, entry, { reason: "undelivered", detail }, nowMs);
}

function tellAgain(work: Work, entry: Entry, nowMs: number, dice: number): Work {
  const tells = entry.tells + 1;
  const again = { ...entry, tells, tellAtMs: nowMs + backoffMs(TELL_AGAIN, tells, dice) };
  return emit(hold(work, again), { do: "tell", entry: again });
}

/** The conversation knows. The row stays a little longer: a hand-over may be under way meanwhile, and find another incarnation. */
function known(work: Work, key: string): Work {
  const entry = work.state.entries.get(key);
  return entry?.end === undefined ? work : hold(work, { ...entry, isTold: true });
}

/** A mark stays in memory. */
function forget(work: Work, { key, end }: Entry): Work {
  const marks = new Map(work.state.marks);
  if (end !== undefined) marks.set(key, end);
  const [oldest] = marks.keys();
  if (marks.size > MAX_MARKS && oldest !== undefined) marks.delete(oldest);
  return { ...work, state: { ...work.state, entries: work.state.entries.without(key), marks }, dirty: new Set(work.dirty).add(key) };
}

/** The first open answer of every lane that is free, until the account itself must wait. One that ends on the spot makes room for the next. */
function advance(work: Work, at: Moment): Work {
  let next = ready(work, at);
  let turns = 0;
  for (const { chat } of turnsUntil(work.state.entries, at.nowMs)) {
    const lane = laneOf(chat) ?? "";
    for (let head = headAt(next, lane, at.nowMs); head !== undefined; head = headAt(next, lane, at.nowMs)) {
      if (turns >= MAX_TURNS || mayGoAtMs(next.state) > at.nowMs) return next;
      turns += 1;
      next = proceed(next, head, at);
    }
  }
  return next;
}

/** An account that cannot speak is asked again later, and at once by whoever knows that it can. */
function ready(work: Work, { nowMs, speech }: Moment): Work {
  const { unreadyUntilMs, ...state } = work.state;
  if (speech !== undefined) return { ...work, state };
  const isKnown = unreadyUntilMs !== undefined && unreadyUntilMs > nowMs;
  return { ...work, state: { ...state, unreadyUntilMs: isKnown ? unreadyUntilMs : nowMs + UNREADY_MS } };
}

function* turnsUntil(entries: Shelf, nowMs: number): Generator<Entry> {
  for (const head of entries.turns()) {
    if (turnAtMs(head) > nowMs) return;
    yield head;
  }
}

/** What can go on in this lane now. */
function headAt({ state }: Work, lane: string, nowMs: number): Entry | undefined {
  const head = state.busy.has(lane) ? undefined : state.entries.headOf(lane);
  return head !== undefined && turnAtMs(head) <= nowMs ? head : undefined;
}

/** Before this nobody speaks, whose turn it may be. */
const mayGoAtMs = ({ stopped, fullUntilMs, unreadyUntilMs }: Outbox): number =>
  Math.max(stopped?.lookAtMs ?? 0, fullUntilMs ?? 0, unreadyUntilMs ?? 0);

const isUnderWay = ({ busy }: Outbox, entry: Entry): boolean => busy.get(laneOf(entry.chat) ?? "")?.key === entry.key;

function proceed(work: Work, entry: Entry, at: Moment): Work {
  const { nowMs, speech } = at;
  if (timerAtMs(entry) <= nowMs) return timeIsUp(work, entry, at);
  if (speech === undefined) return work;
  const isOutside = entry.templateAt === undefined && isWindowOver(entry, speech, nowMs);
  return isOutside ? outside(work, entry, "the person wrote too long ago", at) : start(work, entry, speech, nowMs);
}

/** By what is known here. Of a message that was sent again the platform itself is asked. */
const isWindowOver = ({ askedAtMs, isReplay }: Entry, { windowMs }: Speech, nowMs: number): boolean =>
  windowMs !== undefined && isReplay !== true && askedAtMs + windowMs < nowMs;

function start(work: Work, entry: Entry, speech: Speech, nowMs: number): Work {
  const pace = speech.pace(entry.chat);
  const account = reserveTurn(work.state.pacing, { pace }, MAX_AWAKE_MS, nowMs);
  if (!account.isReserved) return { ...work, state: { ...work.state, fullUntilMs: nowMs + account.waitMs } };
  const lane = laneOf(entry.chat) ?? "";
  const turn = reserveTurn(work.state.pacing, { chat: lane, pace }, MAX_AWAKE_MS, nowMs);
  if (!turn.isReserved) return hold(work, { ...entry, notBeforeMs: nowMs + turn.waitMs });

  const isRepeat = entry.attempts > 0;
  const sending: Entry = { ...entry, attempts: entry.attempts + 1, repeats: entry.repeats + (isRepeat ? 1 : 0) };
  const busy = new Map(work.state.busy).set(lane, { key: entry.key, part: entry.next });
  const { stopped } = work.state;
  const looked = stopped === undefined ? {} : { stopped: { ...stopped, lookAtMs: nowMs + LOOK_MS } };
  const state = { ...work.state, ...looked, busy, pacing: turn.pacing };
  const begun = emit(put({ ...work, state }, sending), { do: "send", entry: sending, waitMs: turn.waitMs });
  return isRepeat ? count(begun, "replies_repeated_total", entry.account) : begun;
}

/** When the alarm must ring at the latest, or undefined when nothing is kept. Behind every call stands one: its incarnation may die. */
export function wakeAtMs(state: Outbox, nowMs: number): number | undefined {
  const shelf = Shelf.of(state.entries);
  const leaseAtMs = state.busy.size > 0 ? nowMs + LEASE_MS : Number.POSITIVE_INFINITY;
  const atMs = Math.min(leaseAtMs, timeAtMs(state, shelf, nowMs), turnOfNextMs(state, shelf));
  return Number.isFinite(atMs) ? Math.max(atMs, nowMs) : undefined;
}

function timeAtMs(state: Outbox, shelf: Shelf, nowMs: number): number {
  let goesAtMs = Number.POSITIVE_INFINITY;
  for (const entry of shelf.timers()) {
    if (isUnderWay(state, entry)) continue;
    if (entry.isTold !== true) return Math.min(goesAtMs, timerAtMs(entry));
    // Nobody waits for that, and no alarm is brought nearer for it.
    goesAtMs = Math.min(goesAtMs, Math.max(timerAtMs(entry), nowMs + LEASE_MS));
  }
  return goesAtMs;
}

function turnOfNextMs(state: Outbox, shelf: Shelf): number {
  for (const head of shelf.turns()) if (!state.busy.has(laneOf(head.chat) ?? "")) return Math.max(turnAtMs(head), mayGoAtMs(state));
  return Number.POSITIVE_INFINITY;
}
