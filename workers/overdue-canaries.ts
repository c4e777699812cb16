/** Canaries that nobody judged: an instance's object that says nothing must not leave one running for ever. Part of the sweep. */
import { configOf } from "../durable-objects/config/stub.ts";
import type { Env } from "../durable-objects/env.ts";
import { systemClock } from "../durable-objects/runtime.ts";
import type { Routes } from "../src/config/routes.ts";

/** Past its end by this much, the instance's object has said nothing. */
const SILENT_MS = 120_000;

export async function endOverdueCanaries(env: Env, routes: Routes): Promise<void> {
  const atMs = systemClock.nowMs();
  const overdue = [...routes.canaries.values()].filter(({ phase, untilMs }) => phase === "running" && atMs >= untilMs + SILENT_MS);
  const verdict = "inconclusive: nobody judged it";
  const ended = overdue.map(({ pool, id }) =>
    configOf(env).changeCanary({ kind: "canary-ended", pool, id, phase: "rolled-back", verdict, atMs }),
  );
  await Promise.allSettled(ended);
}
