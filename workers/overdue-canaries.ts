/** Canaries that nobody judged: an instance's object that says nothing must not leave one running for ever. Part of the sweep. */
import { routesSource } from "../durable-objects/config/source.ts";
import { configOf } from "../durable-objects/config/stub.ts";
import type { Env } from "../durable-objects/env.ts";
import { endOf, NO_EVIDENCE } from "../durable-objects/instance/canary.ts";
import { restOf } from "../durable-objects/instance/canary-desk.ts";
import { canaryEvidence } from "../durable-objects/instance/stub.ts";
import { systemClock } from "../durable-objects/runtime.ts";
import type { Canary } from "../src/core/canary.ts";

/** Past its end by this much, the instance's object has said nothing. */
const SILENT_MS = 120_000;

/** Asks Config, which also has those whose pool the routes that are served here do not have. */
export async function endOverdueCanaries(env: Env): Promise<void> {
  const { canaries = [], draining } = await configOf(env).status();
  const overdue = canaries.filter((canary) => isOverdue(canary) && !draining.includes(canary.instance));
  await Promise.allSettled(overdue.map((canary) => endOverdue(env, canary)));
}

/** It runs longer by the time that its instance drained; with nobody else well, its end would leave the pool to nobody. */
async function endOverdue(env: Env, canary: Canary): Promise<void> {
  const evidence = await canaryEvidence(env, canary).catch(() => NO_EVIDENCE);
  if (!isOverdue({ ...canary, untilMs: endOf(canary, evidence) })) return;
  const routes = (await routesSource(env).current())?.routes;
  if ((await restOf(env, routes, canary)).isNobodyWell) return;
  const { pool, id } = canary;
  const verdict = "inconclusive: nobody judged it";
  const atMs = systemClock.nowMs();
  await configOf(env).changeCanary({ kind: "canary-ended", pool, id, phase: "rolled-back", verdict, atMs });
}

const isOverdue = ({ phase, untilMs }: Canary): boolean => phase === "running" && systemClock.nowMs() >= untilMs + SILENT_MS;
