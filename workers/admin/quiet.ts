/** When a drain has surely reached everybody: arithmetic over the waits of the configuration. Never asks anyone. */
import { knownAfterMs } from "../../durable-objects/config/source.ts";
import type { Env } from "../../durable-objects/env.ts";
import type { Routes } from "../../src/config/routes.ts";
import { deliveryRules } from "../../src/pipeline/deliver.ts";

/**
 * How long after its drain an instance may still be handed messages: until the last isolate knows, and its last attempt is over, or
 * the last turn that tells it of a conversation. Messages it accepted before are its own; its supervisor's shutdown lets it finish them.
 */
export function quietAfterMs(env: Env, routes: Routes, instance: string): number {
  const { links, reach } = deliveryRules(routes);
  const own = Object.entries(links[instance] ?? {});
  const inPools = poolsOf(routes, instance).flatMap((name) => {
    const { failover, handover } = routes.pools.get(name) ?? {};
    // A link by which no message comes to the pool is none of its.
    const ofPool = own.filter(([account]) => reach[account]?.includes(name)).map(([, { attemptMs }]) => attemptMs);
    return [...(failover?.attemptMs === undefined ? ofPool : [failover.attemptMs]), handover?.deadlineMs ?? 0];
  });
  const attempts = inPools.length === 0 ? own.map(([, { attemptMs }]) => attemptMs) : inPools;
  return knownAfterMs(env) + Math.max(0, ...attempts);
}

/** Also one whose canary it was: what was handed to it before that ended may still be on its way. */
const poolsOf = ({ document, canaries }: Routes, instance: string): readonly string[] =>
  Object.keys(document.pools).filter(
    (name) => document.pools[name]?.instances.includes(instance) === true || canaries.get(name)?.instance === instance,
  );
