/** When a drain has surely reached everybody: arithmetic over the waits of the configuration. Never asks anyone. */
import { ttlOf } from "../../durable-objects/config/source.ts";
import type { Env } from "../../durable-objects/env.ts";
import type { Routes } from "../../src/config/routes.ts";
import { deliveryRules } from "../../src/pipeline/deliver.ts";

/** KV shows a write elsewhere after 60 s or more. @see https://developers.cloudflare.com/kv/concepts/how-kv-works/#consistency */
const KV_STALE_MS = 60_000;

/** KV's own minimum; who trusts a copy for less reads KV at home, where a write is seen at once. */
const SHORTEST_KV_TTL_MS = 30_000;

/** An isolate that slept serves what it has while it looks: at most twice its TTL and the lease of that look. */
const LOOK_LEASE_MS = 10_000;

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

/** How long after a change of the drains the last isolate knows of it. */
export function knownAfterMs(env: Env): number {
  const ttlMs = ttlOf(env);
  return 2 * ttlMs + LOOK_LEASE_MS + (ttlMs < SHORTEST_KV_TTL_MS ? 0 : KV_STALE_MS);
}
