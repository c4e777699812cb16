/**
 * One HTTP exchange whose answer is long and slow: the sibling of `exchange.ts` for answers that are read while they are written, and
 * for bodies that are made while they are sent. A single deadline covers all of it. Never throws; judges nothing. Whatever the end,
 * nothing is left running: to break off a request is how a gateway learns that nobody waits any more.
 */
import type { Http } from "../ports/http.ts";
import { failureOf, headersOf } from "./exchange.ts";
import type { LinkPorts } from "./link.ts";

/** A body that is made while it is sent. */
export interface Upload {
  readonly stream: ReadableStream<Uint8Array>;
  /** Resolves when the rest cannot be made. */
  readonly failure: Promise<void>;
  /** Whether its last byte was asked for: before that, nobody can have understood it. */
  readonly isWhole: () => boolean;
  /** Whether more was asked for than is made yet. */
  readonly isAwaited: () => boolean;
  readonly stop: () => void;
}

/** What reads an answer's body. */
export interface Sink<Found> {
  readonly maxBytes: number;
  /** How long the body may take after the head; until the deadline when not given. */
  readonly withinMs?: number;
  /** Whether it has had enough. */
  readonly take: (chunk: Uint8Array) => boolean;
  readonly found: () => Found;
}

export interface StreamCall<Found> {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | Upload;
  readonly deadlineMs: number;
  readonly sinkFor: (status: number, headers: Headers) => Sink<Found>;
}

/** How the reading ended: by itself, because the sink had enough, or before its time. */
export type ReadingEnd = "end" | "enough" | "lost" | "timeout" | "too-long";

export type StreamExchange<Found> =
  | { readonly kind: "answered"; readonly status: number; readonly headers: Headers; readonly end: ReadingEnd; readonly found: Found }
  | { readonly kind: "not-sent"; readonly detail: string }
  /** The rest of the body could not be made: the request was broken off, incomplete. */
  | { readonly kind: "broken-off" }
  /** `isWhole`: all of the request may have arrived. `isStarved`: the other side took all that there was, and waited for more. */
  | { readonly kind: "timeout" | "lost"; readonly isWhole: boolean; readonly isStarved: boolean };

const isUpload = (body: Uint8Array | Upload): body is Upload => !(body instanceof Uint8Array);

export async function streamExchange<Found>(call: StreamCall<Found>, { http, clock }: LinkPorts): Promise<StreamExchange<Found>> {
  const over = new AbortController();
  const upload = isUpload(call.body) ? call.body : undefined;
  const isWhole = (): boolean => upload?.isWhole() ?? true;
  // The races hold even when the way out ignores its signal.
  const expired = clock.sleep(call.deadlineMs, over.signal).then(() => "timeout" as const);
  try {
    const sent = send(call, http, over.signal).catch((error: unknown) => failureOf(error, over.signal));
    const late = expired.then((kind) => ({ kind }));
    const broken = upload?.failure.then(() => ({ kind: "broken-off" }) as const) ?? late;
    const response = await Promise.race([broken, sent, late]);
    if (!(response instanceof Response))
      return response.kind === "timeout" || response.kind === "lost"
        ? { ...response, isWhole: isWhole(), isStarved: upload?.isAwaited() === true }
        : response;
    const sink = call.sinkFor(response.status, response.headers);
    const tooSlow = sink.withinMs === undefined ? expired : clock.sleep(sink.withinMs, over.signal).then(() => "timeout" as const);
    const end = await Promise.race([drain(response.body, sink, over.signal), expired, tooSlow]);
    return { kind: "answered", status: response.status, headers: response.headers, end, found: sink.found() };
  } finally {
    over.abort();
    upload?.stop();
  }
}

/** Node asks for `duplex` where a body is a stream; elsewhere nobody looks at it. @see https://fetch.spec.whatwg.org/#dom-requestinit-duplex */
const HALF = { duplex: "half" } as const;

async function send<Found>(call: StreamCall<Found>, http: Http, signal: AbortSignal): Promise<Response> {
  const headers = headersOf(call);
  const body = isUpload(call.body) ? { body: call.body.stream, ...HALF } : { body: call.body };
  const response = await http.fetch(call.url, { method: "POST", headers, redirect: "manual", signal, ...body });
  // For a way out that ignores its signal: nobody reads what comes too late.
  if (signal.aborted) void response.body?.cancel().catch(() => undefined);
  return response;
}

/** One loop beside the deadline, not a race for every chunk: those would keep each chunk until the deadline. */
async function drain<Found>(body: ReadableStream<Uint8Array> | null, sink: Sink<Found>, over: AbortSignal): Promise<ReadingEnd> {
  if (body === null) return "end";
  const reader = body.getReader();
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  over.addEventListener("abort", cancel);
  try {
    for (let length = 0; ; ) {
      const { done, value } = await reader.read();
      if (done || over.aborted) return "end";
      length += value.byteLength;
      if (length > sink.maxBytes) return "too-long";
      if (sink.take(value)) return "enough";
    }
  } catch {
    return "lost";
  }
}
