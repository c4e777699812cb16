/** The Worker: ingress, egress, admin and operations on one origin, and the objects behind them. Everything not routed is 404. */
import { Hono } from "hono";
import type { Env } from "../durable-objects/env.ts";
import { adminApp } from "./admin/app.ts";
import { egressApp } from "./egress/app.ts";
import { egressDeps } from "./egress/deps.ts";
import { answerBug } from "./errors.ts";
import { ingressApp } from "./ingress/app.ts";
import { opsApp } from "./ops/app.ts";
import { sweep } from "./sweep.ts";

export { Bot } from "../durable-objects/bot/durable-object.ts";
export { Config } from "../durable-objects/config/durable-object.ts";
export { Conversation } from "../durable-objects/conversation/durable-object.ts";
export { Instance } from "../durable-objects/instance/durable-object.ts";
export { Shard } from "../durable-objects/shard/durable-object.ts";

const app = new Hono<{ Bindings: Env }>();
for (const room of [ingressApp, egressApp(egressDeps), opsApp, adminApp]) app.route("/", room);
app.notFound(() => new Response(null, { status: 404 }));
app.onError(answerBug);

export default {
  fetch: app.fetch,
  scheduled: (_event, env, context) => context.waitUntil(sweep(env)),
} satisfies ExportedHandler<Env>;
