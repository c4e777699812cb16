/** What the Config object writes to KV, and one such write with a deadline. Called from its alarm alone, one write after the other. */
import { systemClock } from "../runtime.ts";
import { within } from "./deadline.ts";
import { type AcceptedCopy, writeAccepted, writeRaw } from "./kv.ts";
import type { ConfigState, CopyName } from "./state.ts";

/** A KV write that takes longer has failed as far as we are concerned. */
const WRITE_TIMEOUT_MS = 10_000;

/** When the alarm comes back if this incarnation dies in it: after both writes, and some room. */
export const PUBLISH_LEASE_MS = 2 * WRITE_TIMEOUT_MS + 5000;

export const acceptedCopy = (state: ConfigState, text: string): AcceptedCopy => ({
  number: state.number,
  text,
  draining: [...state.draining],
  returning: [...state.returning],
  canaries: [...state.canaries],
  rawHash: state.raw?.hash,
  isRawRejected: state.raw?.isRejected ?? false,
  acceptedAtMs: state.numberedAtMs,
});

/** Why the write failed, or undefined when KV took it. */
export async function writeCopy(kv: KVNamespace, name: CopyName, current: AcceptedCopy): Promise<string | undefined> {
  try {
    await within(systemClock, WRITE_TIMEOUT_MS, name === "accepted" ? writeAccepted(kv, current) : writeRaw(kv, current.text));
    return undefined;
  } catch (error) {
    return String(error);
  }
}
