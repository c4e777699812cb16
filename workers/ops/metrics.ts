/**
 * The numbers of the whole edge, gathered at the moment they are asked for: totals the objects keep durably, and gauges of how
 * things stand. Rejects when a part cannot be asked, because a total without it would look like a counter that fell.
 */
import { botDesk } from "../../durable-objects/bot/stub.ts";
import { routesSource } from "../../durable-objects/config/source.ts";
import { configOf } from "../../durable-objects/config/stub.ts";
import type { Env } from "../../durable-objects/env.ts";
import { type Evidence, figuresOf } from "../../durable-objects/instance/canary.ts";
import { canaryEvidence, instancesOf } from "../../durable-objects/instance/stub.ts";
import type { ShardReading } from "../../durable-objects/shard/durable-object.ts";
import { readShards } from "../../durable-objects/shard/stub.ts";
import type { Routes } from "../../src/config/routes.ts";
import type { Canary } from "../../src/core/canary.ts";
import { addDeltas, type Delta, series } from "../../src/core/series.ts";
import { residenciesOf } from "../sweep.ts";

export async function readMetrics(env: Env): Promise<Delta> {
  const routes = (await routesSource(env).current())?.routes;
  const residencies = routes === undefined ? [] : residenciesOf(routes);
  const [shards, config, bots, instances, canaries] = await Promise.all([
    readShards(env, residencies),
    configMetrics(env),
    botMetrics(env, routes),
    instanceMetrics(env, routes),
    canaryMetrics(env, routes),
  ]);
  return addDeltas(shards.delta, shardGauges(shards), config, bots, instances, canaries);
}

function shardGauges({ active, pending, dead }: ShardReading): Delta {
  const byInstance = Object.entries(active).map(([instance, count]) => [series("clawedge_active_conversations", { instance }), count]);
  return { ...Object.fromEntries(byInstance), clawedge_pending_conversations: pending, clawedge_dead_letters: dead };
}

async function configMetrics(env: Env): Promise<Delta> {
  const { number, lastRejected, counters } = await configOf(env).status();
  return addDeltas(counters, { clawedge_config_version: number ?? 0, clawedge_config_rejected: lastRejected === undefined ? 0 : 1 });
}

/** A bot that moved to other names is no longer asked: its series end with its account. */
async function botMetrics(env: Env, routes: Routes | undefined): Promise<Delta> {
  const desk = botDesk(env);
  return addDeltas(...(await Promise.all([...(routes?.accounts.keys() ?? [])].map((account) => desk.readMetrics(account)))));
}

async function instanceMetrics(env: Env, routes: Routes | undefined): Promise<Delta> {
  const statuses = await instancesOf(env).status([...(routes?.instances.keys() ?? [])]);
  const gauges = statuses.flatMap(({ name: instance, isHealthy, isDraining }) => [
    [series("clawedge_instance_healthy", { instance }), isHealthy ? 1 : 0] as const,
    [series("clawedge_instance_draining", { instance }), isDraining || routes?.draining.has(instance) === true ? 1 : 0] as const,
  ]);
  return Object.fromEntries(gauges);
}

/** Only while one runs. */
async function canaryMetrics(env: Env, routes: Routes | undefined): Promise<Delta> {
  const running = [...(routes?.canaries.values() ?? [])].filter(({ phase }) => phase === "running");
  const deltas = await Promise.all(running.map(async (canary) => canaryDelta(canary, await canaryEvidence(env, canary))));
  return addDeltas(...deltas);
}

function canaryDelta({ pool, instance }: Canary, { canary, control }: Evidence): Delta {
  const groups = Object.entries({ canary, control }).flatMap(([group, figures]) => {
    const { handed, errors, answered, p95Ms, answerP95Ms } = figuresOf(figures);
    const named = { handed, errors, answered, p95_ms: p95Ms, answer_p95_ms: answerP95Ms };
    return Object.entries(named).map(([name, value]) => [series(`clawedge_canary_${name}`, { pool, instance, group }), value] as const);
  });
  return Object.fromEntries(groups);
}
