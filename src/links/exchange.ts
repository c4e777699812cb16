/**
 * One HTTP exchange with an instance that may answer anything or nothing: a single deadline covers connecting, sending, the head
 * and the body, and never more than the first bytes of a body are read. Never throws; judges nothing.
 */
import { textOf } from "../core/bytes.ts";
import { type Http, NotSent } from "../ports/http.ts";
import type { LinkPorts } from "./link.ts";

export interface Call {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly deadlineMs: number;
  /** Whether the beginning of the body is of interest. */
  readonly readsBody: (status: number, headers: Headers) => boolean;
  /** A longer body is not read; `MAX_ANSWER_BYTES` when not given. */
  readonly maxAnswerBytes?: number;
  /** How long the body may take after the head; until the deadline when not given. */
  readonly bodyMs?: number;
}

export type Exchange =
  /** `text` is empty when the body was not read, is longer than the cap, is not UTF-8, or did not end in time (`isLate`): the head has been had. */
  | { readonly kind: "answered"; readonly status: number; readonly headers: Headers; readonly text: string; readonly isLate?: true }
  | { readonly kind: "not-sent"; readonly detail: string }
  | { readonly kind: "timeout" }
  /** The connection ended without an answer; how much arrived there is not known. */
  | { readonly kind: "lost" };

/** What we look at in a body is a small JSON object. */
export const MAX_ANSWER_BYTES = 4096;

export async function exchange(call: Call, { http, clock }: LinkPorts): Promise<Exchange> {
  const done = new AbortController();
  const expiry = new AbortController();
  // The races hold even when the way out ignores its signal; the abort then also ends whatever is still being read.
  const expired = clock.sleep(call.deadlineMs, done.signal).then(() => expiry.abort());
  try {
    const sent = send(call, http, expiry.signal).catch((error: unknown) => failureOf(error, expiry.signal));
    const response = await Promise.race([sent, expired.then(() => ({ kind: "timeout" }) as const)]);
    if (!(response instanceof Response)) return response;
    const bodyEnd = call.bodyMs === undefined ? expired : Promise.race([expired, clock.sleep(call.bodyMs, done.signal)]);
    const text = await Promise.race([textIn(response, call), bodyEnd.then(() => undefined)]);
    const answer = { kind: "answered", status: response.status, headers: response.headers } as const;
    return text === undefined ? { ...answer, text: "", isLate: true } : { ...answer, text };
  } finally {
    done.abort();
  }
}

async function send(call: Call, http: Http, signal: AbortSignal): Promise<Response> {
  const { url, method, body } = call;
  const headers = headersOf(call);
  return http.fetch(url, { method, headers, redirect: "manual", signal, ...(body === undefined ? {} : { body }) });
}

async function textIn(response: Response, call: Call): Promise<string> {
  if (call.readsBody(response.status, response.headers)) {
    return beginningOf(response.body, call.maxAnswerBytes ?? MAX_ANSWER_BYTES).catch(() => "");
  }
  void response.body?.cancel().catch(() => undefined);
  return "";
}

/** A secret or content type with a line break in it makes the platform throw; that is certain before anything is sent. */
export function headersOf(call: Pick<Call, "headers">): Headers {
  try {
    return new Headers(call.headers);
  } catch {
    throw new NotSent("a header value that cannot be sent");
  }
}

export function failureOf(error: unknown, signal: AbortSignal): Exclude<Exchange, { readonly kind: "answered" }> {
  if (error instanceof NotSent) return { kind: "not-sent", detail: error.message };
  return { kind: signal.aborted ? "timeout" : "lost" };
}

/** The body's text when all of it fits; a longer one is not ours to understand, and is given up unread. */
async function beginningOf(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<string> {
  if (body === null) return "";
  const reader = body.getReader();
  const bytes = new Uint8Array(maxBytes);
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return textOf(bytes.subarray(0, length)) ?? "";
    if (length + value.byteLength > maxBytes) {
      void reader.cancel().catch(() => undefined);
      return "";
    }
    bytes.set(value, length);
    length += value.byteLength;
  }
}
