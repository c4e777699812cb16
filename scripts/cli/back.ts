/** The second half of a planned restart: an instance let go on and seen well after its command. Says whether its gateway was restarted at all. */
import type { Call } from "./command.ts";
import type { InstanceAnswer } from "./commands/instance.ts";
import { CliFailure } from "./failure.ts";
import { LEASE_MS, type Lease } from "./lease.ts";
import { type Patience, pause, type ResumeAnswer, resume, showInstance } from "./planned.ts";

export interface Returning {
  readonly instance: string;
  /** Undefined where its gateway was not asked. */
  readonly lease: Lease | undefined;
  /** It need not have been restarted: nothing is waited for that shows it. */
  readonly mayStay: boolean;
}

/** What one good look could be chance is not in two. */
const GOOD_PROBES = 2;
/** Before its end: one that still says then that it drains is asked whether it is still suspended, while it can tell. */
const MARGIN_MS = 30_000;
const POLL_MS = 1000;
const TELL_EVERY = 10;

/**
 * Seen well twice, and let go on; what was seen before the command ended does not count. One that is suspended still says that it
 * drains, until it is restarted: let go on before its lease ends, the old process would take turns that its end then cuts. Resolves
 * with whether it was restarted, where its gateway shows it.
 */
export async function untilBack(call: Call, { instance, lease, mayStay }: Returning, patience: Patience): Promise<boolean | undefined> {
  const { nowMs: sinceMs } = await showInstance(call, instance, patience);
  const good = new Set<number>();
  const isUp = (shown: InstanceAnswer, least: number): boolean => {
    const { lastProbe } = shown;
    if (isUnprobed(shown)) return hasPolled(shown, sinceMs);
    if (lastProbe?.atMs === undefined || lastProbe.atMs <= sinceMs) return false;
    if (lastProbe.verdict !== "up") good.clear();
    else good.add(lastProbe.atMs);
    return good.size >= least;
  };
  let wasRestarted: boolean | undefined;
  if (lease !== undefined) {
    const isEnding = (): boolean => lease.status === "ready" && call.nowMs() >= lease.renewedAtMs + LEASE_MS - MARGIN_MS;
    const isHeld = ({ lastProbe: { verdict, atMs = 0 } = {} }: InstanceAnswer): boolean =>
      verdict === "draining" && atMs > sinceMs && isEnding();
    if (!mayStay) await untilShown(call, instance, patience, (shown) => isUp(shown, 1) || isHeld(shown));
    wasRestarted = await untilResumed(call, instance, lease, patience);
  }
  await untilShown(call, instance, patience, (shown) => isUp(shown, GOOD_PROBES) && shown.isHealthy === true && !isLeaving(shown));
  return wasRestarted;
}

const isLeaving = ({ leavingSinceMs }: InstanceAnswer): boolean => leavingSinceMs !== undefined;

/**
 * A gateway that is still starting cannot be asked yet; one that was started without the suspend API holds no suspension. Where it is
 * not sure that there was one, its lease is as long as anybody has to ask. A suspension ends with its process: what was still held, the
 * old process held.
 */
async function untilResumed(call: Call, instance: string, lease: Lease, patience: Patience): Promise<boolean | undefined> {
  const isSure = lease.status === "ready";
  const untilMs = isSure ? patience.untilMs : Math.min(patience.untilMs, call.nowMs() + LEASE_MS);
  const ask = async (): Promise<ResumeAnswer> => (await resume(call, instance)) ?? { status: "unsupported" };
  let askedAtMs = call.nowMs();
  let answer = await ask();
  while (!goesOn(answer) && call.nowMs() < untilMs) {
    await pause(call, POLL_MS, patience);
    askedAtMs = call.nowMs();
    answer = await ask();
  }
  if (isSure && !goesOn(answer)) throw new CliFailure(1, `its gateway does not go on (${answer.detail ?? answer.status})`);
  if (lease.isGone) return true;
  if (answer.resumed === true) return false;
  return isSure && answer.resumed === false && askedAtMs < lease.renewedAtMs + LEASE_MS ? true : undefined;
}

const goesOn = ({ status }: ResumeAnswer): boolean => status === "running" || status === "unsupported";

/** One that only polls has no address: that it asks is all that is known of it. */
const isUnprobed = ({ url, lastProbe, pollers = [] }: InstanceAnswer): boolean =>
  url === null && lastProbe === undefined && pollers.length > 0;
const hasPolled = ({ pollers = [] }: InstanceAnswer, sinceMs: number): boolean => pollers.every(({ calledAtMs }) => calledAtMs > sinceMs);

export const isInService = ({ isHealthy, isDraining, isDrainListed }: InstanceAnswer): boolean =>
  isHealthy === true && isDraining !== true && !isDrainListed;

export async function untilShown(
  call: Call,
  instance: string,
  patience: Patience,
  isSo: (shown: InstanceAnswer) => boolean,
): Promise<void> {
  for (let round = 1; ; round += 1) {
    const shown = await showInstance(call, instance, patience);
    if (isSo(shown)) return;
    const why = shown.error ?? (shown.reason || shown.lastProbe?.reason || "not seen yet");
    if (call.nowMs() >= patience.untilMs) throw new CliFailure(1, `it is not well: ${why}`);
    if (round % TELL_EVERY === 0) call.output.progress(`${instance}: not well yet: ${why}`);
    await pause(call, POLL_MS, patience);
  }
}
