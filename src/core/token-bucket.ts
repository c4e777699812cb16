/** A token bucket as a pure value: time comes in, tokens and the wait come out. Used for senders, conversations, sends and the flood shield. */
export interface BucketRule {
  readonly perMinute: number;
  readonly burst: number;
}

export interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

const MINUTE_MS = 60_000;

/** Fractions of a token do not add up to the last bit: without this, who waits exactly as told could be refused for want of 1e-16. */
const ROUNDING = 1e-9;

export const fullBucket = (rule: BucketRule, nowMs: number): Bucket => ({ tokens: rule.burst, atMs: nowMs });

export function refill(bucket: Bucket, rule: BucketRule, nowMs: number): Bucket {
  const elapsedMs = Math.max(0, nowMs - bucket.atMs);
  return { tokens: Math.min(rule.burst, bucket.tokens + (elapsedMs * rule.perMinute) / MINUTE_MS), atMs: Math.max(nowMs, bucket.atMs) };
}

/** Takes one token; when there is none the bucket is only refilled and `waitMs` says when the next is there. */
export function takeToken(
  bucket: Bucket,
  rule: BucketRule,
  nowMs: number,
): { readonly bucket: Bucket; readonly isAllowed: boolean; readonly waitMs: number } {
  const now = refill(bucket, rule, nowMs);
  if (now.tokens >= 1 - ROUNDING) return { bucket: { ...now, tokens: Math.max(0, now.tokens - 1) }, isAllowed: true, waitMs: 0 };
  return { bucket: now, isAllowed: false, waitMs: Math.ceil(((1 - now.tokens) * MINUTE_MS) / rule.perMinute) };
}

/**
 * Takes one token on credit: always succeeds, and says how long the holder must wait before it may use it.
 * Waiters get growing waits, so a queue outside the bucket keeps their order.
 */
export function reserveToken(bucket: Bucket, rule: BucketRule, nowMs: number): { readonly bucket: Bucket; readonly waitMs: number } {
  const now = refill(bucket, rule, nowMs);
  const waitMs = now.tokens >= 1 - ROUNDING ? 0 : Math.ceil(((1 - now.tokens) * MINUTE_MS) / rule.perMinute);
  return { bucket: { ...now, tokens: now.tokens - 1 }, waitMs };
}
