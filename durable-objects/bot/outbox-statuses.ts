/**
 * What the platform tells later about the parts it took. A status can come before the answer to its own call, or instead of one:
 * then it is what says that the part was taken, and under which id.
 */
import { backoffMs } from "../../src/core/backoff.ts";
import type { DeliveryStatus } from "../../src/core/delivery-status.ts";
import { isOurNote } from "./note.ts";
import { type Entry, isTaken, lengthOf, RETRY, type StatusEvent } from "./outbox-state.ts";
import { count, die, emit, end, outside, put, take, type Work } from "./outbox-work.ts";
import type { Shelf } from "./shelf.ts";
import { withoutTemplate } from "./templates.ts";

/** Of an id whose message failed: it is still known, so that its statuses are not taken for those of the part that was sent anew. */
const NO_PART = -1;

export function told(work: Work, event: StatusEvent): Work {
  const { status } = event;
  const known = work.state.entries.withId(status.messageId);
  if (known !== undefined) return known.end === undefined ? applied(work, known, event) : late(work, event);
  const meant = meantBy(work.state.entries, status);
  if (meant === undefined) return late(work, event);
  const taken = take(work, meant, status.messageId, event.nowMs);
  const entry = taken.state.entries.get(meant.key);
  return entry === undefined ? taken : applied(taken, entry, event);
}

/** The part that is under way, or was when its answer got lost. Not where an earlier part has calls that could be meant as well. */
function meantBy(entries: Shelf, { note }: DeliveryStatus): Entry | undefined {
  const entry = note === undefined || !isOurNote(note) ? undefined : entries.withNote(note);
  return entry?.strays === 0 ? entry : undefined;
}

function applied(work: Work, entry: Entry, event: StatusEvent): Work {
  const { status, nowMs } = event;
  const part = entry.sent.find(({ id }) => id === status.messageId)?.part ?? NO_PART;
  if (part === NO_PART) return work;
  if (status.status === "failed") return status.participant === undefined ? failed(work, entry, part, event) : work;
  const isArrived = status.status !== "sent" && isTaken(entry) && part === lengthOf(entry) - 1;
  return isArrived
    ? end(work, entry, { state: "answered", outcome: entry.templateAt === undefined ? "delivered" : "template" }, nowMs)
    : work;
}

/** Nobody got it. The last part can still be sent anew, once, or give way to the template; what stands before others cannot. */
function failed(before: Work, entry: Entry, part: number, event: StatusEvent): Work {
  const work = entry.templateAt === part ? unsent(before, entry) : before;
  const { nowMs, verdict } = event;
  const detail = errorOf(event.status);
  const sent = entry.sent.map((one) => (one.part === part ? { ...one, part: NO_PART } : one));
  const back: Entry = { ...entry, next: part, sent, detail };
  const isLast = isTaken(entry) && part === entry.next - 1;
  if (isLast && verdict?.kind === "template") {
    return outside(work, back, detail, event);
  }
  const canResend = isLast && !entry.isResent && (verdict?.kind === "wait" || verdict?.kind === "retry");
  if (!canResend) return die(work, entry, { reason: reasonOf(event), detail }, nowMs);
  const waitMs = verdict.kind === "wait" ? verdict.retryAfterMs : backoffMs(RETRY, 1, event.dice);
  const again: Entry = { ...back, isResent: true, repeats: entry.repeats + 1, notBeforeMs: nowMs + waitMs };
  return count(put(work, again), "replies_repeated_total", entry.account);
}

const unsent = (work: Work, entry: Entry): Work => ({
  ...work,
  state: { ...work.state, templates: withoutTemplate(work.state.templates, entry) },
});

const reasonOf = ({ verdict }: StatusEvent): string => (verdict?.kind === "template" ? "outside the window" : "undelivered");

const errorOf = ({ error }: DeliveryStatus): string =>
  error === undefined ? "the platform gave no reason" : `${error.code} ${error.detail}`;

/** The end of an answer is for good; what comes after it is for whoever reads the log. */
const late = (work: Work, { account, status }: StatusEvent): Work =>
  status.status === "failed" && status.participant === undefined && isOurNote(status.note)
    ? emit(work, { do: "undelivered", account, status })
    : work;
