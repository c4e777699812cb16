/**
 * One instance of a rollout: drained, quiet, suspended, restarted by the operator's command, seen well, taken back. Says where it
 * stands when it stops, and takes nothing back to which the command was done: only who knows what it did knows whether it may work again.
 */
import { isInService, untilBack, untilShown } from "./back.ts";
import type { Call } from "./command.ts";
import type { InstanceAnswer } from "./commands/instance.ts";
import { CliFailure } from "./failure.ts";
import { keepUp, type Lease } from "./lease.ts";
import { type Around, isAway, lookAround } from "./others.ts";
import {
  fence,
  insteadOf,
  mustStillDrain,
  type Patience,
  pause,
  resume,
  type SuspendAnswer,
  unfence,
  untilQuiet,
  untilSuspended,
} from "./planned.ts";

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

/** Where an instance stands: told when a rollout stops there. `lost`: somebody else drains it now, or nobody. */
export type Stage = "before" | "draining" | "drained" | "restarting" | "readmitting" | "done" | BackAsItWas | "lost";
/** Before its command, or after one that did not restart it. */
type BackAsItWas = "given-back" | "unrestarted";

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

interface Work {
  readonly call: Call;
  readonly rollout: Rollout;
  readonly rolled: Rolled;
  readonly say: (what: string) => void;
  readonly timed: <T>(name: Timed, work: (patience: Patience) => Promise<T>) => Promise<T>;
}

/** `rolled` is kept up to date step by step, so that whoever gave it knows how far it came, whatever happens. */
export async function rollInstance(call: Call, rollout: Rollout, rolled: Rolled): Promise<void> {
  const startedMs = call.nowMs();
  const say = (what: string): void => call.output.progress(`${rolled.instance}: ${what}`);
  const timed = async <T>(name: Timed, work: (patience: Patience) => Promise<T>): Promise<T> => {
    const beganMs = call.nowMs();
    const value = await work({ untilMs: beganMs + rollout.timeoutMs, signal: rollout.signal });
    rolled[name] = call.nowMs() - beganMs;
    return value;
  };
  const work: Work = { call, rollout, rolled, say, timed };
  const lease = await takeAway(work);
  await restart(work, lease);

  rolled.stage = "readmitting";
  rolled.knownAtMs = (await unfence(call, rolled.instance)).knownAtMs;
  await timed("readmitMs", (patience) => untilShown(call, rolled.instance, patience, isInService));
  rolled.awayMs = call.nowMs() - startedMs;
  rolled.stage = isUnrestarted(rollout, rolled) ? "unrestarted" : "done";
  say(`back in service after ${Math.round(rolled.awayMs / 1000)} s`);
  if (rolled.stage === "unrestarted") throw unrestarted(rolled.instance);
}

/** Drained and quiet, and its gateway has finished. */
async function takeAway(work: Work): Promise<Lease | undefined> {
  const { call, rollout, rolled, say, timed } = work;
  const { instance } = rolled;
  const isOurs = await mayBeTaken(work);

  rolled.stage = "draining";
  say(rollout.isReturning ? "draining; its conversations wait for it" : "draining; its conversations move by the pool's policy");
  const drained = await fence(call, instance, rollout.isReturning);
  if (!drained.changed && !mayTakeOver(rollout, instance)) {
    rolled.stage = "before";
    throw takenAlready(instance);
  }
  await orGiveBack(work, isOurs, await around(work));
  const shown = await timed("quietMs", (patience) => untilQuiet(call, drained, rollout, patience));

  rolled.stage = "drained";
  const lease = await timed("suspendMs", (patience) => suspendIfAsked(call, rollout, shown, patience));
  rolled.suspension = lease?.status;
  say(rolled.suspension === "ready" ? "nothing new is in flight to it, and nothing runs there" : "nothing new is in flight to it");
  const last = await around(work);
  mustStillDrain(last.self, shown, rollout);
  await orGiveBack(work, isOurs, last);
  await pause(call, 0, rollout);
  return lease;
}

/** Whether its drain will be ours alone. */
async function mayBeTaken(work: Work): Promise<boolean> {
  const { call, rollout, rolled } = work;
  const { self, alone, unspared } = await around(work);
  if (!mayTakeOver(rollout, rolled.instance) && isAway(self)) throw takenAlready(rolled.instance);
  for (const pool of alone)
    call.output.progress(`${rolled.instance} is the only instance of ${pool}: what is written meanwhile waits for it`);
  if (unspared !== undefined) throw unspared;
  if (rollout.isReturning && self.isReturning === undefined) throw tooOld();
  return !isAway(self);
}

async function around({ call, rollout, rolled }: Work): Promise<Around> {
  const seen = await lookAround(call, rollout.pool, rolled.instance, rollout);
  return rollout.force ? { ...seen, unspared: undefined } : seen;
}

/** Nothing was done to it yet, and with another one out it is needed. A drain that others began is theirs to end. */
async function orGiveBack({ call, rolled }: Work, isOurs: boolean, { unspared }: Around): Promise<void> {
  if (unspared === undefined) return;
  const both = unspared.isTaken ? ". Another rollout that began just now gives way as well: begin one of them anew" : "";
  const why = `${unspared.message}${both}`;
  if (!isOurs) throw new CliFailure(1, why);
  try {
    if (rolled.suspension !== undefined) await resume(call, rolled.instance);
    rolled.knownAtMs = (await unfence(call, rolled.instance)).knownAtMs;
  } catch (error) {
    throw error instanceof CliFailure ? new CliFailure(1, `${why}. It could not be given back: ${error.message}`) : error;
  }
  rolled.stage = "given-back";
  throw new CliFailure(1, why);
}

const tooOld = (): CliFailure =>
  new CliFailure(1, "this edge is older than drains for which conversations wait: update it, or give --move");

async function restart(work: Work, lease: Lease | undefined): Promise<void> {
  const { call, rollout, rolled, say, timed } = work;
  const { instance } = rolled;
  rolled.stage = "restarting";
  say(`running ${rollout.command.join(" ")}`);
  await timed("commandMs", (patience) => runCommand(work, lease, patience));
  say("waiting until it is well");
  rolled.wasRestarted = await timed("backMs", (patience) => untilBack(call, { instance, lease, mayStay: rollout.mayStay }, patience));
  if (isUnrestarted(rollout, rolled)) say("was still suspended: it was not restarted, and goes on as it was");
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
  const { status, suspensionId } = suspension;
  const lease = { status, suspensionId: status === "ready" ? suspensionId : undefined, renewedAtMs: call.nowMs(), isGone: false };
  if (suspension.status === "ready") return lease;
  const why = insteadOf(suspension).join(". ");
  if (suspension.status === "forbidden") throw new CliFailure(1, `${why} Or go on without: --no-suspend`);
  call.output.progress(`${name}: ${why}`);
  return lease;
}

/** The command's words for an instance. */
export const wordsFor = (command: readonly string[], instance: string): readonly string[] =>
  command.map((word) => word.replaceAll("{}", instance));

async function runCommand({ call, rollout, rolled }: Work, lease: Lease | undefined, { untilMs }: Patience): Promise<void> {
  const { signal, command, pool } = rollout;
  const { instance } = rolled;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), untilMs - call.nowMs());
  const over = new AbortController();
  const keeping = lease === undefined ? undefined : keepUp(call, instance, lease, over.signal);
  const failed = await call
    .runProgram({
      words: wordsFor(command, instance),
      env: { ...call.env, CLAWEDGE_INSTANCE: instance, CLAWEDGE_POOL: pool },
      isBeside: call.output.isJson,
      signal: AbortSignal.any([signal, late.signal]),
    })
    .finally(() => {
      clearTimeout(timer);
      over.abort();
    });
  await keeping;
  if (failed?.isBegun === false) rolled.stage = "drained";
  if (signal.aborted) throw new CliFailure(1, "interrupted");
  if (late.signal.aborted) throw new CliFailure(1, `the command took longer than ${rollout.timeoutMs / 1000} s`);
  if (failed !== undefined) throw new CliFailure(1, `the command ${failed.how}`);
}

/** Whoever drained it may be at work on it. */
const takenAlready = (instance: string): CliFailure =>
  new CliFailure(1, `${instance} drains already: somebody works on it, or another rollout does. If it was you: --from ${instance}`);

const mayTakeOver = ({ takesOver, force }: Rollout, instance: string): boolean => force || takesOver === instance;
