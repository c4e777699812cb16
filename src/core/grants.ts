/** Conversations an instance was given: all of them, and those of the last minutes, in one small bucket per minute. */
export interface Grants {
  readonly total: number;
  /** 0 when there never was one. */
  readonly lastAtMs: number;
  /** Oldest first; minutes without a grant have no bucket. */
  readonly minutes: readonly { readonly minute: number; readonly count: number }[];
}

const MINUTE_MS = 60_000;
/** What "lately" means to the least-loaded strategy. */
const LATELY_MINUTES = 5;

export const NO_GRANTS: Grants = { total: 0, lastAtMs: 0, minutes: [] };

export function grant(grants: Grants, nowMs: number): Grants {
  const minute = Math.floor(nowMs / MINUTE_MS);
  const kept = recent(grants, nowMs).filter((bucket) => bucket.minute !== minute);
  const count = grants.minutes.find((bucket) => bucket.minute === minute)?.count ?? 0;
  return { total: grants.total + 1, lastAtMs: nowMs, minutes: [...kept, { minute, count: count + 1 }] };
}

/** Grants of the current minute and the four before it. */
export const grantsLately = (grants: Grants, nowMs: number): number => recent(grants, nowMs).reduce((sum, bucket) => sum + bucket.count, 0);

const recent = (grants: Grants, nowMs: number): Grants["minutes"] =>
  grants.minutes.filter((bucket) => bucket.minute > Math.floor(nowMs / MINUTE_MS) - LATELY_MINUTES);
