/**
 * One instance of a rollout: drained, quiet, suspended, restarted by the operator's command, seen well, taken back. Says where it
 * stands when it stops, and takes nothing back by itself: only who knows what the command did knows whether it may work again.
 */
import type { Call } from "./command.ts";
import type { InstanceAnswer } from "./commands/instance.ts";
import { CliFailure } from "./failure.ts";
import {
  fence,
  insteadOf,
  type Patience,
  pause,
  type ResumeAnswer,
  resume,
  type SuspendAnswer,
  showInstance,
  stillDrains,
  unfence,
  untilQuiet,
  untilSuspended,
} from "./planned.ts";

export interface Rollout {
  readonly pool: string;
  readonly command: readonly string[];
  readonly isReturning: boolean;
  readonly suspends: boolean;
  readonly force: boolean;
  /** May drain already: the operator named it. */
  readonly takesOver: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Where an instance stands: told when a rollout stops there. `lost`: somebody undrained it. */
export type Stage = "before" | "draining" | "drained" | "restarting" | "readmitting" | "done" | "lost";

export interface Rolled {
  readonly instance: string;
  stage: Stage;
  /** What its gateway said to being suspended; not given where it was not asked. */
  suspension?: SuspendAnswer["status"] | undefined;
  quietMs?: number;
  suspendMs?: number;
  commandMs?: number;
  backMs?: number;
  readmitMs?: number;
  awayMs?: number;
  /** By the edge's clock: when every place of it knows that the instance is back. */
  knownAtMs?: number | undefined;
}

/** What one good look could be chance is not in two. */
const GOOD_PROBES = 2;
/** Of a suspension. */
const LEASE_MS = 120_000;
const POLL_MS = 1000;
const TELL_EVERY = 10;

type Timed = "quietMs" | "suspendMs" | "commandMs" | "backMs" | "readmitMs";

/** `rolled` is kept up to date step by step, so that whoever gave it knows how far it came, whatever happens. */
export async function rollInstance(call: Call, rollout: Rollout, rolled: Rolled): Promise<void> {
  const { instance } = rolled;
  const startedMs = call.nowMs();
  const say = (what: string): void => call.output.progress(`${instance}: ${what}`);
  const timed = async <T>(name: Timed, work: (patience: Patience) => Promise<T>): Promise<T> => {
    const beganMs = call.nowMs();
    const value = await work({ untilMs: beganMs + rollout.timeoutMs, signal: rollout.signal });
    rolled[name] = call.nowMs() - beganMs;
    return value;
  };

  rolled.stage = "draining";
  say(rollout.isReturning ? "draining; its conversations wait for it" : "draining; its conversations move by the pool's policy");
  const drained = await fence(call, instance, rollout.isReturning);
  if (!drained.changed && !mayTakeOver(rollout, instance)) {
    rolled.stage = "before";
    throw takenAlready(instance);
  }
  const shown = await timed("quietMs", (patience) => untilQuiet(call, drained, patience));

  rolled.stage = "drained";
  rolled.suspension = await timed("suspendMs", (patience) => suspendIfAsked(call, rollout, shown, patience));
  say(rolled.suspension === "ready" ? "nothing is in flight to it, and nothing runs there" : "nothing is in flight to it");
  await stillDrains(call, shown, rollout);

  rolled.stage = "restarting";
  say(`running ${rollout.command.join(" ")}`);
  await timed("commandMs", (patience) => runCommand(call, rollout, rolled, patience));
  say("waiting until it is well");
  await timed("backMs", (patience) => untilBack(call, instance, rolled.suspension, patience));

  rolled.stage = "readmitting";
  rolled.knownAtMs = (await unfence(call, instance)).knownAtMs;
  await timed("readmitMs", (patience) => untilShown(call, instance, patience, isInService));
  rolled.stage = "done";
  rolled.awayMs = call.nowMs() - startedMs;
  say(`back in service after ${Math.round(rolled.awayMs / 1000)} s`);
}

/** What became of it, in a word; undefined where it is not to be asked. */
async function suspendIfAsked(
  call: Call,
  { suspends }: Rollout,
  { name, hasAdminRpc }: InstanceAnswer,
  patience: Patience,
): Promise<SuspendAnswer["status"] | undefined> {
  if (!suspends || hasAdminRpc !== true) return undefined;
  const suspension = await untilSuspended(call, name, patience);
  if (suspension.status === "ready") return suspension.status;
  const why = insteadOf(suspension).join(". ");
  if (suspension.status === "forbidden") throw new CliFailure(1, `${why} Or go on without: --no-suspend`);
  call.output.progress(`${name}: ${why}`);
  return suspension.status;
}

/** The command's words for an instance. */
export const wordsFor = (command: readonly string[], instance: string): readonly string[] =>
  command.map((word) => word.replaceAll("{}", instance));

async function runCommand(call: Call, rollout: Rollout, rolled: Rolled, { untilMs }: Patience): Promise<void> {
  const { signal, command, pool } = rollout;
  const { instance } = rolled;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), untilMs - call.nowMs());
  const failed = await call
    .runProgram({
      words: wordsFor(command, instance),
      env: { ...call.env, CLAWEDGE_INSTANCE: instance, CLAWEDGE_POOL: pool },
      isBeside: call.output.isJson,
      signal: AbortSignal.any([signal, late.signal]),
    })
    .finally(() => clearTimeout(timer));
  if (failed?.isBegun === false) rolled.stage = "drained";
  if (signal.aborted) throw new CliFailure(1, "interrupted");
  if (late.signal.aborted) throw new CliFailure(1, `the command took longer than ${rollout.timeoutMs / 1000} s`);
  if (failed !== undefined) throw new CliFailure(1, `the command ${failed.how}`);
}

/**
 * Seen well twice, and let go on; what was seen before the command ended does not count. One that is suspended still says that it
 * drains, until it is restarted or its lease ends: let go on before that, the old process would take turns that its end then cuts.
 */
async function untilBack(call: Call, instance: string, suspension: Rolled["suspension"], patience: Patience): Promise<void> {
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
  if (suspension !== undefined) {
    await untilShown(call, instance, patience, (shown) => isUp(shown, 1));
    await untilResumed(call, instance, suspension === "ready", patience);
  }
  await untilShown(call, instance, patience, (shown) => isUp(shown, GOOD_PROBES) && shown.isHealthy === true && !isLeaving(shown));
}

const isLeaving = ({ leavingSinceMs }: InstanceAnswer): boolean => leavingSinceMs !== undefined;

/**
 * A gateway that is still starting cannot be asked yet; one that was started without the suspend API holds no suspension. Where it is
 * not sure that there was one, its lease is as long as anybody has to ask.
 */
async function untilResumed(call: Call, instance: string, isSure: boolean, patience: Patience): Promise<void> {
  const untilMs = isSure ? patience.untilMs : Math.min(patience.untilMs, call.nowMs() + LEASE_MS);
  const ask = async (): Promise<ResumeAnswer> => (await resume(call, instance)) ?? { status: "unsupported" };
  const goesOn = ({ status }: ResumeAnswer): boolean => status === "running" || status === "unsupported";
  let answer = await ask();
  while (!goesOn(answer) && call.nowMs() < untilMs) {
    await pause(call, POLL_MS, patience);
    answer = await ask();
  }
  if (answer.resumed === true) call.output.progress(`${instance}: was still suspended, and goes on now. Was it restarted?`);
  if (isSure && !goesOn(answer)) throw new CliFailure(1, `its gateway does not go on (${answer.detail ?? answer.status})`);
}

/** Whoever drained it may be at work on it. */
export const takenAlready = (instance: string): CliFailure =>
  new CliFailure(1, `${instance} drains already: somebody works on it, or another rollout does. If it was you: --from ${instance}`);

export const mayTakeOver = ({ takesOver, force }: Rollout, instance: string): boolean => force || takesOver === instance;

/** One that only polls has no address: that it asks is all that is known of it. */
const isUnprobed = ({ url, lastProbe, pollers = [] }: InstanceAnswer): boolean =>
  url === null && lastProbe === undefined && pollers.length > 0;
const hasPolled = ({ pollers = [] }: InstanceAnswer, sinceMs: number): boolean => pollers.every(({ calledAtMs }) => calledAtMs > sinceMs);

export const isInService = ({ isHealthy, isDraining, isDrainListed }: InstanceAnswer): boolean =>
  isHealthy === true && isDraining !== true && !isDrainListed;

async function untilShown(call: Call, instance: string, patience: Patience, isSo: (shown: InstanceAnswer) => boolean): Promise<void> {
  for (let round = 1; ; round += 1) {
    const shown = await showInstance(call, instance, patience);
    if (isSo(shown)) return;
    const why = shown.error ?? (shown.reason || shown.lastProbe?.reason || "not seen yet");
    if (call.nowMs() >= patience.untilMs) throw new CliFailure(1, `it is not well: ${why}`);
    if (round % TELL_EVERY === 0) call.output.progress(`${instance}: not well yet: ${why}`);
    await pause(call, POLL_MS, patience);
  }
}
