/** `/admin/instances`: what the edge knows of each gateway, taking one out of service and back, and checking one. */
import { Hono } from "hono";
import * as z from "zod/mini";
import { knownAfterMs, routesSource } from "../../durable-objects/config/source.ts";
import type { ConfigAnswer } from "../../durable-objects/config/state.ts";
import { configOf } from "../../durable-objects/config/stub.ts";
import type { Env } from "../../durable-objects/env.ts";
import type { InstanceDetails } from "../../durable-objects/instance/status.ts";
import { drainInstance, showInstance, undrainInstance } from "../../durable-objects/instance/stub.ts";
import { systemClock } from "../../durable-objects/runtime.ts";
import { readShards } from "../../durable-objects/shard/stub.ts";
import type { Routes } from "../../src/config/routes.ts";
import type { InstanceConfig } from "../../src/config/schema.ts";
import { residenciesOf } from "../sweep.ts";
import { type AdminContext, type AdminError, answerError, logChange, notFound, operatorOf } from "./answer.ts";
import { checkFromHere } from "./check.ts";
import { accountsOf } from "./linked.ts";
import { quietAfterMs } from "./quiet.ts";
import { nameIn, readInput } from "./read.ts";
import { inForce } from "./snapshot.ts";
import { resumeFromHere, suspendFromHere } from "./suspend.ts";

const PREFIX = "/admin/instances/";

/** Strict: one that asks for something else by mistake would move people. */
const drainSchema = z.strictObject({ returning: z._default(z.boolean(), false) });

export const instancesApp = new Hono<{ Bindings: Env }>();

instancesApp.get("/admin/instances", async (context) => {
  const snapshot = await inForce(context.env);
  if (!snapshot.ok) return answerError(context, snapshot.problem);
  const { routes } = snapshot.value;
  const { active } = await readShards(context.env, residenciesOf(routes));
  const names = [...routes.instances.keys()];
  const writtenAtMs = await writtenSince(context.env);
  const instances = await Promise.all(names.map((name) => describe(context.env, routes, name, writtenAtMs)));
  return context.json({ instances: instances.map((one) => ({ ...one, active: active[one.name] ?? 0 })) });
});

instancesApp.get(`${PREFIX}:name`, (context) =>
  forInstance(context, "", async (name, routes) =>
    context.json(await describe(context.env, routes, name, await writtenSince(context.env))),
  ),
);

/** The instance first: new conversations avoid it from the answer on. The document's drain list carries it to the pinned ones. */
instancesApp.post(`${PREFIX}:name/drain`, (context) =>
  forInstance(context, "/drain", async (name, routes) => {
    const input = await readInput(context, drainSchema);
    if (!input.ok) return answerError(context, input.problem);
    const isReturning = input.value.returning;
    const details = await drainInstance(context.env, name);
    const listed = await configOf(context.env).setDraining(name, true, operatorOf(context), { isReturning });
    if (listed.status === "unknown-instance") return answerError(context, unknownInstance(name));
    logChange(context, "admin.instance-drained", { instance: name, isReturning });
    const sinceMs = listed.status === "accepted" ? systemClock.nowMs() : (details.drainingSinceMs ?? systemClock.nowMs());
    return context.json({
      ...(await changed(context.env, name, listed)),
      drainingSinceMs: sinceMs,
      // At the earliest: not before KV has it, as whoever looks at the instance is told.
      quietAtMs: sinceMs + quietAfterMs(context.env, routes, name),
    });
  }),
);

instancesApp.post(`${PREFIX}:name/undrain`, (context) =>
  forInstance(context, "/undrain", async (name) => {
    await undrainInstance(context.env, name);
    const listed = await configOf(context.env).setDraining(name, false, operatorOf(context));
    logChange(context, "admin.instance-undrained", { instance: name });
    const knownAtMs = systemClock.nowMs() + knownAfterMs(context.env);
    return context.json({ ...(await changed(context.env, name, listed)), knownAtMs });
  }),
);

/** The gateway's own half of a planned restart: asked once more, it renews and tells how far it is. */
instancesApp.post(`${PREFIX}:name/suspend`, (context) =>
  forInstance(context, "/suspend", async (instance, _, config) => {
    const answer = await suspendFromHere(context.env, config);
    logChange(context, "admin.instance-suspended", { instance, status: answer.status });
    return context.json({ instance, ...answer });
  }),
);

instancesApp.post(`${PREFIX}:name/resume`, (context) =>
  forInstance(context, "/resume", async (instance, _, config) => {
    const answer = await resumeFromHere(context.env, config);
    logChange(context, "admin.instance-resumed", { instance, status: answer.status });
    return context.json({ instance, ...answer });
  }),
);

instancesApp.get(`${PREFIX}:name/check`, (context) =>
  forInstance(context, "/check", async (name, routes) => {
    const probesUpdate = context.req.query("probeUpdate") === "1";
    const takesTurns = context.req.query("noTurn") !== "1";
    return context.json(await checkFromHere(context.env, routes, { instance: name, probesUpdate, takesTurns }));
  }),
);

/** The isolate that answered knows the new list at once; KV carries it to the others. */
async function changed(env: Env, name: string, answer: ConfigAnswer) {
  const number = "number" in answer ? answer.number : undefined;
  await routesSource(env).current(number);
  return { instance: name, changed: answer.status === "accepted", number: number ?? null };
}

async function forInstance(
  context: AdminContext,
  suffix: string,
  work: (name: string, routes: Routes, config: InstanceConfig) => Promise<Response>,
): Promise<Response> {
  const snapshot = await inForce(context.env);
  if (!snapshot.ok) return answerError(context, snapshot.problem);
  const { routes } = snapshot.value;
  const name = nameIn(context, PREFIX, suffix) ?? "";
  const config = routes.instances.get(name);
  return config === undefined ? answerError(context, unknownInstance(name)) : work(name, routes, config);
}

export const unknownInstance = (name: string): AdminError =>
  notFound(
    "unknown-instance",
    `No instance is called ${name.slice(0, 100)} in the routes document in force. GET /admin/instances lists them.`,
  );

/** Since when KV has what is in force; as long as it has not, or nobody can say, not before now. */
async function writtenSince(env: Env): Promise<number> {
  const status = await configOf(env)
    .status()
    .catch(() => undefined);
  const { isWritten, writtenAtMs = 0 } = status?.copies.accepted ?? { isWritten: false };
  return isWritten ? writtenAtMs : systemClock.nowMs();
}

/** An object that cannot be asked is told as such; the others are still shown. */
async function describe(env: Env, routes: Routes, name: string, writtenAtMs: number) {
  const config = routes.instances.get(name);
  const pools = [...routes.pools].filter(([, pool]) => pool.instances.includes(name)).map(([pool]) => pool);
  const known: InstanceDetails | { readonly error: string } = await showInstance(env, name).catch((error: unknown) => ({
    error: String(error),
  }));
  const sinceMs = "drainingSinceMs" in known ? known.drainingSinceMs : undefined;
  return {
    ...{ name, url: config?.url ?? null, region: config?.region ?? null, role: config?.role, weight: config?.weight, pools },
    links: accountsOf(env, routes, name),
    ...known,
    isDrainListed: routes.draining.has(name),
    isReturning: routes.returning.has(name),
    hasAdminRpc: config?.adminRpc !== undefined && config.adminRpc !== false,
    nowMs: systemClock.nowMs(),
    quietAtMs: sinceMs === undefined ? null : Math.max(sinceMs, writtenAtMs) + quietAfterMs(env, routes, name),
    knownAtMs: writtenAtMs + knownAfterMs(env),
  };
}
