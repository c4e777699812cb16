/** Finding an object by name: the residency is a jurisdiction where the platform has them, and part of the name everywhere. */
import type { Residency } from "../src/core/conversation-ref.ts";
import type { Env } from "./env.ts";

export interface Place {
  readonly residency?: Residency | undefined;
  /** Counts only for the first call ever made to the object. */
  readonly region?: string | undefined;
}

export function objectOf<T extends Rpc.DurableObjectBranded>(
  env: Pick<Env, "JURISDICTIONS">,
  namespace: DurableObjectNamespace<T>,
  name: string,
  place: Place = {},
): DurableObjectStub<T> {
  const jurisdiction = env.JURISDICTIONS === "off" ? undefined : (place.residency as DurableObjectJurisdiction | undefined);
  const within = jurisdiction === undefined ? namespace : namespace.jurisdiction(jurisdiction);
  const options = place.region === undefined ? {} : { locationHint: place.region as DurableObjectLocationHint };
  return within.get(within.idFromName(`${place.residency ?? ""}|${name}`), options);
}
