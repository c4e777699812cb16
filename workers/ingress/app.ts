/** `/webhooks/:channel/:account`: reads the delivery, walks the journey, answers with an empty body; or answers the platform that asks first. */
import { Hono } from "hono";
import { routesSource } from "../../durable-objects/config/source.ts";
import type { Env } from "../../durable-objects/env.ts";
import { jsonLog, systemClock } from "../../durable-objects/runtime.ts";
import { channels } from "../../src/channels/registry.ts";
import type { Delivery } from "../../src/core/delivery.ts";
import type { Problem } from "../../src/core/problem.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";
import { accept } from "../../src/pipeline/journey.ts";
import type { Snapshot } from "../../src/pipeline/snapshot.ts";
import { greet, type Target } from "../../src/pipeline/verify.ts";
import { countRefusal, journeyPorts } from "../compose.ts";
import { answerBug } from "../errors.ts";
import { readBody } from "../read-body.ts";
import { respond } from "../wire.ts";
import { sendAway, shed } from "./shed.ts";

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
  const away = shed(idOf(context.req.param()), context.env);
  if (away !== undefined) return away;
  const arrival = await arrived(context.req.raw, context.req.param(), context.env);
  if (!arrival.ok) return refuse(arrival.problem, idOf(context.req.param()), context.env);
  const { delivery, target, snapshot } = arrival.value;
  const accepted = await accept(delivery, target, snapshot, journeyPorts(context.env, snapshot.routes));
  return accepted.ok ? new Response(null, { status: 200 }) : refuse(accepted.problem, idOf(target), context.env);
});

/** Some platforms ask whether the address is ours before they send anything; to the others there is nothing to get here. */
ingressApp.get("/webhooks/:channel/:account", async (context) => {
  if (channels.get(context.req.param("channel"))?.handshake === undefined) return context.notFound();
  const arrival = await arrived(context.req.raw, context.req.param(), context.env);
  if (!arrival.ok) return refuse(arrival.problem, idOf(context.req.param()), context.env);
  const { delivery, target, snapshot } = arrival.value;
  const greeted = await greet(delivery, target, { snapshot, ports: journeyPorts(context.env, snapshot.routes) });
  if (greeted.ok) return new Response(greeted.value, { status: 200, headers: PLAIN });
  const refused = refuse(greeted.problem, idOf(target), context.env);
  // What Meta documents for a wrong token. https://developers.facebook.com/docs/graph-api/webhooks/getting-started
  return refused.status === UNVERIFIED ? new Response(null, { status: 403 }) : refused;
});

const UNVERIFIED = 401;

/** A challenge is given back as it came: nobody may take it for a page. */
const PLAIN = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" };

interface Path {
  readonly channel: string;
  readonly account: string;
}

const idOf = ({ channel, account }: Path): string => `${channel}:${account}`;

interface Arrival {
  readonly delivery: Delivery;
  readonly target: Target;
  readonly snapshot: Snapshot;
}

async function arrived(request: Request, { channel, account }: Path, env: Env): Promise<Result<Arrival, Problem>> {
  const arrivedAtMs = systemClock.nowMs();
  const body = await readBody(request, channels.get(channel)?.limits.maxBodyBytes ?? UNKNOWN_CHANNEL_MAX_BYTES);
  if (!body.ok) return body;
  const snapshot = await routesSource(env).current();
  if (snapshot === undefined) {
    return fail({ kind: "unconfigured", detail: "no routes document is in force", retryAfterMs: UNCONFIGURED_RETRY_MS });
  }
  const delivery: Delivery = { method: request.method, url: request.url, headers: request.headers, body: body.value, arrivedAtMs };
  return ok({ delivery, target: { channel, account, client: clientOf(request, env) }, snapshot });
}

/** The caller's address, only where the operator named a header that nobody but the platform can set. */
function clientOf(request: Request, env: Env): string | undefined {
  const header = env.CLIENT_ADDRESS_HEADER ?? "";
  return header === "" ? undefined : (request.headers.get(header) ?? undefined);
}

function refuse(problem: Problem, account: string, env: Env): Response {
  if (problem.kind === "overloaded") return sendAway(problem, env);
  const level = problem.kind === "unconfigured" || problem.kind === "unstored" ? "error" : "warn";
  const { kind, ...facts } = problem;
  jsonLog.write({ level, event: "delivery.refused", problem: kind, ...facts, account: account.slice(0, 100) });
  const response = respond(problem);
  countRefusal(env, account, response.status);
  return response;
}
