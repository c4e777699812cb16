/** What a gateway, or whatever stands before it, means by an answer that is not a success. */
import { parseJson } from "../../core/json.ts";
import type { Outcome } from "../../core/outcome.ts";
import { NOT_SENT_BY_CLOUDFLARE } from "../native/outcome.ts";
import { retryAfterMs } from "../retry-after.ts";
import type { StreamExchange } from "../stream-exchange.ts";
import { memberOf } from "./reading.ts";
import type { Found } from "./sink.ts";

export interface Facts {
  readonly nowMs: number;
  readonly deadlineMs: number;
  /** The setting that turns on the endpoint that was asked. */
  readonly setting: string;
  /** Takes the credentials out of a text. */
  readonly scrubbed: (text: string) => string;
}

type Answered = Extract<StreamExchange<Found>, { readonly kind: "answered" }>;

/** The gateway's own words for a request that it does not take; everything else in an error's type is the model's. */
const OURS: ReadonlySet<string> = new Set(["unauthorized", "forbidden", "proxy_attribution_required", "invalid_request_error"]);
/**
 * Requests that are refused for what was passed on, not for how the gateway is set up. They are told apart by their texts alone.
 * @see https://github.com/openclaw/openclaw/blob/main/src/gateway/openai-http.ts
 */
const ABOUT_PAYLOAD = /^Invalid image_url content|^Missing user message|^invalid request$|^input\b|^messages\b/;
const PAYLOAD: ReadonlySet<number> = new Set([400, 413, 415, 422]);
const MAX_REASON_LENGTH = 200;

export function outcomeOfRefusal({ status, headers, found }: Answered, facts: Facts): Outcome {
  const error = errorIn(found);
  const said = { status, detail: `http ${status}` };
  if (status >= 300 && status < 400) return { status, kind: "failed", detail: `redirect (http ${status}), not followed` };
  if (status === 429) return { ...said, kind: "busy", ...waitOf(headers, facts) };
  // The request was not received whole.
  if (status === 408) return { ...said, kind: "failed" };
  if (status === 413) return { ...said, kind: "refused", isPermanent: true };
  if (status >= 400 && status < 500) return { status, ...outcomeOfClientError(status, error, facts) };
  if (status === 503 && error?.code === "gateway_unavailable")
    return { ...said, kind: "busy", isDraining: true, ...waitOf(headers, facts) };
  if (status === 502 && error?.type === "api_error") return { status, kind: "model-failed", detail: "the model failed: api_error" };
  return { ...said, kind: NOT_SENT_BY_CLOUDFLARE.has(status) ? "unreachable" : "unknown" };
}

function waitOf(headers: Headers, { nowMs }: Facts): { readonly retryAfterMs?: number } {
  const waitMs = retryAfterMs(headers, nowMs);
  return waitMs === undefined ? {} : { retryAfterMs: waitMs };
}

interface GatewayError {
  readonly type: string;
  readonly code: unknown;
  readonly message: unknown;
}

function outcomeOfClientError(status: number, error: GatewayError | undefined, { setting, scrubbed }: Facts): Outcome {
  if (error === undefined) {
    const isMissing = status === 404 || status === 405;
    return { kind: "refused", isPermanent: false, detail: `http ${status}${isMissing ? `: is ${setting} on?` : ""}` };
  }
  if (!OURS.has(error.type)) return { kind: "model-failed", detail: `the model failed: http ${status}` };
  const message = typeof error.message === "string" ? error.message : "";
  const reason = scrubbed(message)
    .replace(/\p{Cc}+/gu, " ")
    .slice(0, MAX_REASON_LENGTH)
    .toWellFormed();
  const isPermanent = PAYLOAD.has(status) && ABOUT_PAYLOAD.test(message);
  return { kind: "refused", isPermanent, detail: [`http ${status}`, reason].filter((part) => part !== "").join(": ") };
}

/** Undefined for a refusal that is not in a gateway's words: something else answers there. */
function errorIn(found: Found): GatewayError | undefined {
  const json = found.kind === "json" ? parseJson(found.text) : undefined;
  const error = json?.ok === true ? memberOf(json.value, "error") : undefined;
  const type = memberOf(error, "type");
  return typeof type === "string" ? { type, code: memberOf(error, "code"), message: memberOf(error, "message") } : undefined;
}
