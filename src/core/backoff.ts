/** Exponential backoff with jitter, as a value. `dice` is in [0, 1). */
export interface BackoffRule {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** Wait before try number `tries + 1` after `tries` failures (>= 1): base * 2^(tries-1), capped, then +-25 %. */
export function backoffMs(rule: BackoffRule, tries: number, dice: number): number {
  const exponential = Math.min(rule.maxMs, rule.baseMs * 2 ** Math.min(20, Math.max(0, tries - 1)));
  return Math.round(exponential * (0.75 + dice / 2));
}
