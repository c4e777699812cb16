/**
 * A conversation without an instance gets one: eligible candidates, then the pool's strategy. Nobody unhealthy or draining is
 * chosen: while there is no better one the message is held, because a wrong instance costs the conversation its history. With too few
 * healthy ones those are taken too that only probes call down, for it may be the probes that are wrong (Envoy's panic threshold); and one
 * that is coming back gets a share of the conversations, the same ones whoever asks, while another of its role can take the rest.
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/panic_threshold
 */
import type { InstanceConfig, PoolConfig } from "../config/schema.ts";
import { hashUnit } from "../core/hash.ts";
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
  const members = statuses.filter(({ name }) => pool.instances.includes(name) && context.instances.has(name));
  const staying = members.filter(({ name, isDraining }) => !isDraining && context.draining?.has(name) !== true);
  const usable = usableOf(staying, pool.failover.panicPercent);
  if (usable.length === 0)
    return { held: members.some(({ isHealthy }) => isHealthy) ? "all healthy instances are draining" : "no instance is healthy" };
  const eligible = usable.filter(({ name }) => context.exclude?.has(name) !== true);
  if (eligible.length === 0) return { held: "all healthy instances are excluded" };
  const select = (from: readonly InstanceStatus[]) => selector.select(candidatesOf(from, context.instances), context);
  const first = select(eligible);
  const isSpared = eligible.some((status) => status.name === first?.name && !takesItsShare(status, context.conversation));
  // Only its equals take from it what it is spared: a standby would keep the conversations for good.
  const others = () =>
    eligible
      .filter(({ name }) => context.instances.get(name)?.role === first?.role)
      .filter((status) => takesItsShare(status, context.conversation));
  const chosen = (isSpared ? select(others()) : undefined) ?? first;
  return chosen === undefined ? { held: "the strategy leaves no instance" } : { instance: chosen.name };
}

function usableOf(staying: readonly InstanceStatus[], panicPercent: number): readonly InstanceStatus[] {
  const healthy = staying.filter(({ isHealthy }) => isHealthy);
  const isPanic = healthy.length === 0 || healthy.length * 100 < panicPercent * staying.length;
  return isPanic ? staying.filter(({ isHealthy, isDoubted }) => isHealthy || isDoubted === true) : healthy;
}

/** Another hash than that of any strategy, or the share would fall on those it would have lost anyway. */
const takesItsShare = ({ name, share }: InstanceStatus, conversation: string): boolean =>
  share === undefined || hashUnit(`${conversation}\n${name}\nback`) < share;

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
