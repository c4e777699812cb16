/**
 * What a shard decides: whether a flush is news, whether a quota admits, whether a permit is free, when to purge. It never
 * stores anything: the rows it is shown and the rows it asks for are the storage's.
 */
import { type Bucket, type BucketRule, fullBucket, takeToken } from "../../src/core/token-bucket.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A conversation counts as active for this long after its last flush. */
export const ACTIVE_FOR_MS = HOUR_MS;

/**
 * A conversation that flushed nothing for this long is forgotten, and with it the serial that tells a repeat from news.
 * The price: a flush repeated after more than a month would be counted twice.
 */
export const FORGET_AFTER_MS = 30 * DAY_MS;
/** The longest that a routes document can keep dead letters, and a day: no conversation holds the letter of an older entry. */
export const FORGET_DEAD_AFTER_MS = 366 * DAY_MS;
export const PURGE_BATCH = 500;
const PURGE_PAUSE_MS = 1_000;
/** After a purge that failed. */
export const PURGE_RETRY_MS = HOUR_MS;

/**
 * A quota's row is at most this much older than the bucket in memory. The price: an object that restarts may have forgotten
 * the units taken since, so it admits at most one burst more than the rule; never more, because a bucket never holds more.
 */
export const QUOTA_WRITE_EVERY_MS = 5_000;

/** Serials grow by conversation, so anything not above the last one was counted already. */
export const isNews = (lastSerial: number | undefined, serial: number): boolean => serial > (lastSerial ?? 0);

export interface HeldQuota {
  readonly bucket: Bucket;
  readonly writtenAtMs: number;
}

export interface QuotaTaken {
  readonly held: HeldQuota;
  readonly verdict: { readonly isAllowed: true } | { readonly isAllowed: false; readonly retryAfterMs: number };
  /** The bucket must be written now. */
  readonly isDue: boolean;
}

export interface Take {
  readonly rule: BucketRule;
  readonly nowMs: number;
}

/** A refusal changes nothing that a restart could not work out again, so it is never written. */
export function takeQuota(held: HeldQuota | undefined, { rule, nowMs }: Take): QuotaTaken {
  const { bucket, isAllowed, waitMs } = takeToken(held?.bucket ?? fullBucket(rule, nowMs), rule, nowMs);
  const isDue = isAllowed && (held === undefined || nowMs - held.writtenAtMs >= QUOTA_WRITE_EVERY_MS);
  return {
    held: { bucket, writtenAtMs: isDue || held === undefined ? nowMs : held.writtenAtMs },
    verdict: isAllowed ? { isAllowed } : { isAllowed, retryAfterMs: waitMs },
    isDue,
  };
}

/** `leased`: permits whose lease has not lapsed. */
export const hasFreePermit = (leased: number, limit: number): boolean => leased < limit;

export interface Purged {
  /** Of the table that lost most. */
  readonly rows: number;
  /** When the conversation that has been silent longest was last seen; undefined when none is left. */
  readonly oldestAtMs: number | undefined;
  /** When the oldest dead letter died; undefined when there is none. */
  readonly oldestDeadAtMs?: number | undefined;
  /** When the first answer is worth nothing any more; undefined when none is kept. */
  readonly answerEndsAtMs?: number | undefined;
}

/** When to purge next, or undefined while there is nothing that could grow old. */
export function nextPurgeAtMs({ rows, oldestAtMs, oldestDeadAtMs, answerEndsAtMs }: Purged, nowMs: number): number | undefined {
  if (rows >= PURGE_BATCH) return nowMs + PURGE_PAUSE_MS;
  const silentAtMs = oldestAtMs === undefined ? [] : [oldestAtMs + FORGET_AFTER_MS];
  const deadAtMs = oldestDeadAtMs === undefined ? [] : [oldestDeadAtMs + FORGET_DEAD_AFTER_MS];
  const dueAtMs = [...silentAtMs, ...deadAtMs, ...(answerEndsAtMs === undefined ? [] : [answerEndsAtMs])];
  return dueAtMs.length === 0 ? undefined : notSooner(Math.min(...dueAtMs), nowMs);
}

/** At most one purge a day: what has ended is not read meanwhile. */
export const notSooner = (atMs: number, nowMs: number): number => Math.max(atMs, nowMs + DAY_MS);
