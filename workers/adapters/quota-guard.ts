/**
 * Stands around a quota backend: an answer within the budget, or the configured policy's. It never throws and never waits
 * longer than the budget; what the backend says afterwards is not heard, although the unit it took stays taken.
 */
import type { Quota, QuotaVerdict } from "../../src/ports/quota.ts";

/** What a backend that is slow or down means: `open` admits, `closed` leaves the message with its platform. */
export type QuotaPolicy = "open" | "closed";

export interface QuotaFailure {
  readonly backend: string;
  readonly reason: "slow" | "failed";
  /** For the log; names and statuses, never a secret. */
  readonly detail: string;
}

export interface QuotaGuard {
  readonly backend: string;
  readonly budgetMs: number;
  readonly policy: QuotaPolicy;
  /** Counts `quota_backend_failures_total` and writes the log. What it throws is dropped. */
  readonly onFailure: (failure: QuotaFailure) => void;
}

/** How long a closed policy asks to wait: long enough for a backend to come back, short enough not to strand a person. */
export const CLOSED_RETRY_MS = 5_000;

const MAX_DETAIL = 200;
const SLOW = Symbol("slow");

export function guardQuota(backend: Quota, guard: QuotaGuard): Quota {
  return {
    take: async (name, rule) => {
      try {
        const verdict = await within(guard.budgetMs, backend.take(name, rule));
        if (verdict !== SLOW) return verdict;
        return byPolicy(guard, { backend: guard.backend, reason: "slow", detail: `no answer within ${guard.budgetMs} ms` });
      } catch (error) {
        return byPolicy(guard, { backend: guard.backend, reason: reasonOf(error), detail: String(error).slice(0, MAX_DETAIL) });
      }
    },
  };
}

/** A backend with a time-out of its own may give up in the same moment. */
const reasonOf = (error: unknown): QuotaFailure["reason"] => (error instanceof Error && error.name === "TimeoutError" ? "slow" : "failed");

async function within<T>(budgetMs: number, answer: Promise<T>): Promise<T | typeof SLOW> {
  const { promise: slow, resolve } = Promise.withResolvers<typeof SLOW>();
  const timer = setTimeout(() => resolve(SLOW), budgetMs);
  try {
    return await Promise.race([answer, slow]);
  } finally {
    clearTimeout(timer);
  }
}

function byPolicy(guard: QuotaGuard, failure: QuotaFailure): QuotaVerdict {
  try {
    guard.onFailure(failure);
  } catch {
    // a metric that cannot be counted costs no message
  }
  return guard.policy === "open" ? { isAllowed: true } : { isAllowed: false, retryAfterMs: CLOSED_RETRY_MS, isUnknown: true };
}
