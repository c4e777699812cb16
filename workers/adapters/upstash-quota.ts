/**
 * Quotas kept by Upstash Redis through its rate limiter's token bucket. It throws when Upstash does not answer properly: the
 * guard in `quota-guard.ts` turns that into the policy's verdict.
 */
import { Ratelimit } from "@upstash/ratelimit";
import type { Redis } from "@upstash/redis";
import type { BucketRule } from "../../src/core/token-bucket.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Quota } from "../../src/ports/quota.ts";
import { type UpstashAccess, upstashScripts } from "./upstash-scripts.ts";

const MINUTE_MS = 60_000;
const KEY_PREFIX = "clawedge:quota";

/** Rules come from the routes document; an isolate that saw this many of them forgets the one built first. */
const MAX_RULES = 256;

/** Refills more often than this are put together, so that rounding to whole milliseconds stays below half a per cent. */
const MIN_INTERVAL_MS = 100;

export interface UpstashRefill {
  readonly tokens: number;
  readonly intervalMs: number;
}

/**
 * The rule as Upstash's bucket counts it: `tokens` at once every `intervalMs`. Never more tokens than the burst, or what does
 * not fit would be lost. Its first refill counts from the bucket's last one, so it may come up to one interval early.
 */
export function refillOf({ perMinute, burst }: BucketRule): UpstashRefill {
  const tokens = Math.min(burst, Math.max(1, Math.ceil((MIN_INTERVAL_MS * perMinute) / MINUTE_MS)));
  return { tokens, intervalMs: Math.max(1, Math.round((tokens * MINUTE_MS) / perMinute)) };
}

/** Build it once per isolate: limiters, and the memory of who is blocked until when, are kept per rule. */
export function upstashQuota(access: UpstashAccess, clock: Clock): Quota {
  const redis = upstashScripts(access);
  const limiters = new Map<string, Ratelimit>();

  const limiterFor = (rule: BucketRule): Ratelimit => {
    const key = `${rule.perMinute}/${rule.burst}`;
    const known = limiters.get(key);
    if (known !== undefined) return known;
    const built = limiterOf(redis, rule);
    const [oldest] = limiters.keys();
    if (oldest !== undefined && limiters.size >= MAX_RULES) limiters.delete(oldest);
    limiters.set(key, built);
    return built;
  };

  return {
    take: async (name, rule) => {
      const { success, reset } = await limiterFor(rule).limit(name);
      return success ? { isAllowed: true } : { isAllowed: false, retryAfterMs: Math.max(1, reset - clock.nowMs()) };
    },
  };
}

/**
 * The ephemeral cache refuses a blocked name without asking until its next refill, before which Redis would refuse it too. It
 * holds one entry per name of the routes document. `timeout: 0`: the library's own time-out would admit without saying so.
 */
function limiterOf(redis: Redis, rule: BucketRule): Ratelimit {
  const { tokens, intervalMs } = refillOf(rule);
  return new Ratelimit({
    redis,
    limiter: Ratelimit.tokenBucket(tokens, `${intervalMs} ms`, rule.burst),
    prefix: KEY_PREFIX,
    ephemeralCache: new Map(),
    timeout: 0,
    analytics: false,
    enableTelemetry: false,
  });
}
