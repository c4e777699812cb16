/**
 * Passive health as a pure value: `maxFails` failures within `failTimeoutMs` eject for `failTimeoutMs` times the ejections in a row
 * (nginx's thresholds, Envoy's growing time). Afterwards it is eligible again, on probation: one more failure ejects again.
 * @see https://nginx.org/en/docs/http/ngx_http_upstream_module.html#max_fails
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier
 */
export interface EjectionRule {
  readonly maxFails: number;
  readonly failTimeoutMs: number;
}

export interface Failure {
  readonly atMs: number;
  /** Nothing was sent: what a probe can see too, and so can refute. */
  readonly isUnreachable: boolean;
  readonly detail: string;
}

export interface Ejection {
  readonly failures: readonly Failure[];
  readonly inARow: number;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly isRefutable: boolean;
  readonly reason: string;
}

/** Envoy's default `max_ejection_time`; a longer `failTimeoutMs` wins over it. */
const MAX_EJECTION_MS = 300_000;

export const NO_EJECTION: Ejection = { failures: [], inARow: 0, sinceMs: 0, untilMs: 0, isRefutable: false, reason: "" };

export const isEjected = (ejection: Ejection, nowMs: number): boolean => nowMs < ejection.untilMs;

/** After an ejection one failure is enough, for as long again as the ejection was; then the past is forgotten. */
export const isOnProbation = ({ inARow, sinceMs, untilMs }: Ejection, nowMs: number): boolean =>
  inARow > 0 && nowMs < untilMs + (untilMs - sinceMs);

/** It failed something of late, and took nothing since. */
export const hasFailed = ({ failures, inARow, untilMs }: Ejection, nowMs: number): boolean =>
  [...failures.map(({ atMs }) => atMs), ...(inARow > 0 ? [untilMs] : [])].some((atMs) => nowMs < atMs + MAX_EJECTION_MS);

/** Failures of conversations that are still pinned to an ejected instance do not lengthen the ejection. */
export function recordFailure(ejection: Ejection, rule: EjectionRule, failure: Failure): Ejection {
  if (isEjected(ejection, failure.atMs)) return ejection;
  const recent = [...ejection.failures.filter((past) => failure.atMs - past.atMs < rule.failTimeoutMs), failure];
  const isAgain = isOnProbation(ejection, failure.atMs);
  const inARow = isAgain ? ejection.inARow : 0;
  if (!isAgain && recent.length < rule.maxFails) return { ...ejection, inARow, failures: recent };
  return {
    failures: [],
    inARow: inARow + 1,
    sinceMs: failure.atMs,
    untilMs: failure.atMs + Math.min(Math.max(MAX_EJECTION_MS, rule.failTimeoutMs), rule.failTimeoutMs * (inARow + 1)),
    isRefutable: recent.every((past) => past.isUnreachable),
    reason: `${recent.length} failed deliveries, the last: ${failure.detail}`,
  };
}

/** A delivery that ended well forgets the failures. It does not shorten an ejection: others failed within the same seconds. */
export function recordSuccess(ejection: Ejection): Ejection {
  return ejection.failures.length === 0 && ejection.inARow === 0 ? ejection : { ...ejection, failures: [], inARow: 0 };
}

/**
 * A good probe lifts an ejection only when every failure behind it was one that probes see as well (nobody to connect to). An
 * instance that answers probes and fails deliveries stays out for its time: its probes were good all along.
 */
export function refuteBy(ejection: Ejection, nowMs: number): Ejection {
  return isEjected(ejection, nowMs) && ejection.isRefutable ? NO_EJECTION : ejection;
}
