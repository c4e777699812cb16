/**
 * What the edge knows of one instance: probes, pollers, outcomes of deliveries, drain, and the conversations it was given. Pure. Three
 * judges must all be content: probes (is it up?), pollers (does it ask for its messages?) and deliveries (does it take them?); none
 * overrules another, with two exceptions: a probe, or the poller of an instance that is not probed, refutes failures it would have seen itself;
 * and a delivery that it took while probes call it down vouches for it, until one fails. An instance that takes messages is up, whatever its
 * health page says.
 */
import {
  type Ejection,
  type EjectionRule,
  hasFailed,
  isEjected,
  isOnProbation,
  NO_EJECTION,
  recordFailure,
  recordSuccess,
  refuteBy,
} from "../../src/core/ejection.ts";
import { type Grants, grant, grantsLately, NO_GRANTS } from "../../src/core/grants.ts";
import type { LogLine } from "../../src/core/log-line.ts";
import { isSettled, type Outcome, type OutcomeKind } from "../../src/core/outcome.ts";
import { silenceOf } from "./poller.ts";
import { type Refusals, refusalLines, refusalsAfter, refusalsNow } from "./refusals.ts";

export interface ProbeResult {
  /** `draining`: it answers, and says that it is going away. */
  readonly verdict: "up" | "down" | "draining";
  readonly reason: string;
}

export interface Silence {
  readonly accounts: readonly string[];
  /** The last call of any of them; 0: there was none. */
  readonly calledAtMs: number;
}

export interface State {
  readonly name: string;
  readonly isDown: boolean;
  readonly downReason: string;
  /** It took a delivery while it is down, and has failed none since. */
  readonly isVouched?: true | undefined;
  /** Bad probes in a row while it is up; good ones in a row while it is down. Both rest at 0, so that a steady state writes nothing. */
  readonly falls: number;
  readonly rises: number;
  readonly ejection: Ejection;
  /** Nobody asks for messages of any account it takes. */
  readonly silence?: Silence | undefined;
  /** An operator's drain. */
  readonly drainingSinceMs?: number | undefined;
  /** The instance's own: it said that it drains or is suspended. */
  readonly leavingSinceMs?: number | undefined;
  /** Since when it is back, after it was out or draining. */
  readonly backSinceMs?: number | undefined;
  readonly grants: Grants;
  readonly refusals?: Refusals | undefined;
  /** What was last logged, and since when it is so: each change is told once. */
  readonly told: { readonly isHealthy: boolean; readonly isDraining: boolean; readonly healthSinceMs: number };
}

type At<T> = T & { readonly nowMs: number };
export type InstanceEvent = At<
  | { readonly type: "probed"; readonly result: ProbeResult }
  /** `isProbed`: probes ask it too, and judge what they can see themselves. */
  | { readonly type: "polled"; readonly silence: Silence | undefined; readonly isProbed?: boolean }
  | { readonly type: "reported"; readonly outcome: Outcome; readonly rule: EjectionRule; readonly account?: string | undefined }
  | { readonly type: "granted" }
  | { readonly type: "drain" }
  | { readonly type: "undrain" }
>;

/** Without its time. */
export type EventOf<T> = T extends { readonly nowMs: number } ? Omit<T, "nowMs"> : never;

export interface Step {
  readonly state: State;
  readonly log: readonly LogLine[];
}

/** HAProxy's way with defaults of our own: a lost probe is not an outage, a lucky one not a recovery. @see https://docs.haproxy.org/3.0/configuration.html#5.2-fall */
const FALL = 2;
const RISE = 2;
/** While something is wrong or suspected, so that an outage and its end are seen soon. */
const SUSPECT_INTERVAL_MS = 2000;
/** An ejection that a delivery ends sooner was bad luck, not an outage: what waited for it is no crowd. */
const OUTAGE_MS = 10_000;
/** While no configuration can be read there is nobody to probe; look again this often. */
const UNCONFIGURED_MS = 30_000;

/** Never probed counts as healthy: a cold start holds no messages, and the first failures say better. */
export const initialState = (name: string): State => ({
  name,
  isDown: false,
  downReason: "",
  falls: 0,
  rises: 0,
  ejection: NO_EJECTION,
  grants: NO_GRANTS,
  told: { isHealthy: true, isDraining: false, healthSinceMs: 0 },
});

export function step(state: State, event: InstanceEvent): Step {
  const { nowMs } = event;
  const next = apply(state, event);
  // What an event ends, it is back from; that an ejection ran out proves nothing.
  const told = tell(!serves(state, nowMs) && serves(next, nowMs) ? { ...next, backSinceMs: nowMs } : next, nowMs);
  const refused = refusalLines(state.name, refusalsNow(state.refusals, nowMs), refusalsNow(next.refusals, nowMs));
  return { ...told, log: [...told.log, ...refused] };
}

function apply(state: State, event: InstanceEvent): State {
  switch (event.type) {
    case "probed":
      return probed(state, event.result, event.nowMs);
    case "polled":
      return polled(state, event);
    case "reported":
      return reported({ ...state, refusals: refusalsAfter(state.refusals, event) }, event);
    case "granted":
      return { ...state, grants: grant(state.grants, event.nowMs) };
    case "drain":
      return { ...state, drainingSinceMs: state.drainingSinceMs ?? event.nowMs };
    case "undrain":
      return { ...state, drainingSinceMs: undefined };
  }
}

function probed(state: State, { verdict, reason }: ProbeResult, nowMs: number): State {
  if (verdict === "down") return probedDown(state, reason);
  const rises = state.isDown ? state.rises + 1 : 0;
  const isDown = state.isDown && rises < RISE;
  const doubt = isDown ? { isDown, rises } : { isDown, rises: 0, downReason: "", isVouched: undefined };
  const answering: State = { ...state, falls: 0, ...doubt };
  if (verdict === "draining") return { ...answering, leavingSinceMs: state.leavingSinceMs ?? nowMs };
  return { ...answering, leavingSinceMs: undefined, ejection: isDown ? state.ejection : refuteBy(state.ejection, nowMs) };
}

function probedDown(state: State, reason: string): State {
  if (state.isDown) return { ...state, rises: 0, downReason: reason };
  const falls = state.falls + 1;
  return falls < FALL ? { ...state, falls } : { ...state, falls: 0, rises: 0, isDown: true, downReason: reason };
}

/** Of one that is not probed its pollers alone say that somebody is there again, as a good probe does of the others. */
function polled(state: State, { silence, isProbed, nowMs }: Extract<InstanceEvent, { type: "polled" }>): State {
  const isBack = silence === undefined && isProbed !== true;
  return { ...state, silence, ejection: isBack ? refuteBy(state.ejection, nowMs) : state.ejection };
}

/** Only these speak of the instance's health: busy is not broken, and a refusal is about the message or about us. */
const FAILURES: ReadonlySet<OutcomeKind> = new Set(["failed", "unreachable", "unknown"]);

export const isFailure = ({ kind }: Outcome): boolean => FAILURES.has(kind);

function reported(state: State, { outcome, rule, nowMs }: Extract<InstanceEvent, { type: "reported" }>): State {
  if (outcome.isDraining === true) return { ...state, leavingSinceMs: state.leavingSinceMs ?? nowMs };
  if (isSettled(outcome.kind))
    return { ...taken(state, nowMs), ejection: recordSuccess(state.ejection), isVouched: state.isDown || undefined };
  // It answered: nobody was to find out more.
  if (!isFailure(outcome)) return outcome.kind === "busy" ? state : { ...taken(state, nowMs), ejection: { ...state.ejection, inARow: 0 } };
  const failure = { atMs: nowMs, isUnreachable: outcome.kind === "unreachable", detail: outcome.detail };
  return { ...state, isVouched: undefined, ejection: recordFailure(state.ejection, rule, failure) };
}

/** The first that it took since it was ejected. */
function taken(state: State, nowMs: number): State {
  const { inARow, sinceMs } = state.ejection;
  const wasOut = isOnProbation(state.ejection, nowMs) && (inARow > 1 || nowMs - sinceMs >= OUTAGE_MS);
  return wasOut ? { ...state, backSinceMs: nowMs } : state;
}

function serves(state: State, nowMs: number): boolean {
  const { isHealthy, isDraining } = healthOf(state, nowMs);
  return isHealthy && !isDraining;
}

/** Ejected, and it took a delivery since: new conversations stay away for its time, what it has already goes on. */
export const takesAgain = (state: State, nowMs: number): boolean =>
  state.ejection.inARow === 0 && healthOf({ ...state, ejection: NO_EJECTION }, nowMs).isHealthy;

export interface Health {
  readonly isHealthy: boolean;
  readonly isDraining: boolean;
  /** Only probes say that it is not, and no delivery bears them out. */
  readonly isDoubted: boolean;
  /** Why it is not healthy; empty when it is. */
  readonly reason: string;
}

export function healthOf(state: State, nowMs: number): Health {
  const isOut = isEjected(state.ejection, nowMs);
  const isDoubted = state.isDown && state.isVouched !== true;
  const reasons = [
    ...(isDoubted ? [state.downReason] : []),
    ...(state.silence === undefined ? [] : [wordsOf(state.silence, nowMs)]),
    ...(isOut ? [state.ejection.reason] : []),
  ];
  const isDraining = state.drainingSinceMs !== undefined || state.leavingSinceMs !== undefined;
  return {
    isHealthy: reasons.length === 0,
    isDraining,
    isDoubted: isDoubted && reasons.length === 1 && !hasFailed(state.ejection, nowMs),
    reason: reasons.join("; "),
  };
}

const wordsOf = (silence: Silence, nowMs: number): string =>
  `the poller of ${silence.accounts.join(", ")} has not called ${silenceOf(silence, nowMs)}`;

export const pinsLately = (state: State, nowMs: number): number => grantsLately(state.grants, nowMs);

/** When the next probe is due: at the configured pace, sooner while something is wrong or suspected. */
export function probeDelayMs(state: State, intervalMs: number | undefined, nowMs: number): number {
  if (intervalMs === undefined) return UNCONFIGURED_MS;
  const isCalm = !state.isDown && state.falls === 0 && state.leavingSinceMs === undefined && !isEjected(state.ejection, nowMs);
  return isCalm ? intervalMs : Math.min(intervalMs, SUSPECT_INTERVAL_MS);
}

function judgeOf(state: State): string {
  if (state.isDown && state.isVouched !== true) return "probe";
  return state.silence === undefined ? "deliveries" : "silence";
}

/** Somebody who comes now may change what is thought of it. */
export const isInDoubt = (state: State, nowMs: number): boolean => state.silence !== undefined || isEjected(state.ejection, nowMs);

/** Lines for what changed since it was last told; an ejection that ran out is told by the next event. */
function tell(state: State, nowMs: number): Step {
  const { isHealthy, isDraining, reason } = healthOf(state, nowMs);
  const { told, name: instance } = state;
  if (told.isHealthy === isHealthy && told.isDraining === isDraining) return { state, log: [] };
  const by = state.drainingSinceMs === undefined ? "the instance says so" : "an operator's drain";
  const health: LogLine = isHealthy
    ? { level: "info", event: "instance.recovered", instance, reason: "healthy again", outMs: nowMs - told.healthSinceMs }
    : { level: "warn", event: "instance.ejected", instance, reason, by: judgeOf(state) };
  const drain: LogLine = isDraining
    ? { level: "info", event: "instance.draining", instance, reason: by }
    : { level: "info", event: "instance.recovered", instance, reason: "no longer draining" };
  return {
    state: { ...state, told: { isHealthy, isDraining, healthSinceMs: told.isHealthy === isHealthy ? told.healthSinceMs : nowMs } },
    log: [...(told.isHealthy === isHealthy ? [] : [health]), ...(told.isDraining === isDraining ? [] : [drain])],
  };
}
