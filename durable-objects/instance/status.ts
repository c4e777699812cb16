/** The state of an instance in the words of those who ask: strategies (status) and operators (details). */
import { isEjected } from "../../src/core/ejection.ts";
import { type RampRule, shareAt } from "../../src/core/ramp.ts";
import type { InstanceStatus } from "../../src/ports/instances.ts";
import { healthOf, pinsLately, type State } from "./machine.ts";
import type { PollerDetails } from "./poller.ts";
import type { ProbeReport } from "./probe.ts";
import { refusalsNow, wordsOfRefusal } from "./refusals.ts";

export interface InstanceDetails extends InstanceStatus {
  /** Why it is not healthy, and whose messages it refuses; empty when it is well. */
  readonly reason: string;
  /** 0 when it never was otherwise. */
  readonly healthSinceMs: number;
  readonly drainingSinceMs?: number;
  /** Since when the instance itself says that it drains or is suspended. */
  readonly leavingSinceMs?: number;
  readonly ejectedUntilMs?: number;
  readonly ejectionsInARow: number;
  /** Undefined until this incarnation of the object has probed. */
  readonly lastProbe?: ProbeReport & { readonly atMs: number };
  /** One for each account it polls for. */
  readonly pollers: readonly PollerDetails[];
}

/** `ramp`: how it is spared once it is back; undefined while no document says so. */
export function statusOf(state: State, ramp: RampRule | undefined, nowMs: number): InstanceStatus {
  const { isHealthy, isDraining, isDoubted } = healthOf(state, nowMs);
  const refuses = Object.keys(refusalsNow(state.refusals, nowMs));
  const share = ramp === undefined || state.backSinceMs === undefined ? 1 : shareAt(state.backSinceMs, ramp, nowMs);
  return {
    name: state.name,
    isHealthy,
    isDraining,
    ...(isDoubted ? { isDoubted } : {}),
    ...(refuses.length > 0 ? { refuses } : {}),
    ...(isHealthy && share < 1 ? { share: Math.round(share * 100) / 100 } : {}),
    pinsLately: pinsLately(state, nowMs),
    pinsTotal: state.grants.total,
    lastPinAtMs: state.grants.lastAtMs,
  };
}

export interface Seen {
  readonly ramp: RampRule | undefined;
  readonly lastProbe: InstanceDetails["lastProbe"] | undefined;
  readonly pollers: readonly PollerDetails[];
}

export function detailsOf(state: State, { ramp, lastProbe, pollers }: Seen, nowMs: number): InstanceDetails {
  const refusals = refusalsNow(state.refusals, nowMs);
  const reasons = [healthOf(state, nowMs).reason, ...Object.keys(refusals).map((account) => wordsOfRefusal(account, refusals))];
  return {
    pollers,
    ...statusOf(state, ramp, nowMs),
    reason: reasons.filter((each) => each !== "").join("; "),
    healthSinceMs: state.told.healthSinceMs,
    ejectionsInARow: state.ejection.inARow,
    ...(state.drainingSinceMs === undefined ? {} : { drainingSinceMs: state.drainingSinceMs }),
    ...(state.leavingSinceMs === undefined ? {} : { leavingSinceMs: state.leavingSinceMs }),
    ...(isEjected(state.ejection, nowMs) ? { ejectedUntilMs: state.ejection.untilMs } : {}),
    ...(lastProbe === undefined ? {} : { lastProbe }),
  };
}
