/** What monitors ask: is the Worker up, can it route, and its numbers. Only the numbers need a token. */
import { Hono } from "hono";
import { routesSource } from "../../durable-objects/config/source.ts";
import type { Env } from "../../durable-objects/env.ts";
import { EXPOSITION_CONTENT_TYPE, exposition } from "../../src/core/exposition.ts";
import { bearerGate } from "../bearer.ts";
import { answerBug } from "../errors.ts";
import { readMetrics } from "./metrics.ts";

const NOT_READY = "no routes document is in force: push one with `clawedge routes push FILE`";

export const opsApp = new Hono<{ Bindings: Env }>();

opsApp.onError(answerBug);

opsApp.get("/healthz", (context) => context.json({ ok: true }));

opsApp.get("/readyz", async (context) => {
  const snapshot = await routesSource(context.env).current();
  if (snapshot === undefined) return context.json({ ready: false, reason: NOT_READY }, 503);
  return context.json({ ready: true, routes: snapshot.routes.number });
});

opsApp.get("/metrics", bearerGate(["METRICS_TOKEN", "ADMIN_TOKEN"]), async (context) =>
  context.body(exposition(await readMetrics(context.env)), 200, { "content-type": EXPOSITION_CONTENT_TYPE }),
);
