/**
 * `/admin/canaries`: trying an instance out with a share of a pool's new conversations, what was seen of it beside the rest, and its end
 * by an operator. The instance's object ends one by itself.
 */
import { Hono } from "hono";
import * as z from "zod/mini";
import { routesSource } from "../../durable-objects/config/source.ts";
import type { CanaryEvent } from "../../durable-objects/config/state.ts";
import { configOf } from "../../durable-objects/config/stub.ts";
import type { Env } from "../../durable-objects/env.ts";
import { endOf, figuresOf } from "../../durable-objects/instance/canary.ts";
import { canaryEvidence } from "../../durable-objects/instance/stub.ts";
import { systemClock, webDice } from "../../durable-objects/runtime.ts";
import type { Routes } from "../../src/config/routes.ts";
import type { Canary } from "../../src/core/canary.ts";
import { type AdminContext, type AdminError, answerError, notFound, operatorOf } from "./answer.ts";
import { canaryRefusal } from "./canary-refusal.ts";
import { nameIn, readInput } from "./read.ts";
import { inForce } from "./snapshot.ts";

const PREFIX = "/admin/canaries/";

export const canariesApp = new Hono<{ Bindings: Env }>();

canariesApp.get("/admin/canaries", async ({ env, json }) => {
  const { canaries = [] } = await configOf(env).status();
  return json({ canaries: await Promise.all(canaries.map((canary) => describe(env, canary))), nowMs: systemClock.nowMs() });
});

/** The one who cannot be compared with anybody, and whom half of a pool tries out, is no canary. */
const startSchema = z.strictObject({
  pool: z.string(),
  instance: z.string(),
  percentage: z._default(z.number().check(z.minimum(0.1), z.maximum(50)), 5),
  durationMs: z._default(z.int().check(z.minimum(60_000), z.maximum(7 * 86_400_000)), 1_800_000),
});

canariesApp.post("/admin/canaries", async (context) => {
  const input = await readInput(context, startSchema);
  if (!input.ok) return answerError(context, input.problem);
  const snapshot = await inForce(context.env);
  if (!snapshot.ok) return answerError(context, snapshot.problem);
  const { durationMs, ...asked } = input.value;
  const refusal = refusalOf(snapshot.value.routes, asked.pool, asked.instance);
  if (refusal !== undefined) return answerError(context, refusal);
  const startedAtMs = systemClock.nowMs();
  const canary: Canary = { ...asked, id: webDice.hex(8), startedAtMs, untilMs: startedAtMs + durationMs, phase: "running" };
  return change(context, { kind: "canary-started", canary, by: operatorOf(context) });
});

canariesApp.post(`${PREFIX}:pool/promote`, (context) => end(context, "promote", "promoted"));
canariesApp.post(`${PREFIX}:pool/rollback`, (context) => end(context, "rollback", "rolled-back"));

canariesApp.post(`${PREFIX}:pool/clear`, (context) =>
  change(context, {
    kind: "canary-cleared",
    pool: nameIn(context, PREFIX, "/clear") ?? "",
    atMs: systemClock.nowMs(),
    by: operatorOf(context),
  }),
);

const end = (context: AdminContext, verb: string, phase: "promoted" | "rolled-back"): Promise<Response> =>
  change(context, {
    kind: "canary-ended",
    pool: nameIn(context, PREFIX, `/${verb}`) ?? "",
    phase,
    verdict: "by an operator",
    atMs: systemClock.nowMs(),
    by: operatorOf(context),
  });

function refusalOf(routes: Routes, pool: string, instance: string): AdminError | undefined {
  const listed = routes.document.pools[pool];
  if (listed === undefined || !routes.pools.has(pool)) return unknownPool(pool);
  if (!routes.instances.has(instance)) return notFound("unknown-instance", `No instance is called ${instance.slice(0, 100)}.`);
  const message = canaryRefusal(routes, pool, listed, instance);
  return message === undefined ? undefined : { status: 409, code: "no-canary", message };
}

const unknownPool = (pool: string): AdminError => notFound("unknown-pool", `No pool is called ${pool.slice(0, 100)}.`);

async function change(context: AdminContext, event: CanaryEvent): Promise<Response> {
  const answer = await configOf(context.env).changeCanary(event);
  if (answer.status === "no-canary") return answerError(context, notFound("no-canary", "This pool has no canary."));
  if (answer.status === "unknown-instance") return answerError(context, notFound(answer.status, "The document has no such instance."));
  if (answer.status === "unknown-pool") return answerError(context, unknownPool(answer.pool));
  if (answer.status === "canary-stands") {
    const { pool, instance, phase } = answer.canary;
    const [how, verb, or] =
      phase === "running" ? ["End it", "rollback", ", or promote"] : ["List a promoted one in the document, or forget it", "clear", ""];
    const message = `${instance} is ${phase} in ${pool}. ${how} first: clawedge canary ${verb} ${pool}${or}`;
    return answerError(context, { status: 409, code: answer.status, message });
  }
  const number = "number" in answer ? answer.number : undefined;
  await routesSource(context.env).current(number);
  const { canaries = [] } = await configOf(context.env).status();
  const pool = event.kind === "canary-started" ? event.canary.pool : event.pool;
  return context.json({ changed: answer.status === "accepted", number, canary: canaries.find((canary) => canary.pool === pool) ?? null });
}

/** Both groups' figures; an object that cannot be asked is told as such. */
async function describe(env: Env, canary: Canary) {
  try {
    const evidence = await canaryEvidence(env, canary);
    const figures = { canary: figuresOf(evidence.canary), rest: figuresOf(evidence.control) };
    return { ...canary, untilMs: endOf(canary, evidence), figures };
  } catch (error) {
    return { ...canary, error: String(error) };
  }
}
