/** The Config object as its callers see it: the admin API, the command line behind it, and isolates that miss a document. */
import type { Env } from "../env.ts";
import { objectOf } from "../objects.ts";
import type { AcceptedCopy } from "./kv.ts";
import type { CanaryEvent, ConfigAnswer, DocumentFacts, OfferSource } from "./state.ts";
import type { ConfigStatus } from "./status.ts";

export interface Offer {
  readonly text: string;
  readonly source: OfferSource;
  readonly by?: string | undefined;
  readonly restoredFrom?: number | undefined;
  readonly isLearnedAnew?: boolean | undefined;
  /** What its intents were trained into. */
  readonly artefact?: Uint8Array | undefined;
}

export interface DrainOptions {
  readonly isReturning?: boolean | undefined;
}

export type RollbackAnswer = ConfigAnswer | { readonly status: "unknown-number"; readonly kept: readonly number[] };

export interface ConfigApi {
  offer(offer: Offer): Promise<ConfigAnswer>;
  /** An operator's push: takes effect at once, and becomes the raw key too. */
  push(text: string, by?: string, artefact?: Uint8Array): Promise<ConfigAnswer>;
  rollback(number: number, by?: string): Promise<RollbackAnswer>;
  setDraining(instance: string, isDraining: boolean, by?: string, more?: DrainOptions): Promise<ConfigAnswer>;
  /** Idempotent: what ended meanwhile is not ended again. */
  changeCanary(event: CanaryEvent): Promise<ConfigAnswer>;
  current(): Promise<AcceptedCopy | undefined>;
  /** For who cannot read what is in force: the newest document before it that can be served. */
  earlier(): Promise<AcceptedCopy | undefined>;
  /** An artefact by its name: for who does not find it in KV (yet). */
  model(name: string): Promise<Uint8Array | undefined>;
  status(): Promise<ConfigStatus>;
  history(): Promise<readonly DocumentFacts[]>;
}

/** There is one. */
export const CONFIG_NAME = "config";

/** A new stub per call: one that has seen an error may stay broken. */
export function configOf(env: Pick<Env, "CONFIG" | "JURISDICTIONS">): ConfigApi {
  const stub = () => objectOf(env, env.CONFIG, CONFIG_NAME);
  return {
    offer: (offer) => stub().offer(offer),
    push: (text, by, artefact) => stub().offer({ text, source: "push", by, artefact }),
    rollback: (number, by) => stub().rollback(number, by),
    setDraining: (instance, isDraining, by, more) => stub().setDraining(instance, isDraining, by, more),
    changeCanary: (event) => stub().changeCanary(event),
    current: async () => stub().current(),
    earlier: async () => stub().earlier(),
    model: async (name) => stub().model(name),
    status: async () => stub().status(),
    history: async () => stub().history(),
  };
}
