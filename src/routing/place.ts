/**
 * A conversation without an instance gets one: eligible candidates, then the pool's strategy. Nobody unhealthy or draining is ever
 * chosen: while there is no better one the message is held, because a wrong instance costs the conversation its history.
 */
import type { InstanceConfig, PoolConfig } from "../config/schema.ts";
import type { InstanceStatus } from "../ports/instances.ts";
import { strategies } from "./registry.ts";
import type { Candidate, PlacementContext, Selector } from "./strategy.ts";

export interface PlaceContext extends PlacementContext {
  readonly instances: ReadonlyMap<string, InstanceConfig>;
  /** Instances that an operator is draining, when the caller's configuration knows it before the instance does. */
  readonly draining?: ReadonlySet<string>;
  /** Instances that were tried for this message, or are being left. */
  readonly exclude?: ReadonlySet<string>;
}

/** The instance, or why there is none now: a few words for the log. */
export type Placement = { readonly instance: string; readonly held?: undefined } | { readonly held: string; readonly instance?: undefined };

/** `statuses` are of the pool's instances; one that is missing counts as unhealthy. */
export function place(pool: PoolConfig, statuses: readonly InstanceStatus[], context: PlaceContext): Placement {
  const selector = selectorOf(pool.strategy);
  if (selector === undefined) return { held: "the strategy is unknown" };
  const healthy = statuses.filter(
    (status) => status.isHealthy && pool.instances.includes(status.name) && context.instances.has(status.name),
  );
  if (healthy.length === 0) return { held: "no instance is healthy" };
  const staying = healthy.filter((status) => !status.isDraining && context.draining?.has(status.name) !== true);
  if (staying.length === 0) return { held: "all healthy instances are draining" };
  const eligible = staying.filter((status) => context.exclude?.has(status.name) !== true);
  if (eligible.length === 0) return { held: "all healthy instances are excluded" };
  const chosen = selector.select(candidatesOf(eligible, context.instances), context);
  return chosen === undefined ? { held: "the strategy leaves no instance" } : { instance: chosen.name };
}

function candidatesOf(statuses: readonly InstanceStatus[], instances: PlaceContext["instances"]): readonly Candidate[] {
  return statuses.flatMap(({ name, pinsLately, pinsTotal, lastPinAtMs }) => {
    const instance = instances.get(name);
    if (instance === undefined) return [];
    const region = instance.region === undefined ? {} : { region: instance.region };
    return [{ name, weight: instance.weight, role: instance.role, ...region, pinsLately, pinsTotal, lastPinAtMs }];
  });
}

function selectorOf(config: PoolConfig["strategy"]): Selector | undefined {
  const { name, ...options } = typeof config === "string" ? { name: config } : config;
  const strategy = strategies.get(name);
  const checked = strategy?.options.safeParse(options);
  return checked?.success === true ? strategy?.create(checked.data) : undefined;
}
