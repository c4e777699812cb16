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
}

const POLL_MS = 1000;
/** Rounds of waiting between two lines of progress. */
const TELL_EVERY = 10;
/** A turn that a gateway is still preparing when it is suspended is cut, and the person is told: let it get to its model. */
const SETTLE_MS = 5000;
/** Asked again at the latest after this, which renews a lease of two minutes in good time. */
const MAX_RETRY_MS = 60_000;
const DEFAULT_RETRY_MS = 5000;

const pathOf = (name: string): string => `/instances/${encodeURIComponent(name)}`;

export const showInstance = (call: Call, name: string): Promise<InstanceAnswer> => call.edge().get<InstanceAnswer>(pathOf(name));

/** Without a body where none is needed, as every edge understands it. */
export const fence = (call: Call, name: string, returning: boolean): Promise<DrainAnswer> =>
  call.edge().post<DrainAnswer>(`${pathOf(name)}/drain`, returning ? { returning } : undefined);

export const unfence = (call: Call, name: string): Promise<UndrainAnswer> => call.edge().post<UndrainAnswer>(`${pathOf(name)}/undrain`);

/** In short steps, so that Ctrl-C is heard. */
export async function pause(call: Call, ms: number, { signal }: Partial<Patience> = {}): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= POLL_MS) {
    if (signal?.aborted === true) throw new CliFailure(1, "interrupted");
    await call.sleep(Math.min(POLL_MS, leftMs));
  }
  if (signal?.aborted === true) throw new CliFailure(1, "interrupted");
}

/** By the edge's word that it still drains, and by its clock: after `quietAtMs` no place of the edge can be sending any more. */
export async function untilQuiet(call: Call, drained: DrainAnswer, patience: Patience): Promise<InstanceAnswer> {
  const { instance } = drained;
  for (let round = 0; ; round += 1) {
    const shown = await showInstance(call, instance);
    if (shown.drainingSinceMs === undefined) throw new CliFailure(1, `${instance} is no longer draining: somebody undrained it meanwhile`);
    const leftMs = Math.max(drained.quietAtMs, shown.quietAtMs ?? 0) - shown.nowMs;
    if (leftMs <= 0 && shown.isDrainListed) return shown;
    if (call.nowMs() >= patience.untilMs)
      throw new CliFailure(1, `${instance} drains, but is not quiet yet. Wait on: clawedge instance drain ${instance} --wait`);
    if (round % TELL_EVERY === 0) call.output.progress(`waiting: quiet in ${Math.max(0, Math.ceil(leftMs / 1000))} s at the latest`);
    await pause(call, Math.min(POLL_MS, Math.max(50, leftMs)), patience);
  }
}

/** Asks the gateway to let nothing new begin, again and again, until nothing runs there; what it is asked with each time renews its lease. */
export async function untilSuspended(call: Call, instance: string, patience: Patience): Promise<SuspendAnswer> {
  await pause(call, SETTLE_MS, patience);
  for (;;) {
    const answer = await call.edge().post<SuspendAnswer>(`${pathOf(instance)}/suspend`);
    if (answer.status !== "draining" && answer.status !== "busy") return answer;
    const what = workOf(answer);
    if (call.nowMs() >= patience.untilMs) throw new CliFailure(1, `${instance} is still at work: ${what}. Its drain stands`);
    call.output.progress(`waiting: ${instance} is still at work: ${what}`);
    const waitMs = Math.min(answer.retryAfterMs ?? DEFAULT_RETRY_MS, MAX_RETRY_MS, Math.max(POLL_MS, patience.untilMs - call.nowMs()));
    await pause(call, waitMs, patience);
  }
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
