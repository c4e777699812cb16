/** Which failures eject an instance: settings stand with pools, an instance is one. */
import type { EjectionRule } from "../../src/core/ejection.ts";
import type { Snapshot } from "../../src/pipeline/snapshot.ts";

/** The schema's defaults, for reports that arrive while no document can be read. */
const DEFAULT_RULE: EjectionRule = { maxFails: 3, failTimeoutMs: 10_000 };

/** Of several pools that hold it the most careful one counts: fewest failures, longest time. */
export function ejectionRule(snapshot: Snapshot | undefined, instance: string): EjectionRule {
  const pools = [...(snapshot?.routes.pools.values() ?? [])].filter((pool) => pool.instances.includes(instance));
  if (pools.length === 0) return DEFAULT_RULE;
  return {
    maxFails: Math.min(...pools.map((pool) => pool.failover.maxFails)),
    failTimeoutMs: Math.max(...pools.map((pool) => pool.failover.failTimeoutMs)),
  };
}
