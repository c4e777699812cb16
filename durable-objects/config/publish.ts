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

export const acceptedCopy = (state: ConfigState, { text, model }: KeptDocument, residencies: readonly string[]): AcceptedCopy => ({
  number: state.number,
  text,
  draining: [...state.draining],
  returning: [...state.returning],
  canaries: [...state.canaries],
  residencies: [...residencies],
  rawHash: state.raw?.hash,
  isRawRejected: state.raw?.isRejected ?? false,
  acceptedAtMs: state.numberedAtMs,
  model,
});

export class Publisher {
  readonly #kv: KVNamespace;
  readonly #artefacts: Artefacts;
  /** Deletes that have not ended, by the name of the model: one that did not answer in time may still come to pass. */
  readonly #deletes = new Map<string, Promise<void>>();

  constructor(kv: KVNamespace, artefacts: Artefacts) {
    this.#kv = kv;
    this.#artefacts = artefacts;
  }

  /** Why the write failed, or undefined when KV took it. A model goes before the copy that names it: whoever reads the copy finds it. */
  async write(name: CopyName, current: AcceptedCopy): Promise<string | undefined> {
    try {
      if (name === "accepted") await this.#writeModelOf(current);
      await timely(name === "accepted" ? writeAccepted(this.#kv, current) : writeRaw(this.#kv, current.text));
      return undefined;
    } catch (error) {
      return String(error);
    }
  }

  async #writeModelOf({ model }: AcceptedCopy): Promise<void> {
    const artefact = model === undefined || this.#artefacts.isInKv(model) ? undefined : this.#artefacts.read(model);
    if (model === undefined || artefact === undefined) return;
    await timely(this.#deletes.get(model) ?? Promise.resolve());
    await timely(writeModel(this.#kv, model, artefact));
    this.#artefacts.wroteToKv(model);
  }

  /** Artefacts that no kept document names. From KV first: what is still here is tried again. */
  async dropUnnamed(): Promise<void> {
    for (const name of this.#artefacts.unnamed()) {
      await timely(this.#deletes.get(name) ?? this.#delete(name));
      this.#artefacts.drop(name);
    }
  }

  /** However it ends, it has ended then. */
  #delete(name: string): Promise<void> {
    const deleted = deleteModel(this.#kv, name).finally(() => this.#deletes.delete(name));
    this.#deletes.set(name, deleted);
    return deleted;
  }
}

const timely = (write: Promise<void>): Promise<void> => within(systemClock, WRITE_TIMEOUT_MS, write);
