/**
 * Placement in a pool that tries an instance out: the conversations drawn for the canary get it while it can take them, all others
 * are placed among the rest, and at the canary when nobody of those is well. Who has an instance already is not asked here, and stays where they are.
 */
import type { PoolConfig } from "../config/schema.ts";
import { type Canary, groupOf } from "../core/canary.ts";
import type { InstanceStatus } from "../ports/instances.ts";
import { type PlaceContext, type Placement, place } from "./place.ts";

export function placeBeside(
  canary: Canary | undefined,
  pool: PoolConfig,
  statuses: readonly InstanceStatus[],
  context: PlaceContext,
): Placement {
  if (canary?.phase !== "running") return place(pool, statuses, context);
  // No panic makes use of a canary that is out.
  const its = statuses.filter(({ name, isHealthy }) => name === canary.instance && isHealthy);
  const rest = statuses.filter(({ name }) => name !== canary.instance);
  // The draw has chosen already; the pool's strategy may be one that knows no other name than its own.
  const toCanary = (): Placement => place({ ...pool, strategy: "rendezvous" }, its, context);
  const drawn = groupOf(canary, context.conversation) === "canary" ? toCanary() : undefined;
  if (drawn?.instance !== undefined) return drawn;
  const placed = place(pool, rest, context);
  if (placed.instance !== undefined && rest.some(({ isHealthy, isDraining }) => isHealthy && !isDraining)) return placed;
  const instead = toCanary();
  return instead.instance === undefined ? placed : instead;
}
