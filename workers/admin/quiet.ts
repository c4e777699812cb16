/** When a drain has surely reached everybody: arithmetic over the waits of the configuration. Never asks anyone. */
import { knownAfterMs } from "../../durable-objects/config/source.ts";
import type { Env } from "../../durable-objects/env.ts";
import type { Routes } from "../../src/config/routes.ts";
import { deliveryRules } from "../../src/pipeline/deliver.ts";

/**
 * How long after its drain an instance may still be handed messages: until the last isolate knows, and its last attempt is over.
 * Messages it accepted before are its own; its supervisor's shutdown lets it finish them.
 */
export function quietAfterMs(env: Env, routes: Routes, instance: string): number {
  const links = Object.values(deliveryRules(routes).links[instance] ?? {});
  const own = Math.max(0, ...links.map((link) => link.attemptMs));
  const attempts = poolsOf(routes, instance).map((name) => routes.pools.get(name)?.failover.attemptMs ?? own);
  return knownAfterMs(env) + (attempts.length === 0 ? own : Math.max(...attempts));
}

/** Also one whose canary it was: what was handed to it before that ended may still be on its way. */
const poolsOf = ({ document, canaries }: Routes, instance: string): readonly string[] =>
  Object.keys(document.pools).filter(
    (name) => document.pools[name]?.instances.includes(instance) === true || canaries.get(name)?.instance === instance,
  );
