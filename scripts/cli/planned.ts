/** The steps of a planned restart that `instance drain` and `rollout` share: fence, wait until quiet, let the gateway finish, let it go on. */

import type { Call } from "./command.ts";
import type { InstanceAnswer } from "./commands/instance.ts";
import { CliFailure } from "./failure.ts";

export interface DrainAnswer {
  readonly instance: string;
  readonly changed: boolean;
  readonly number: number | null;
  readonly drainingSinceMs: number;
  /** When the last place of the edge knows, and the last attempt it began before is over. */
  readonly quietAtMs: number;
}

export interface UndrainAnswer {
  readonly instance: string;
  readonly changed: boolean;
  readonly number: number | null;
  /** When the last place of the edge knows. */
  readonly knownAtMs?: number;
}

/** What a gateway said to being suspended, or why it was not asked. */
export interface SuspendAnswer {
  readonly status: "ready" | "draining" | "busy" | "unsupported" | "forbidden" | "unreachable";
  readonly detail?: string;
  readonly activeCount?: number;
  readonly blockers?: readonly { readonly kind: string; readonly count: number }[];
  readonly retryAfterMs?: number;
  readonly suspensionId?: string;
  readonly expiresAtMs?: number;
}

export interface ResumeAnswer {
  readonly status: "running" | SuspendAnswer["status"];
  readonly resumed?: boolean;
  readonly detail?: string;
}

/** How long a step may take, and what ends it early. */
export interface Patience {
  readonly untilMs: number;
  readonly signal?: AbortSignal | undefined;
  /** How to wait on, said when it runs out. */
  readonly hint?: string;
}

const POLL_MS = 1000;
/** How long one look may take, how long looks may fail in a row, and the time between them. */
const LOOK_MS = 15_000;
const OUT_MS = 30_000;
const OUT_POLL_MS = 3000;
/** Rounds of waiting between two lines of progress. */
const TELL_EVERY = 10;
/** A turn that a gateway is still preparing when it is suspended is cut, and the person is told: let it get to its model. */
const SETTLE_MS = 5000;
/** Asked again at the latest after this, which renews a lease of two minutes in good time. */
const MAX_RETRY_MS = 60_000;
const DEFAULT_RETRY_MS = 5000;

const pathOf = (name: string): string => `/instances/${encodeURIComponent(name)}`;

interface Errable {
  readonly error?: string;
}

/** A look while waiting is repeated for a while: an edge that is deployed just now is back soon. */
export async function look<T extends Errable>(
  call: Call,
  path: string,
  patience: Partial<Patience>,
  errorOf: (seen: T) => string | undefined = ({ error }) => error,
): Promise<T> {
  const untilMs = call.nowMs() + OUT_MS;
  for (;;) {
    const seen = await call
      .edge()
      .get<T>(path, LOOK_MS)
      .catch((error: unknown) => (error instanceof CliFailure && error.exitCode === 3 ? error : Promise.reject(error)));
    const isOver = call.nowMs() >= untilMs;
    const wrong = seen instanceof CliFailure ? seen.message : errorOf(seen);
    if (!(seen instanceof CliFailure) && (wrong === undefined || isOver)) return seen;
    if (seen instanceof CliFailure && isOver) throw seen;
    call.output.progress(`waiting: ${wrong}`);
    await pause(call, OUT_POLL_MS, patience);
  }
}

export const showInstance = (call: Call, name: string, patience: Partial<Patience>): Promise<InstanceAnswer> =>
  look<InstanceAnswer>(call, pathOf(name), patience);

/** Without a body where none is needed, as every edge understands it. */
export const fence = (call: Call, name: string, returning: boolean): Promise<DrainAnswer> =>
  call.edge().post<DrainAnswer>(`${pathOf(name)}/drain`, returning ? { returning } : undefined);

export const unfence = (call: Call, name: string): Promise<UndrainAnswer> => call.edge().post<UndrainAnswer>(`${pathOf(name)}/undrain`);

/** In short steps, so that Ctrl-C is heard. */
export async function pause(call: Call, ms: number, { signal }: Partial<Patience> = {}): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= POLL_MS) {
    if (signal?.aborted === true) throw interrupted();
    await call.sleep(Math.min(POLL_MS, leftMs));
  }
  if (signal?.aborted === true) throw interrupted();
}

/** What a drain is relied on for: `isReturning`, that conversations wait. */
export interface Relied {
  readonly isReturning: boolean;
}

/** By the edge's clock: after `quietAtMs` no place of the edge can be sending any more. That time is no part of the patience. */
export async function untilQuiet(call: Call, drained: DrainAnswer, relied: Relied, patience: Patience): Promise<InstanceAnswer> {
  const { instance } = drained;
  const first = await showInstance(call, instance, patience);
  const leftOf = ({ quietAtMs, nowMs }: InstanceAnswer): number => Math.max(drained.quietAtMs, quietAtMs ?? 0) - nowMs;
  const untilMs = patience.untilMs + Math.max(0, leftOf(first));
  for (let round = 0, shown = first; ; round += 1, shown = await showInstance(call, instance, patience)) {
    checkDrains(shown, first);
    const leftMs = leftOf(shown);
    if (leftMs <= 0 && shown.isDrainListed) return mustAwait(shown, relied);
    if (call.nowMs() >= untilMs) throw new CliFailure(1, `${instance} drains, but is not quiet yet${patience.hint ?? ""}`);
    if (round % TELL_EVERY === 0) call.output.progress(`waiting: quiet in ${Math.max(0, Math.ceil(leftMs / 1000))} s at the latest`);
    await pause(call, Math.min(POLL_MS, Math.max(50, leftMs)), patience);
  }
}

/** Before somebody relies on it: it drains as it did, and never ceased to since it was seen to. */
export function mustStillDrain(shown: InstanceAnswer, before: InstanceAnswer, relied: Relied): void {
  checkDrains(shown, before);
  if (!shown.isDrainListed) throw new Undrained(shown.name);
  mustAwait(shown, relied);
}

function mustAwait(shown: InstanceAnswer, { isReturning }: Relied): InstanceAnswer {
  if (isReturning && shown.isReturning !== true) throw new Unawaited(shown.name);
  return shown;
}

function checkDrains({ name, error, drainingSinceMs }: InstanceAnswer, before: InstanceAnswer): void {
  if (error !== undefined) throw new CliFailure(1, `the edge cannot tell whether ${name} drains: ${error}`);
  if (drainingSinceMs === undefined || drainingSinceMs !== before.drainingSinceMs) throw new Undrained(name);
}

/** Somebody else has to do with it too. */
export class Undrained extends CliFailure {
  constructor(name: string, how = "is no longer draining as it was: somebody undrained it meanwhile") {
    super(1, `${name} ${how}`);
  }
}

/** It drains for good: its conversations move. */
class Unawaited extends Undrained {
  constructor(name: string) {
    super(name, "drains, and its conversations do not wait for it: somebody drained it without --returning meanwhile");
  }
}

const interrupted = () => new CliFailure(1, "interrupted");

/**
 * Asks the gateway to let nothing new begin, again and again, until nothing runs there; what it is asked with each time renews its
 * lease. One that once said that it works has to be ready: silence, or a refusal, does not mean that it has finished.
 */
export async function untilSuspended(call: Call, instance: string, patience: Patience): Promise<SuspendAnswer> {
  await pause(call, SETTLE_MS, patience);
  let work: string | undefined;
  for (;;) {
    const answer = await suspend(call, instance);
    if (answer.status === "ready") return answer;
    if (isAtWork(answer)) work = workOf(answer);
    const said = saidBy(answer, work);
    const isOver = isRefusal(answer) || call.nowMs() >= patience.untilMs;
    if (isOver && work === undefined) return answer;
    if (isOver) throw new CliFailure(1, `${instance} ${said}. Its drain stands${patience.hint ?? ""}`);
    call.output.progress(`waiting: ${instance} ${said}`);
    await pause(call, retryMsOf(answer, patience.untilMs - call.nowMs()), patience);
  }
}

/** Begins it, or renews it. */
export const suspend = (call: Call, instance: string): Promise<SuspendAnswer> =>
  call.edge().post<SuspendAnswer>(`${pathOf(instance)}/suspend`);

const retryMsOf = ({ retryAfterMs = DEFAULT_RETRY_MS }: SuspendAnswer, leftMs: number): number =>
  Math.max(POLL_MS, Math.min(retryAfterMs, MAX_RETRY_MS, leftMs));

const isAtWork = ({ status }: SuspendAnswer): boolean => status === "draining" || status === "busy";
const isRefusal = ({ status }: SuspendAnswer): boolean => status === "forbidden" || status === "unsupported";

function saidBy(answer: SuspendAnswer, work: string | undefined): string {
  if (isAtWork(answer)) return `is still at work: ${work}`;
  const silence = `does not say whether it works: ${answer.detail ?? answer.status}`;
  return work === undefined ? silence : `${silence}; it was at work: ${work}`;
}

function workOf({ detail, activeCount = 0, blockers = [] }: SuspendAnswer): string {
  if (detail !== undefined) return detail;
  const kinds = blockers.map(({ kind, count }) => `${count} ${kind}`);
  return kinds.length === 0 ? `${activeCount} active` : kinds.join(", ");
}

/** Undefined where the edge knows nothing of suspensions. */
export async function resume(call: Call, instance: string): Promise<ResumeAnswer | undefined> {
  try {
    return await call.edge().post<ResumeAnswer>(`${pathOf(instance)}/resume`);
  } catch (error) {
    if (isUnknownPath(error)) return undefined;
    throw error;
  }
}

const isUnknownPath = (error: unknown): boolean =>
  error instanceof CliFailure && (error.answer as { readonly error?: { readonly code?: unknown } }).error?.code === "unknown-path";

/** What an operator does about a gateway that was not suspended. */
export function insteadOf({ status, detail = "" }: SuspendAnswer): readonly string[] {
  const stop = "stop it with SIGTERM, and it finishes its turns by itself, for up to 315 s";
  if (status !== "forbidden") return [`its gateway does not tell whether it still works (${detail}): ${stop}`];
  return [
    `its gateway refused to be suspended (${detail}): ${stop}`,
    'To have it suspended, let adminRpc of the instance be { "user": … } with a user whose role has operator.admin, or give the edge the gateway\'s token.',
  ];
}
