/**
 * The outbox machine: agents' answers on their way to people. State and event in, state, rows and effects out; no clock, no dice,
 * no I/O. One part at a time in a chat, chats beside each other.
 *
 *   keep ─► part ─► sending ─► taken ─┬─► next part …
 *             ▲        │              └─► waits for a status ─► ended ─► told, and its row goes
 *             └────────┘ refused or unanswered: later, by alarm
 *
 * A row says that a part is being sent before the call leaves: a part that was under way when the object died is sent once more.
 */
import { backoffMs } from "../../src/core/backoff.ts";
import { reserveTurn } from "../../src/core/pacing.ts";
import type { ReplyVerdict } from "../../src/ports/bots.ts";
import { answered } from "./outbox-answers.ts";
import {
  CONFIRM_MS,
  type Entry,
  isTaken,
  type KeepEvent,
  LEASE_MS,
  LOOK_MS,
  MAX_AGE_MS,
  MAX_AWAKE_MS,
  MAX_DOUBTS,
  MAX_MARKS,
  type Moment,
  type Outbox,
  type OutboxEvent,
  type OutboxStep,
  TELL_AGAIN,
  UNREADY_MS,
} from "./outbox-state.ts";
import { told } from "./outbox-statuses.ts";
import { begin, count, die, emit, end, finish, hold, outside, put, type Work } from "./outbox-work.ts";
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
      return finish(advance(wake(begin(state), event.nowMs, event.dice), event));
    case "told":
      return finish(forget(begin(state), event.key));
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
  const { key, ref, seq, chat, askedAtMs } = event.reply;
  if (verdictOf(state, key) !== undefined) return finish(begin(state));
  const facts = { key, account, ref, seq, chat, askedAtMs, keptAtMs: nowMs, total: parts.length };
  const untried = { next: 0, attempts: 0, refusals: 0, doubts: 0, strays: 0, repeats: 0, isResent: false, sent: [], takenAtMs: 0 };
  const entry: Entry = { ...facts, ...untried, notBeforeMs: 0, tells: 0, tellAtMs: 0 };
  return finish(advance(put(begin(state), entry), event), { key, parts });
}

/** Whatever time brings about: answers that nobody said more of, and conversations that could not be told. */
function wake(work: Work, nowMs: number, dice: number): Work {
  let next = work;
  for (const entry of work.state.entries.values()) {
    if (entry.end !== undefined && entry.tellAtMs <= nowMs) next = tellAgain(next, entry, nowMs, dice);
    const isConfirmed = entry.end === undefined && isTaken(entry) && entry.takenAtMs + CONFIRM_MS <= nowMs;
    if (isConfirmed) next = end(next, entry, { state: "answered", outcome: entry.templateAt === undefined ? "sent" : "template" }, nowMs);
  }
  return next;
}

function tellAgain(work: Work, entry: Entry, nowMs: number, dice: number): Work {
  const tells = entry.tells + 1;
  const again = { ...entry, tells, tellAtMs: nowMs + backoffMs(TELL_AGAIN, tells, dice) };
  return emit(hold(work, again), { do: "tell", entry: again });
}

/** The conversation knows. A mark stays in memory, for a hand-over that was under way meanwhile. */
function forget(work: Work, key: string): Work {
  const entry = work.state.entries.get(key);
  if (entry?.end === undefined) return work;
  const entries = new Map(work.state.entries);
  entries.delete(key);
  const marks = new Map(work.state.marks).set(key, entry.end);
  const [oldest] = marks.keys();
  if (marks.size > MAX_MARKS && oldest !== undefined) marks.delete(oldest);
  return { ...work, state: { ...work.state, entries, marks }, dirty: new Set(work.dirty).add(key) };
}

/** The first open answer of every lane that is free. One that ends on the spot makes room for the next. */
function advance(work: Work, at: Moment): Work {
  let next = work;
  const taken = new Set(work.state.busy.keys());
  for (const { key } of work.state.entries.values()) {
    const entry = next.state.entries.get(key);
    if (entry === undefined || !isOpen(entry)) continue;
    const lane = laneOf(entry.chat) ?? "";
    if (taken.has(lane)) continue;
    next = proceed(next, entry, at);
    const after = next.state.entries.get(key);
    if (after !== undefined && isOpen(after)) taken.add(lane);
  }
  return next;
}

const isOpen = (entry: Entry): boolean => entry.end === undefined && !isTaken(entry);

function proceed(work: Work, entry: Entry, at: Moment): Work {
  const { nowMs, speech } = at;
  if (entry.notBeforeMs > nowMs) return work;
  if (entry.doubts >= MAX_DOUBTS) {
    return die(work, entry, { reason: "unconfirmed", detail: `the platform did not answer, twice: ${entry.detail ?? ""}` }, nowMs);
  }
  if (entry.keptAtMs + MAX_AGE_MS <= nowMs) {
    const detail = `could not be sent for a day: ${entry.detail ?? work.state.stopped?.detail ?? "the account is not ready"}`;
    return die(work, entry, { reason: "undelivered", detail }, nowMs);
  }
  if (speech === undefined) return hold(work, { ...entry, notBeforeMs: nowMs + UNREADY_MS });
  const isOutside = entry.templateAt === undefined && speech.windowMs !== undefined && entry.askedAtMs + speech.windowMs < nowMs;
  if (!isOutside) return start(work, entry, at);
  const hasTemplate = speech.hasTemplate(entry.chat);
  const turned = outside(work, entry, "the person wrote too long ago", { nowMs, hasTemplate });
  const template = turned.state.entries.get(entry.key);
  return template === undefined || !isOpen(template) ? turned : start(turned, template, at);
}

function start(work: Work, entry: Entry, { nowMs, speech }: Moment): Work {
  const { stopped } = work.state;
  if (speech === undefined || (stopped !== undefined && stopped.lookAtMs > nowMs)) return work;
  const lane = laneOf(entry.chat) ?? "";
  const turn = reserveTurn(work.state.pacing, { chat: lane, pace: speech.pace(entry.chat) }, MAX_AWAKE_MS, nowMs);
  if (!turn.isReserved) return hold(work, { ...entry, notBeforeMs: nowMs + turn.waitMs });

  const isRepeat = entry.attempts > 0;
  const sending: Entry = { ...entry, attempts: entry.attempts + 1, repeats: entry.repeats + (isRepeat ? 1 : 0) };
  const busy = new Map(work.state.busy).set(lane, { key: entry.key, part: entry.next });
  const looked = stopped === undefined ? {} : { stopped: { ...stopped, lookAtMs: nowMs + LOOK_MS } };
  const state = { ...work.state, ...looked, busy, pacing: turn.pacing };
  const begun = emit(put({ ...work, state }, sending), { do: "send", entry: sending, waitMs: turn.waitMs });
  return isRepeat ? count(begun, "replies_repeated_total", entry.account) : begun;
}

/** When the alarm must ring at the latest, or undefined when nothing is kept. */
export function wakeAtMs(state: Outbox, nowMs: number): number | undefined {
  let atMs = Number.POSITIVE_INFINITY;
  const lanes = new Set<string>();
  for (const entry of state.entries.values()) {
    const lane = isOpen(entry) ? (laneOf(entry.chat) ?? "") : undefined;
    if (lane === undefined || !lanes.has(lane)) atMs = Math.min(atMs, dueAtMs(state, entry, nowMs));
    if (lane !== undefined) lanes.add(lane);
  }
  return Number.isFinite(atMs) ? Math.max(atMs, nowMs) : undefined;
}

/** Of open ones the first of a lane is asked: if it could go now and did not, it is under way, and its incarnation may die. */
function dueAtMs({ busy, stopped }: Outbox, entry: Entry, nowMs: number): number {
  if (entry.end !== undefined) return entry.tellAtMs;
  if (isTaken(entry)) return entry.takenAtMs + CONFIRM_MS;
  const dueMs = Math.max(entry.notBeforeMs, stopped?.lookAtMs ?? 0);
  return busy.has(laneOf(entry.chat) ?? "") || dueMs <= nowMs ? nowMs + LEASE_MS : dueMs;
}
