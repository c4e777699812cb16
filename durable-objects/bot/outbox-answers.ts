/** What follows from the platform's answer to a part, as its channel reads it. */
import type { SendVerdict } from "../../src/channels/outgoing.ts";
import { backoffMs } from "../../src/core/backoff.ts";
import { holdBack } from "../../src/core/pacing.ts";
import {
  type AnsweredEvent,
  CONFIRM_MS,
  DOUBT_WAIT_MS,
  type Entry,
  LOOK_MS,
  MAX_DOUBTS,
  MAX_REFUSALS,
  MAX_STOPS,
  type Moment,
  RETRY,
} from "./outbox-state.ts";
import { count, die, emit, outside, put, resume, take, type Work } from "./outbox-work.ts";
import { laneOf } from "./threads.ts";

export function answered(work: Work, event: AnsweredEvent): Work {
  const { key, part, answer, nowMs } = event;
  const freed = free(work, key, part);
  const entry = work.state.entries.get(key);
  if (entry === undefined || entry.end !== undefined) return freed;
  const isLate = entry.next !== part || entry.attempts === 0;
  if (isLate) return answer.kind === "taken" ? alsoKnownAs(freed, entry, part, answer.id) : freed;
  switch (answer.kind) {
    case "taken":
      return take(resume(freed, entry.account), entry, answer.id, nowMs);
    case "refused":
      if (answer.verdict.kind === "doubt") return doubted(freed, entry, answer.verdict.detail, nowMs);
      return refused(isAboutAccount(answer.verdict) ? freed : resume(freed, entry.account), entry, answer.verdict, event);
    case "unanswered":
      return doubted(freed, entry, answer.detail, nowMs);
  }
}

type Refusal = Exclude<SendVerdict, { readonly kind: "doubt" }>;

/** While these last, nothing says that the account may speak again. */
const isAboutAccount = (verdict: Refusal): boolean => verdict.kind === "stop" || verdict.kind === "retry";

/** Also for an answer that is gone: a status can have ended it, and its conversation been told, while the call was still out. */
/** Also when a status was faster, and the answer has ended and gone meanwhile. */
function free(work: Work, key: string, part: number): Work {
  const mine = [...work.state.busy].find(([, under]) => under.key === key && under.part === part);
  if (mine === undefined) return work;
  const busy = new Map(work.state.busy);
  busy.delete(mine[0]);
  return { ...work, state: { ...work.state, busy } };
}

/** A status told an id before the answer did; the answer's own may be another one, of a repetition. */
function alsoKnownAs(work: Work, entry: Entry, part: number, id: string | undefined): Work {
  if (id === undefined || entry.sent.some((sent) => sent.id === id)) return work;
  return put(work, { ...entry, sent: [...entry.sent, { part, id }] });
}

/** Repeated once. After the second silence only a status can save it: to send it a third time would be to hope. */
function doubted(work: Work, entry: Entry, detail: string, nowMs: number): Work {
  const doubts = entry.doubts + 1;
  const waitMs = doubts < MAX_DOUBTS ? DOUBT_WAIT_MS : CONFIRM_MS;
  return put(work, { ...entry, doubts, detail, notBeforeMs: nowMs + waitMs });
}

function refused(work: Work, before: Entry, verdict: Refusal, at: Moment): Work {
  const { nowMs } = at;
  const { detail } = verdict;
  // A repetition that was refused did not repeat anything.
  const repeats = before.attempts > 1 ? before.repeats - 1 : before.repeats;
  const entry = { ...before, attempts: before.attempts - 1, refusals: before.refusals + 1, repeats, detail };
  switch (verdict.kind) {
    case "wait":
      return put(slowed(work, entry, verdict, at), { ...entry, notBeforeMs: nowMs + verdict.retryAfterMs });
    case "retry":
      if (entry.refusals >= MAX_REFUSALS) return die(work, entry, { reason: "undelivered", detail }, nowMs);
      return put(work, { ...entry, notBeforeMs: nowMs + backoffMs(RETRY, entry.refusals, at.dice) });
    case "stop":
      return stop(work, entry, detail, nowMs);
    case "template":
      return outside(work, entry, detail, at);
    case "give-up":
      return die(work, entry, { reason: "undelivered", detail }, nowMs);
  }
}

/** Everything the bot says waits with it, also what does not pass through the outbox. */
function slowed(work: Work, entry: Entry, wait: Extract<SendVerdict, { kind: "wait" }>, { nowMs, speech }: Moment): Work {
  if (speech === undefined) return work;
  const turn = { pace: speech.pace(entry.chat), ...(wait.scope === "chat" ? { chat: laneOf(entry.chat) } : {}) };
  const pacing = holdBack(work.state.pacing, turn, wait.retryAfterMs, nowMs);
  return count({ ...work, state: { ...work.state, pacing } }, "egress_held_back_total", entry.account);
}

/**
 * The account waits, and this answer behind all others: the next look is another one's. Where the platform took something of others
 * since it last refused this one so, it is about this answer and not about the account: from then on it waits alone, and not for ever.
 */
function stop(work: Work, entry: Entry, detail: string, nowMs: number): Work {
  const isShown = entry.stoppedAtMs !== undefined && (work.state.provenAtMs ?? 0) >= entry.stoppedAtMs;
  const stops = isShown ? (entry.stops ?? 1) + 1 : (entry.stops ?? 1);
  if (stops >= MAX_STOPS) return die(work, entry, { reason: "undelivered", detail }, nowMs);
  const behind = put(work, { ...entry, stops, stoppedAtMs: nowMs, notBeforeMs: nowMs + LOOK_MS });
  if (stops > 1) return behind;
  const next = { ...behind, state: { ...behind.state, stopped: { detail, lookAtMs: nowMs + LOOK_MS } } };
  return work.state.stopped === undefined ? emit(next, { do: "stopped", account: entry.account, detail }) : next;
}
