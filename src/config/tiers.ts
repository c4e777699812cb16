/** Whom a pool asks over /v1 for a message: its agent, or that of the message's tier. */
import type { PoolConfig } from "./schema.ts";

export type Tier = keyof NonNullable<PoolConfig["tiers"]>;

export interface Asked {
  /** Undefined: the gateway's default agent. */
  readonly agent: string | undefined;
  /** In place of the agent's own; only an operator may choose it. */
  readonly model: string | undefined;
}

export function askedIn(pool: PoolConfig, tier: Tier | undefined): Asked {
  const named = tier === undefined ? undefined : pool.tiers?.[tier];
  const { agent = pool.agent, model } = typeof named === "string" ? { agent: named } : (named ?? {});
  return { agent, model: pool.acceptsOperatorAuthority ? model : undefined };
}

/** Every agent that may be asked: each needs as few rights as the others. */
export const agentsOf = (pool: PoolConfig): readonly (string | undefined)[] => [
  ...new Set([pool.agent, askedIn(pool, "simple").agent, askedIn(pool, "complex").agent]),
];

/** A session is an agent's: between two agents of a pool nothing that was said is shared. */
export const hasApartTiers = (pool: PoolConfig): boolean => askedIn(pool, "simple").agent !== askedIn(pool, "complex").agent;
