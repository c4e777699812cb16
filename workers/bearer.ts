/**
 * The door of everything that is the operator's: one bearer token, compared in constant time. No token set means that there is
 * nothing here; a wrong one learns nothing. Failures are throttled in the memory of the isolate, before any hashing.
 */
import type { MiddlewareHandler } from "hono";
import type { Env } from "../durable-objects/env.ts";
import { envSecrets, jsonLog, systemClock } from "../durable-objects/runtime.ts";
import { equalsSecret } from "../src/core/crypto.ts";
import { createShield } from "../src/pipeline/shield.ts";
import type { Shield } from "../src/ports/shield.ts";

export type OperatorToken = "ADMIN_TOKEN" | "METRICS_TOKEN";

/** One scheme, one space, one token of visible characters: a header sent twice arrives joined by ", " and is refused. */
const BEARER = /^Bearer ([\x21-\x7e]{1,512})$/;

export function bearerGate(names: readonly OperatorToken[], shield: Shield = createShield()): MiddlewareHandler<{ Bindings: Env }> {
  return async ({ env, req }, next) => {
    const tokens = names.flatMap((name) => envSecrets(env).get(name) ?? []);
    if (tokens.length === 0) return new Response(null, { status: 404 });
    const header = req.header("authorization") ?? "";
    const source = sourceOf(env, req.raw, header);
    const retryAfterMs = shield.refuses(source, systemClock.nowMs());
    if (retryAfterMs !== undefined) return refuse(429, { "retry-after": String(Math.ceil(retryAfterMs / 1000)) });

    const given = BEARER.exec(header)?.[1] ?? "";
    const verdicts = await Promise.all(tokens.map((token) => equalsSecret(given, token.open())));
    if (verdicts.includes(true)) return next();
    shield.charge(source, systemClock.nowMs());
    jsonLog.write({ level: "warn", event: "operator.refused", path: new URL(req.url).pathname.split("/").slice(0, 3).join("/") });
    return refuse(401, { "www-authenticate": "Bearer" });
  };
}

/** An address is shared, and its neighbours guess: one wrong token repeated is refused soon, and the genuine one never shares its fate. */
function sourceOf(env: Env, request: Request, header: string): string {
  const name = env.CLIENT_ADDRESS_HEADER ?? "";
  return `${name === "" ? "" : (request.headers.get(name) ?? "")} ${header.slice(0, 64)}`;
}

const refuse = (status: 401 | 429, headers: Readonly<Record<string, string>>): Response => new Response(null, { status, headers });
