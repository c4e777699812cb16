/** What conversations ask of instances' objects, over calls that may be lost: a lost word of health is a bad one, and a lost turn is a go. */

import type { Attempt, Effect, Entry } from "../../durable-objects/conversation/state.ts";
import { heldBackBy, isNews, isTroubled } from "../../durable-objects/conversation/turn-taking.ts";
import type { InstanceConfig, PoolConfig } from "../../src/config/schema.ts";
import type { DeliveryRules } from "../../src/core/delivery-rules.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import type { InstanceStatus, Turn } from "../../src/ports/instances.ts";
import { placeBeside } from "../../src/routing/canary.ts";
import type { Placement } from "../../src/routing/place.ts";
import type { ConversationObject } from "./conversation-object.ts";
import { Died } from "./durable.ts";
import type { InstanceObject } from "./instance-object.ts";
import { named, strikes, type World } from "./world.ts";

const GO: Turn = { verdict: "go" };

export function askInstance<Value>(world: World, instance: string, ask: (object: InstanceObject) => Value, unheard: Value): Value {
  if (strikes(world, world.plan.weather.lose)) return unheard;
  const object = named(world.instances, instance);
  try {
    return object.enter(() => ask(object));
  } catch (error) {
    if (!(error instanceof Died)) throw error;
    return unheard;
  }
}

/** As `durable-objects/conversation/turn-taking.ts` asks. */
export function heldBack(object: ConversationObject, entry: Entry, attempt: Attempt, nowMs: number): Outcome | undefined {
  const { world, ramps } = object;
  const { instance } = attempt;
  object.turn = undefined;
  const isRetry = isTroubled(entry);
  const isFree = !world.plan.isJudged || world.bug === "no-turns";
  if (isFree || (!isRetry && nowMs >= (ramps.get(instance) ?? 0))) return undefined;
  const turn = askInstance(world, instance, (object) => object.turn(isRetry), GO);
  if (turn.rampUntilMs !== undefined) ramps.set(instance, turn.rampUntilMs);
  object.turn = turn;
  if (turn.verdict === "wait" && world.bug === "no-ramp" && !turn.isDown) return undefined;
  return heldBackBy(entry, turn, nowMs);
}

export function report(world: World, { entry, attempt }: { readonly entry: Entry; readonly attempt: Attempt }, outcome: Outcome): void {
  if (!world.plan.isJudged || outcome.isHeldBack === true) return;
  if (isNews(entry, outcome)) askInstance(world, attempt.instance, (object) => object.report(outcome), undefined);
}

export function placed(object: ConversationObject, effect: Extract<Effect, { do: "choose" }>, rules: DeliveryRules): Placement {
  const { world, name } = object;
  const plan = world.plan.pools.find((pool) => pool.name === effect.pool);
  const pool = rules.pools[effect.pool];
  if (plan === undefined || pool === undefined) return { held: "the pool is gone" };
  const members = pool.instances.filter((instance) => !rules.draining.includes(instance));
  const doubts = world.bug === "panic-empties-pool" ? { isDoubted: false } : {};
  const statuses = members.map((instance) => ({
    ...askInstance(world, instance, (asked) => asked.status(), unheardOf(instance)),
    ...doubts,
  }));
  const { panicPercent } = plan;
  const config = { instances: pool.instances, strategy: plan.strategy, failover: { panicPercent } } as unknown as PoolConfig;
  const roleOf = (instance: string) => (pool.standbys.includes(instance) ? "standby" : "primary");
  const instances = new Map(pool.instances.map((instance) => [instance, { weight: 1, role: roleOf(instance) } as InstanceConfig]));
  const canary = world.operator.canaryOf(effect.pool, rules.number);
  return placeBeside(canary, config, statuses, { conversation: name, instances, exclude: new Set(effect.exclude) });
}

const unheardOf = (name: string): InstanceStatus => ({
  ...{ name, isHealthy: false, isDraining: false },
  ...{ pinsLately: 0, pinsTotal: 0, lastPinAtMs: 0 },
});
