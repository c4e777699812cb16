/**
 * A gateway's suspension while a command runs that takes its time before it stops it: renewed, or people on other channels would begin
 * turns that the stop cuts. Ends with the first sign that the old process is gone; a new one that it met is let go on at once.
 */
import type { Call } from "./command.ts";
import { resume, type SuspendAnswer, suspend } from "./planned.ts";

/** What is known of a gateway's suspension. */
export interface Lease {
  readonly status: SuspendAnswer["status"];
  /** Of the process that was suspended. */
  readonly suspensionId: string | undefined;
  /** By our clock, when it was last asked to be suspended. */
  renewedAtMs: number;
  /** Another process was met. */
  isGone: boolean;
}

/** Of a suspension. */
export const LEASE_MS = 120_000;
const RENEW_MS = 45_000;
const AGAIN_MS = 5000;
const POLL_MS = 1000;

/** Until `over`; never fails. */
export async function keepUp(call: Call, instance: string, lease: Lease, over: AbortSignal): Promise<void> {
  if (lease.suspensionId === undefined) return;
  const ended = new Promise<void>((resolve) => over.addEventListener("abort", () => resolve(), { once: true }));
  for (let dueAtMs = lease.renewedAtMs + RENEW_MS; !over.aborted; ) {
    if (call.nowMs() < dueAtMs) await Promise.race([call.sleep(POLL_MS), ended]);
    else if (!(await renew(call, instance, lease))) return;
    else dueAtMs = Math.max(lease.renewedAtMs + RENEW_MS, call.nowMs() + AGAIN_MS);
  }
}

/** Whether to go on. An edge that does not answer says nothing of the gateway. */
async function renew(call: Call, instance: string, lease: Lease): Promise<boolean> {
  const askedAtMs = call.nowMs();
  const answer = await suspend(call, instance).catch(() => undefined);
  if (answer === undefined) return askedAtMs < lease.renewedAtMs + LEASE_MS;
  if (answer.suspensionId === undefined) return false;
  if (answer.suspensionId === lease.suspensionId) {
    lease.renewedAtMs = askedAtMs;
    return true;
  }
  lease.isGone = true;
  await resume(call, instance).catch(() => undefined);
  return false;
}
