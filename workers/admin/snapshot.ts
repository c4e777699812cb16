/** The configuration as the admin API needs it: the snapshot in force, and what of its variables is missing. */
import { routesSource } from "../../durable-objects/config/source.ts";
import type { Env } from "../../durable-objects/env.ts";
import { envSecrets } from "../../durable-objects/runtime.ts";
import type { RoutesDocument } from "../../src/config/schema.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";
import type { Snapshot } from "../../src/pipeline/snapshot.ts";
import { type AdminError, NO_ROUTES } from "./answer.ts";

export async function inForce(env: Env): Promise<Result<Snapshot, AdminError>> {
  const snapshot = await routesSource(env).current();
  return snapshot === undefined ? fail(NO_ROUTES) : ok(snapshot);
}

export interface UnsetVariable {
  readonly path: string;
  readonly variable: string;
}

/** Variables the document names that this Worker does not have: what they stand for will not work until they are set. */
export function unsetVariables(document: RoutesDocument, env: Env): readonly UnsetVariable[] {
  const secrets = envSecrets(env);
  const accounts = Object.entries(document.accounts).flatMap(([id, { secrets: names }]) =>
    Object.entries(names).map(([purpose, variable]) => ({ path: `accounts.${id}.secrets.${purpose}`, variable })),
  );
  const instances = Object.entries(document.instances).flatMap(([name, instance]) => [
    ...(instance.secrets.gateway === undefined ? [] : [{ path: `instances.${name}.secrets.gateway`, variable: instance.secrets.gateway }]),
    ...Object.entries(instance.native).map(([id, native]) => ({ path: `instances.${name}.native.${id}.secret`, variable: native.secret })),
  ]);
  return [...accounts, ...instances].filter(({ variable }) => secrets.get(variable) === undefined);
}
