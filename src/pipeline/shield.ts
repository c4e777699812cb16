/**
 * The flood shield, in the memory of one isolate: a token bucket per source that only failed verifications empty. It never
 * hashes, and a source that only ever sends genuine deliveries is not even remembered.
 */
import { type Bucket, type BucketRule, fullBucket, refill, takeToken } from "../core/token-bucket.ts";
import type { Shield } from "../ports/shield.ts";

/** Failed verifications a source may cause before it is refused unheard. */
export const SHIELD_RULE: BucketRule = { perMinute: 30, burst: 10 };

/** About 1 MB. A flood from more sources than this pushes the oldest out: they start again with a full bucket. */
export const SHIELD_MAX_SOURCES = 10_000;

export interface ShieldOptions {
  readonly rule?: BucketRule;
  readonly maxSources?: number;
}

export function createShield(options: ShieldOptions = {}): Shield {
  const rule = options.rule ?? SHIELD_RULE;
  const maxSources = options.maxSources ?? SHIELD_MAX_SOURCES;
  /** A Map keeps the order of insertion, so its first key is the source that was charged longest ago. */
  const buckets = new Map<string, Bucket>();

  return {
    isQuiet: () => buckets.size === 0,

    refuses: (source, nowMs) => {
      const bucket = buckets.get(source);
      if (bucket === undefined) return undefined;
      const { isAllowed, waitMs } = takeToken(bucket, rule, nowMs);
      if (!isAllowed) return waitMs;
      if (refill(bucket, rule, nowMs).tokens >= rule.burst) buckets.delete(source);
      return undefined;
    },

    charge: (source, nowMs) => {
      const charged = takeToken(buckets.get(source) ?? fullBucket(rule, nowMs), rule, nowMs).bucket;
      buckets.delete(source);
      buckets.set(source, charged);
      if (buckets.size > maxSources) dropOldest(buckets);
    },
  };
}

function dropOldest(buckets: Map<string, Bucket>): void {
  for (const oldest of buckets.keys()) {
    buckets.delete(oldest);
    return;
  }
}
