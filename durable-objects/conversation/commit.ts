/** Keeping a message: duplicate, full, limited, or stored at the end of the queue. The 2xx to the platform rests on this step. */
import type { Commit, OnLimit } from "../../src/core/commit.ts";
import { refName } from "../../src/core/conversation-ref.ts";
import { advance } from "./deliver.ts";
import type { Moment } from "./hold.ts";
import { admit } from "./limits.ts";
import { firstIn } from "./look-up.ts";
import { move } from "./moving.ts";
import { andThen, type Effect, type Ending, type Entry, isNew, type State, type Step, still } from "./state.ts";
import { TIER_REST_MS, tierOf, withTier } from "./tiers.ts";

/** Past these the platform keeps the chat's queue for us; it does so for a day or more. */
export const MAX_QUEUED = 1000;
export const MAX_QUEUED_BYTES = 16 * 1024 * 1024;
const FULL_RETRY_MS = 5000;
/** One notice about a limit per conversation and window. */
const NOTICE_WINDOW_MS = 60_000;

export interface CommitEvent extends Moment {
  readonly type: "commit";
  readonly commit: Commit;
  /** Sequence number under which the key was seen before. */
  readonly knownAs?: number;
}

export function commit(state: State, event: CommitEvent): Step {
  // First: a redelivery of what was kept here before the move must not become new over there.
  if (event.knownAs !== undefined) return { ...still(state), reply: { state: "duplicate", seq: event.knownAs } };
  if (state.movedTo !== undefined) return { ...still(state), reply: { state: "moved", to: state.movedTo } };
  if (event.commit.continues !== undefined && isNew(state)) return { ...still(state), reply: { state: "continues" } };
  if (state.queue.length >= MAX_QUEUED || state.queuedBytes + event.commit.body.byteLength > MAX_QUEUED_BYTES) {
    return { ...still(state), reply: { state: "full", retryAfterMs: FULL_RETRY_MS } };
  }
  const admission = admit(state, event.commit.limits, { sender: event.commit.senderId ?? "", atMs: event.nowMs });
  if (admission.refusedBy !== undefined) return followed(endAtOnce(admission.state, event, "limited", admission.refusedBy), event);
  if ((event.commit.expiresAtMs ?? Number.POSITIVE_INFINITY) <= event.nowMs)
    return followed(endAtOnce(admission.state, event, "expired"), event);
  const stored = andThen(store(admission.state, event, event.nowMs + admission.waitMs), (next) => advance(next, event));
  return followed(stored, event);
}

/** Whatever becomes of the message itself, the platform says only once that its chat moved. */
function followed(step: Step, event: CommitEvent): Step {
  const { movedTo, ref } = event.commit;
  return movedTo === undefined ? step : andThen(step, (next) => move(next, movedTo, refName(ref)));
}

function store(state: State, event: CommitEvent, dueAtMs: number): Step {
  const pool = event.commit.keepsPool === true ? (keptPool(state, event) ?? event.commit.pool) : event.commit.pool;
  const entry: Entry = {
    ...entryOf(event, state.nextSeq, dueAtMs),
    pool,
    ...tierOf(state, pool, event),
    ...firstIn(state, pool, event),
  };
  const next = {
    ...withTier(state, entry),
    lastPool: event.commit.isOverheard === true ? state.lastPool : pool,
    nextSeq: entry.seq + 1,
    queue: [...state.queue, entry],
    queuedBytes: state.queuedBytes + entry.bytes,
  };
  return { state: next, writes: [{ row: "insert", entry, commit: event.commit }], effects: [], reply: { state: "stored", seq: entry.seq } };
}

/**
 * A conversation can hold several accounts of one person: what one of them may enter is not open to the others by that. To a tie-break
 * it has begun anew when its gateway's session has.
 */
function keptPool(state: State, { commit, rules, nowMs }: CommitEvent): string | undefined {
  const { lastPool, quietSinceMs = nowMs } = state;
  const isQuiet = state.queue.length === 0 && state.replying.length === 0 && nowMs - quietSinceMs >= TIER_REST_MS;
  const isAnew = commit.isTieBreak === true && isQuiet;
  return !isAnew && lastPool !== undefined && rules.reach[commit.account]?.includes(lastPool) === true ? lastPool : undefined;
}

/** A message that ends where it begins still has a row: its key is known, and its state can be counted after a restart. */
function endAtOnce(state: State, event: CommitEvent, how: "limited" | "expired", onLimit?: OnLimit): Step {
  const entry = entryOf(event, state.nextSeq, event.nowMs);
  const ending: Ending = { seq: entry.seq, entry, state: how, outcome: how, atMs: event.nowMs };
  const notices = onLimit === "notify" && isNoticeDue(state, event.nowMs);
  const effects: readonly Effect[] = [{ do: "ended", ending }, ...(notices ? [{ do: "notice", entry, notice: "limited" } as const] : [])];
  const noticed = notices ? { noticedAtMs: event.nowMs } : {};
  return {
    state: { ...state, nextSeq: entry.seq + 1, ...noticed },
    writes: [{ row: "insert", entry, commit: event.commit, ending }],
    effects,
    reply: { state: how, seq: entry.seq },
  };
}

const isNoticeDue = (state: State, nowMs: number): boolean => nowMs - (state.noticedAtMs ?? Number.NEGATIVE_INFINITY) >= NOTICE_WINDOW_MS;

function entryOf(event: CommitEvent, seq: number, dueAtMs: number): Entry {
  const { commit: asked } = event;
  return {
    seq,
    key: asked.key,
    messageId: asked.messageId,
    account: asked.account,
    kind: asked.kind,
    chat: asked.chat,
    pool: asked.pool,
    rule: asked.rule,
    trace: asked.trace,
    traceId: asked.traceId,
    bytes: asked.body.byteLength,
    arrivedAtMs: asked.arrivedAtMs,
    committedAtMs: event.nowMs,
    expiresAtMs: asked.expiresAtMs,
    dueAtMs,
    tries: 0,
    reached: 0,
    isReplay: false,
    isOverheard: asked.isOverheard === true,
  };
}
