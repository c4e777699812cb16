/** What an instance's answer to a native hand-over means. In doubt the answer is `unknown`: it costs a wait, a wrong certainty costs a message. */
import type { Outcome } from "../../core/outcome.ts";
import type { Exchange } from "../exchange.ts";
import { retryAfterMs } from "../retry-after.ts";

/** A 2xx with this header, and nothing else, says that the event is committed to the instance's queue. @see https://docs.openclaw.ai/plugins/sdk-channel-plugins */
const MARKER = { header: "x-openclaw-delivery-accepted", value: "durable" };

/** Answers about the payload itself, which will be the same bytes next time. */
const PERMANENT: ReadonlySet<number> = new Set([400, 405, 413, 415, 422]);
const BUSY: ReadonlySet<number> = new Set([409, 429]);
/** A 408 says that the request was not received whole: nothing was stored, and it may be repeated. @see https://www.rfc-editor.org/rfc/rfc9110#section-15.5.9 */
const REQUEST_TIMEOUT = 408;

/**
 * Cloudflare's own answers in place of an origin's: it could not connect (521), could not route (523), could not resolve or has
 * no tunnel (530), could not agree on TLS (525, 526), so the request was not sent.
 * @see https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
 */
export const NOT_SENT_BY_CLOUDFLARE: ReadonlySet<number> = new Set([521, 523, 525, 526, 530]);
/**
 * Answers of whatever stands before the gateway, which may have stored it and died, or been too slow to say so: no good answer (502, 520),
 * none in time (504, 524), a timeout while connecting *or* after the request (522).
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.6.3
 */
const UNKNOWN_BEHIND_PROXY: ReadonlySet<number> = new Set([502, 504, 520, 522, 524]);

/** A gateway that drains or is suspended says so in the body of its 503. */
const DRAINING_CODE = "gateway_unavailable";

export const readsBody = (status: number, headers: Headers): boolean => status === 503 && headers.has("retry-after");

export function outcomeOf(exchange: Exchange, nowMs: number): Outcome {
  if (exchange.kind === "not-sent") return { kind: "unreachable", detail: exchange.detail };
  if (exchange.kind === "timeout") return { kind: "unknown", detail: "timeout" };
  if (exchange.kind === "lost") return { kind: "unknown", detail: "connection lost" };
  return outcomeOfAnswer(exchange, nowMs);
}

type Answer = Extract<Exchange, { readonly kind: "answered" }>;

function outcomeOfAnswer(answer: Answer, nowMs: number): Outcome {
  const { status } = answer;
  const facts = { status, detail: `http ${status}` };
  if (status >= 200 && status < 300) return outcomeOfSuccess(answer);
  if (status >= 300 && status < 400) return { status, kind: "failed", detail: `redirect (http ${status}), not followed` };
  if (BUSY.has(status)) return { ...facts, kind: "busy", ...waitOf(answer, nowMs) };
  if (isDraining(answer)) return { ...facts, kind: "busy", isDraining: true, ...waitOf(answer, nowMs) };
  if (status >= 400 && status < 500 && status !== REQUEST_TIMEOUT) return { ...facts, kind: "refused", isPermanent: PERMANENT.has(status) };
  if (NOT_SENT_BY_CLOUDFLARE.has(status)) return { ...facts, kind: "unreachable" };
  if (UNKNOWN_BEHIND_PROXY.has(status)) return { ...facts, kind: "unknown" };
  return { ...facts, kind: "failed" };
}

function outcomeOfSuccess({ status, headers }: Answer): Outcome {
  if (headers.get(MARKER.header)?.trim() === MARKER.value) return { status, kind: "accepted", detail: `http ${status}` };
  return { status, kind: "unknown", detail: "2xx without the durable marker" };
}

function waitOf(answer: Answer, nowMs: number): { readonly retryAfterMs?: number } {
  const waitMs = retryAfterMs(answer.headers, nowMs);
  return waitMs === undefined ? {} : { retryAfterMs: waitMs };
}

function isDraining(answer: Answer): boolean {
  if (!readsBody(answer.status, answer.headers)) return false;
  try {
    const body: unknown = JSON.parse(answer.text);
    return codeOf(body) === DRAINING_CODE || codeOf(memberOf(body, "error")) === DRAINING_CODE;
  } catch {
    return false;
  }
}

const codeOf = (value: unknown): unknown => memberOf(value, "code");

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
