/** `POST /webhooks/:channel/:account`: reads the delivery, walks the journey, answers with an empty body. */
import { Hono } from "hono";
import { routesSource } from "../../durable-objects/config/source.ts";
import type { Env } from "../../durable-objects/env.ts";
import { jsonLog, systemClock } from "../../durable-objects/runtime.ts";
import { channels } from "../../src/channels/registry.ts";
import type { Delivery } from "../../src/core/delivery.ts";
import type { Problem } from "../../src/core/problem.ts";
import { accept } from "../../src/pipeline/journey.ts";
import { countRefusal, journeyPorts } from "../compose.ts";
import { answerBug } from "../errors.ts";
import { readBody } from "../read-body.ts";
import { respond } from "../wire.ts";

/** For paths whose channel does not exist: their answer must not be told from a wrong secret's. */
const UNKNOWN_CHANNEL_MAX_BYTES = 1024 * 1024;
const UNCONFIGURED_RETRY_MS = 5000;

export const ingressApp = new Hono<{ Bindings: Env }>();

ingressApp.onError((error, context) => {
  const response = answerBug(error, context);
  countRefusal(context.env, context.req.path.split("/").slice(2, 4).join(":"), response.status);
  return response;
});

ingressApp.post("/webhooks/:channel/:account", async (context) => {
  const { channel, account } = context.req.param();
  const request = context.req.raw;
  const arrivedAtMs = systemClock.nowMs();
  const body = await readBody(request, channels.get(channel)?.limits.maxBodyBytes ?? UNKNOWN_CHANNEL_MAX_BYTES);
  if (!body.ok) return refuse(body.problem, `${channel}:${account}`, context.env);
  const snapshot = await routesSource(context.env).current();
  if (snapshot === undefined) {
    return refuse(
      { kind: "unconfigured", detail: "no routes document is in force", retryAfterMs: UNCONFIGURED_RETRY_MS },
      `${channel}:${account}`,
      context.env,
    );
  }
  const delivery: Delivery = { method: request.method, url: request.url, headers: request.headers, body: body.value, arrivedAtMs };
  const client = clientOf(request, context.env);
  const accepted = await accept(delivery, { channel, account, client }, snapshot, journeyPorts(context.env, snapshot.routes));
  return accepted.ok ? new Response(null, { status: 200 }) : refuse(accepted.problem, `${channel}:${account}`, context.env);
});

/** The caller's address, only where the operator named a header that nobody but the platform can set. */
function clientOf(request: Request, env: Env): string | undefined {
  const header = env.CLIENT_ADDRESS_HEADER ?? "";
  return header === "" ? undefined : (request.headers.get(header) ?? undefined);
}

function refuse(problem: Problem, account: string, env: Env): Response {
  const level = problem.kind === "unconfigured" || problem.kind === "unstored" ? "error" : "warn";
  const { kind, ...facts } = problem;
  jsonLog.write({ level, event: "delivery.refused", problem: kind, ...facts, account: account.slice(0, 100) });
  const response = respond(problem);
  countRefusal(env, account, response.status);
  return response;
}
