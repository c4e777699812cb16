/**
 * How an instance that is back is spared: from a tenth of what it may get a second to all of it, linearly, as a token bucket whose rate
 * grows. Who finds no token is told when one will be there, each a little later than the one before, so that they do not all come again
 * at once. A pure value; afterwards there is nothing to keep.
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/slow_start
 */
export interface RampRule {
  readonly rampMs: number;
  /** At its end. */
  readonly perSecond: number;
}

export interface Ramp {
  readonly sinceMs: number;
  readonly tokens: number;
  readonly atMs: number;
  /** The time that the last one without a token was told. */
  readonly toldMs: number;
}

/** Share of the rate at its start. */
const START = 0.1;
/** See `token-bucket.ts`. */
const ROUNDING = 1e-9;

export const startRamp = (sinceMs: number): Ramp => ({ sinceMs, tokens: 1, atMs: sinceMs, toldMs: sinceMs });

/** From 0.1 to 1; 1 from the end of the ramp on. */
export function shareAt(sinceMs: number, { rampMs }: RampRule, nowMs: number): number {
  const elapsedMs = Math.max(0, nowMs - sinceMs);
  return elapsedMs >= rampMs ? 1 : START + ((1 - START) * elapsedMs) / rampMs;
}

/** Takes one token, or says when to come again; never more in store than a second's worth. A clock that went back gives nothing away. */
export function takeRamped(before: Ramp, rule: RampRule, nowMs: number): { readonly ramp: Ramp; readonly waitMs: number } {
  const ramp = before.atMs <= nowMs ? before : { ...before, atMs: nowMs, toldMs: nowMs };
  const rateAt = (atMs: number): number => rule.perSecond * shareAt(ramp.sinceMs, rule, atMs);
  const earned = ((rateAt(ramp.atMs) + rateAt(nowMs)) / 2) * ((nowMs - ramp.atMs) / 1000);
  const tokens = Math.min(Math.max(1, rateAt(nowMs)), ramp.tokens + earned);
  const next = { ...ramp, atMs: nowMs };
  if (tokens >= 1 - ROUNDING) return { ramp: { ...next, tokens: Math.max(0, tokens - 1) }, waitMs: 0 };
  const fromMs = Math.max(nowMs, ramp.toldMs);
  const toldMs = fromMs + 1000 / rateAt(fromMs);
  return { ramp: { ...next, tokens, toldMs }, waitMs: Math.ceil(toldMs - nowMs) };
}
