/** What the Config object writes to KV, and such writes with a deadline. Called from its alarm alone, one write after the other. */
import { systemClock } from "../runtime.ts";
import type { Artefacts } from "./artefacts.ts";
import { within } from "./deadline.ts";
import { type AcceptedCopy, deleteModel, writeAccepted, writeModel, writeRaw } from "./kv.ts";
import type { ConfigState, CopyName } from "./state.ts";
import type { KeptDocument } from "./storage.ts";

/** A KV write that takes longer has failed as far as we are concerned. */
const WRITE_TIMEOUT_MS = 10_000;

/** When the alarm comes back if this incarnation dies in it: after a model and both copies, and some room. */
export const PUBLISH_LEASE_MS = 3 * WRITE_TIMEOUT_MS + 5000;

export const acceptedCopy = (state: ConfigState, { text, model }: KeptDocument): AcceptedCopy => ({
  number: state.number,
  text,
  draining: [...state.draining],
  returning: [...state.returning],
  canaries: [...state.canaries],
  rawHash: state.raw?.hash,
  isRawRejected: state.raw?.isRejected ?? false,
  acceptedAtMs: state.numberedAtMs,
  model,
});

/** Why the write failed, or undefined when KV took it. A model goes before the copy that names it: whoever reads the copy finds it. */
export async function writeCopy(kv: KVNamespace, name: CopyName, current: AcceptedCopy, artefacts: Artefacts): Promise<string | undefined> {
  try {
    if (name === "accepted") await writeModelOf(kv, current, artefacts);
    await timely(name === "accepted" ? writeAccepted(kv, current) : writeRaw(kv, current.text));
    return undefined;
  } catch (error) {
    return String(error);
  }
}

async function writeModelOf(kv: KVNamespace, { model }: AcceptedCopy, artefacts: Artefacts): Promise<void> {
  const artefact = model === undefined || artefacts.isInKv(model) ? undefined : artefacts.read(model);
  if (model === undefined || artefact === undefined) return;
  await timely(writeModel(kv, model, artefact));
  artefacts.wroteToKv(model);
}

/** Artefacts that no kept document names. From KV first: what is still here is tried again. */
export async function dropUnnamed(kv: KVNamespace, artefacts: Artefacts): Promise<void> {
  for (const name of artefacts.unnamed()) {
    await timely(deleteModel(kv, name));
    artefacts.drop(name);
  }
}

const timely = (write: Promise<void>): Promise<void> => within(systemClock, WRITE_TIMEOUT_MS, write);
