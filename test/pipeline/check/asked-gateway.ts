/**
 * A stand-in for a gateway that is asked over /v1, as far as `instance check` asks: who the caller is, what scopes and roles make of
 * it, which agents there are, and which tools they have. It answers as OpenClaw 2026.9.6 does.
 * @see https://docs.openclaw.ai/gateway/openai-http-api
 */
import { channels } from "../../../src/channels/registry.ts";
import { Secret } from "../../../src/core/secret.ts";
import { type CheckPorts, type CheckRequest, checkInstance } from "../../../src/pipeline/check/check.ts";
import { loadForTest } from "../../support/catalogue.ts";

export const USER = "clawedge-7f3a9c41d2e85b06";
export const SERVICE_TOKEN = "access-client-secret-0123456789";
export const GATEWAY_TOKEN = "gateway-token-0123456789abcdef";
const NO_TOOLS: readonly string[] = [];

export interface GatewayTraits {
  readonly mode: "trusted-proxy" | "token";
  /** What `gateway.roles` caps everybody at. */
  readonly role: { readonly scopes: readonly string[]; readonly agents: readonly string[] } | undefined;
  /** Each agent's tools; only those a probe can name. */
  readonly agents: Readonly<Record<string, readonly string[]>>;
  readonly hasChat: boolean;
  readonly hasResponses: boolean;
}

export const RECOMMENDED: GatewayTraits = {
  mode: "trusted-proxy",
  role: { scopes: ["operator.write"], agents: ["sales-public"] },
  agents: { main: ["tool_search", "gateway"], "sales-public": NO_TOOLS },
  hasChat: true,
  hasResponses: true,
};

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

const error = (status: number, type: string, message: string, details?: object): Response =>
  Response.json({ error: { type, message, ...(details === undefined ? {} : { details }) } }, { status });
const lacking = (scope: string): Response => error(403, "forbidden", `missing scope: ${scope}`, { code: "MISSING_SCOPE" });
const notFound = (): Response => new Response("Not Found", { status: 404 });

const IMPLIED: Readonly<Record<string, readonly string[]>> = {
  "operator.admin": ["operator.admin", "operator.write", "operator.read"],
  "operator.write": ["operator.write", "operator.read"],
};

function scopesOf({ mode, role }: GatewayTraits, headers: Headers): readonly string[] {
  const asked = headers.get("x-openclaw-scopes");
  const wanted = mode === "token" || asked === null ? ["operator.admin"] : asked.split(",");
  const capped = role === undefined || mode === "token" ? wanted : wanted.filter((scope) => role.scopes.includes(scope));
  return capped.flatMap((scope) => IMPLIED[scope] ?? []);
}

/** What a proxy before the gateway hands on to it as the caller's authorization. */
export const PROXY_HEADER = "x-token-for-the-way";

function unknownCaller({ mode }: GatewayTraits, headers: Headers): Response | undefined {
  if (mode === "token") {
    return (headers.get("authorization") ?? headers.get(PROXY_HEADER)) === `Bearer ${GATEWAY_TOKEN}`
      ? undefined
      : error(401, "unauthorized", "Unauthorized");
  }
  if (headers.get("x-forwarded-for") === null) return error(403, "proxy_attribution_required", "Proxy client attribution is required.");
  return headers.get("x-clawedge-user") === USER ? undefined : error(401, "unauthorized", "Unauthorized");
}

function answerModels(traits: GatewayTraits, { path }: Asked, scopes: readonly string[]): Response {
  if (!scopes.includes("operator.read")) return lacking("operator.read");
  const ids = ["openclaw", "openclaw/default", ...Object.keys(traits.agents).map((agent) => `openclaw/${agent}`)];
  const one = decodeURIComponent(path.slice("/v1/models/".length));
  if (one === "") return Response.json({ object: "list", data: ids.map((id) => ({ id })) });
  return ids.includes(one) ? Response.json({ id: one }) : error(404, "invalid_request_error", `Model '${one}' not found.`);
}

function answerChat(traits: GatewayTraits, { headers, body }: Asked, scopes: readonly string[]): Response {
  const needed = headers.has("x-openclaw-model") ? "operator.admin" : "operator.write";
  if (!scopes.includes(needed)) return lacking(needed);
  const agent = String(body["model"]).slice("openclaw/".length);
  if (traits.role?.agents.includes(agent) === false)
    return error(403, "forbidden", `Your operator role cannot create sessions for ${agent}`);
  if (body["messages"] === undefined) return error(400, "invalid_request_error", "Missing user message in `messages`.");
  const has = traits.agents[agent];
  if (has === undefined) return error(400, "invalid_request_error", `Unknown agent '${agent}'.`);
  const named = (body["tools"] as readonly { readonly function: { readonly name: string } }[]).map((tool) => tool.function.name);
  if (named.some((name) => has.includes(name))) return error(400, "invalid_request_error", "invalid tool configuration");
  return Response.json({ object: "chat.completion", choices: [{ message: { content: "pong" }, finish_reason: "stop" }] });
}

const PROBES: Readonly<Record<string, object>> = {
  "/startupz": { ok: true, status: "started", version: "2026.9.6" },
  "/readyz": { ready: true },
  "/healthz": { ok: true },
};

function answerOf(traits: GatewayTraits, asked: Asked): Response {
  const { path } = asked;
  if (PROBES[path] !== undefined) return Response.json(PROBES[path]);
  if (!traits.hasChat && !path.startsWith("/v1/responses")) return notFound();
  const refusal = unknownCaller(traits, asked.headers);
  if (refusal !== undefined) return refusal;
  const scopes = scopesOf(traits, asked.headers);
  if (path.startsWith("/v1/models")) return answerModels(traits, asked, scopes);
  if (path === "/v1/chat/completions") return answerChat(traits, asked, scopes);
  if (path === "/v1/responses" && traits.hasResponses) return error(400, "invalid_request_error", "input: Invalid input");
  return notFound();
}

const asked = (url: string, init: RequestInit): Asked => ({
  method: init.method ?? "GET",
  path: new URL(url).pathname,
  headers: new Headers(init.headers),
  body: init.body === undefined ? {} : JSON.parse(new TextDecoder().decode(init.body as Uint8Array)),
});

/** Another answer than the gateway's own, to one request; undefined leaves it be. */
export type Bend = (asked: Asked) => Response | undefined;

export interface Setting {
  readonly traits?: Partial<GatewayTraits>;
  readonly instance?: object;
  readonly pools?: Readonly<Record<string, object>>;
  readonly rules?: readonly object[];
  readonly bend?: Bend;
  /** Answer of `config.get`. */
  readonly entries?: object;
  readonly request?: Partial<CheckRequest>;
  readonly secrets?: Readonly<Record<string, string>>;
}

export const SALES = { instances: ["us-1"], agent: "sales-public", channels: ["whatsapp"] };
const INSTANCE = {
  url: "http://127.0.0.1:1001",
  forwardedFor: "203.0.113.7",
  chat: { user: USER, headers: { "cf-access-client-secret": "ACCESS_SECRET" } },
};

/** What the check finds at such a gateway, and what it asked there. */
export async function checked({ traits, instance, pools, rules, bend, entries, request, secrets }: Setting = {}) {
  const calls: Asked[] = [];
  const { routes } = loadForTest({
    accounts: {
      "whatsapp:sales": {
        pool: "sales",
        phoneNumberId: "106540352242922",
        secrets: { app: "WA_APP", verify: "WA_VERIFY", token: "WA_TOKEN" },
      },
    },
    instances: { "us-1": { ...INSTANCE, ...instance } },
    pools: { sales: SALES, ...pools },
    rules: rules ?? [],
  });
  const opened: Readonly<Record<string, string>> = secrets ?? { ACCESS_SECRET: SERVICE_TOKEN, GATEWAY: GATEWAY_TOKEN };
  const ports: CheckPorts = {
    channels,
    rules: { allowPrivate: true },
    secrets: { get: (name) => (opened[name] === undefined ? undefined : new Secret(opened[name])) },
    addresses: () => ({ webhookUrl: undefined, apiRoot: undefined }),
    spanId: "00f067aa0ba902b7",
    clock: { nowMs: () => 1_000_000, sleep: () => new Promise(() => undefined) },
    http: {
      fetch: async (url, init) => {
        const call = asked(url, init);
        calls.push(call);
        if (call.path === "/api/v1/admin/rpc" && entries !== undefined) {
          return Response.json({ ok: true, payload: { valid: true, config: { agents: { entries } } } });
        }
        return bend?.(call) ?? answerOf({ ...RECOMMENDED, ...traits }, call);
      },
    },
  };
  const given = { instance: "us-1", probesUpdate: false, takesTurns: true, accepted: 0, pollers: undefined };
  const report = await checkInstance({ ...given, ...request }, routes, ports);
  return { report, calls, routes };
}

export const isTurn = ({ body }: Asked): boolean => body["messages"] !== undefined;
