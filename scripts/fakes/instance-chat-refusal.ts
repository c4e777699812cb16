/** How a gateway's `/v1` says no, word for word as one was heard. Outermost edge only. @see https://docs.openclaw.ai/gateway/openai-http-api */
import type { ServerResponse } from "node:http";

export interface Refusal {
  readonly status: number;
  /** Text is sent as text. */
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

const error = (status: number, type: string, message: string, code?: string): Refusal => ({
  status,
  body: { error: { message, type, ...(code === undefined ? {} : { code }) } },
});

export const invalid = (message: string): Refusal => error(400, "invalid_request_error", message);
export const tooLarge = error(413, "invalid_request_error", "Payload too large");
export const unauthorized = error(401, "unauthorized", "Unauthorized");
export const apiError = (status: number): Refusal => error(status, "api_error", "upstream provider error");
export const noSuchModel = (id: string): Refusal => error(404, "invalid_request_error", `Model '${id}' not found.`);

export const attributionRequired = error(
  403,
  "proxy_attribution_required",
  "Proxy client attribution is required. Configure gateway.trustedProxies narrowly and make the proxy overwrite or safely rebuild forwarded client headers.",
);

export const missingScope = (scope: string): Refusal => ({
  status: 403,
  body: {
    ok: false,
    error: {
      type: "forbidden",
      message: `missing scope: ${scope}`,
      details: { code: "MISSING_SCOPE", missingScope: scope, requiredScopes: [scope] },
    },
  },
});

export const wrongMethod = (allow: string): Refusal => ({ status: 405, body: "Method Not Allowed", headers: { Allow: allow } });

export const rateLimited = (retryAfterS: number): Refusal => ({
  ...error(429, "rate_limited", "Too many failed authentication attempts. Please try again later."),
  headers: { "Retry-After": `${retryAfterS}` },
});

export const unavailable: Refusal = {
  ...error(503, "service_unavailable", "Gateway is temporarily unavailable while suspending or restarting", "gateway_unavailable"),
  headers: { "Cache-Control": "no-store", "Retry-After": "1" },
};

export function refuse(response: ServerResponse, { status, body, headers = {} }: Refusal): void {
  const type = typeof body === "string" ? "text/plain" : "application/json";
  response.writeHead(status, { ...headers, "content-type": `${type}; charset=utf-8` });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}
