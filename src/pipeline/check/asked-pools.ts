/** The pools for which an instance's agents are asked over /v1, read from the document: one entry for each agent. Pure. */
import { canReach } from "../../config/ids.ts";
import type { Routes } from "../../config/routes.ts";
import { agentsOf } from "../../config/tiers.ts";
import { linkOf } from "../link-of.ts";

export interface AskedPool {
  readonly name: string;
  /** Undefined: the gateway's default agent. */
  readonly agent: string | undefined;
  /** Whose messages come this way; a gateway is told the channel with each. */
  readonly channels: readonly string[];
  readonly acceptsOperatorAuthority: boolean;
}

export function askedPools(routes: Routes, instance: string): readonly AskedPool[] {
  return [...routes.pools].flatMap(([name, pool]) => {
    if (!pool.instances.includes(instance)) return [];
    const asking = [...routes.accounts.values()].filter(
      ({ id }) => canReach(routes.document, id, name, pool) && linkOf(routes, instance, id)?.name === "chat",
    );
    const { acceptsOperatorAuthority } = pool;
    const channels = [...new Set(asking.map(({ channel }) => channel))];
    const named = (agent: string | undefined) => (agent === pool.agent ? name : `${name}, ${agent}`);
    return channels.length === 0 ? [] : agentsOf(pool).map((agent) => ({ name: named(agent), agent, channels, acceptsOperatorAuthority }));
  });
}
