/**
 * One instance of a rollout: drained, quiet, suspended, restarted by the operator's command, seen well, taken back. Says where it
 * stands when it stops, and takes nothing back by itself: only who knows what the command did knows whether it may work again.
 */
import { isInService, type Lease, untilBack, untilShown } from "./back.ts";
import type { Call } from "./command.ts";
import type { InstanceAnswer } from "./commands/instance.ts";
import { CliFailure } from "./failure.ts";
import { fence, insteadOf, type Patience, type SuspendAnswer, stillDrains, unfence, untilQuiet, untilSuspended } from "./planned.ts";

export interface Rollout {
  readonly pool: string;
  readonly command: readonly string[];
  readonly isReturning: boolean;
  readonly suspends: boolean;
  /** The command restarts nothing, on purpose. */
  readonly mayStay: boolean;
  readonly force: boolean;
  /** May drain already: the operator named it. */
  readonly takesOver: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Where an instance stands: told when a rollout stops there. `lost`: somebody undrained it. `unrestarted`: back as it was. */
export type Stage = "before" | "draining" | "drained" | "restarting" | "readmitting" | "done" | "lost" | "unrestarted";

export interface Rolled {
  readonly instance: string;
  stage: Stage;
  /** What its gateway said to being suspended; not given where it was not asked. */
  suspension?: SuspendAnswer["status"] | undefined;
  /** Not given where its gateway did not show it. */
  wasRestarted?: boolean | undefined;
  quietMs?: number;
  suspendMs?: number;
  commandMs?: number;
  backMs?: number;
  readmitMs?: number;
  awayMs?: number;
  /** By the edge's clock: when every place of it knows that the instance is back. */
  knownAtMs?: number | undefined;
}

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
  const lease = await timed("suspendMs", (patience) => suspendIfAsked(call, rollout, shown, patience));
  rolled.suspension = lease?.status;
  say(rolled.suspension === "ready" ? "nothing is in flight to it, and nothing runs there" : "nothing is in flight to it");
  await stillDrains(call, shown, rollout);

  rolled.stage = "restarting";
  say(`running ${rollout.command.join(" ")}`);
  await timed("commandMs", (patience) => runCommand(call, rollout, rolled, patience));
  say("waiting until it is well");
  rolled.wasRestarted = await timed("backMs", (patience) => untilBack(call, { instance, lease, mayStay: rollout.mayStay }, patience));
  if (isUnrestarted(rollout, rolled)) say("was still suspended: it was not restarted, and goes on as it was");

  rolled.stage = "readmitting";
  rolled.knownAtMs = (await unfence(call, instance)).knownAtMs;
  await timed("readmitMs", (patience) => untilShown(call, instance, patience, isInService));
  rolled.awayMs = call.nowMs() - startedMs;
  rolled.stage = isUnrestarted(rollout, rolled) ? "unrestarted" : "done";
  say(`back in service after ${Math.round(rolled.awayMs / 1000)} s`);
  if (rolled.stage === "unrestarted") throw unrestarted(instance);
}

/** Whoever was restarted in its place, if anybody, did not drain. */
export const isUnrestarted = ({ mayStay }: Rollout, { wasRestarted }: Rolled): boolean => wasRestarted === false && !mayStay;

const unrestarted = (instance: string): CliFailure =>
  new CliFailure(
    1,
    `the command ended well, and the gateway of ${instance} was not restarted: it was suspended all the while. Did the command restart another one, or none? If it is to restart none: --no-restart`,
  );

/** Undefined where it is not to be asked. */
async function suspendIfAsked(
  call: Call,
  { suspends }: Rollout,
  { name, hasAdminRpc }: InstanceAnswer,
  patience: Patience,
): Promise<Lease | undefined> {
  if (!suspends || hasAdminRpc !== true) return undefined;
  const suspension = await untilSuspended(call, name, patience);
  const lease = { status: suspension.status, renewedAtMs: call.nowMs() };
  if (suspension.status === "ready") return lease;
  const why = insteadOf(suspension).join(". ");
  if (suspension.status === "forbidden") throw new CliFailure(1, `${why} Or go on without: --no-suspend`);
  call.output.progress(`${name}: ${why}`);
  return lease;
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

/** Whoever drained it may be at work on it. */
export const takenAlready = (instance: string): CliFailure =>
  new CliFailure(1, `${instance} drains already: somebody works on it, or another rollout does. If it was you: --from ${instance}`);

export const mayTakeOver = ({ takesOver, force }: Rollout, instance: string): boolean => force || takesOver === instance;
