/** What reads an answer, chosen by its head: events while they come, a small JSON text, or nothing. */
import { createParser } from "eventsource-parser";
import { textOf } from "../../core/bytes.ts";
import { joinBytes } from "../../core/read-at-most.ts";
import type { Sink } from "../stream-exchange.ts";
import { isOver, NOTHING_READ, type Reading, readEvent } from "./reading.ts";

export type Found =
  | { readonly kind: "events"; readonly reading: Reading }
  | { readonly kind: "json"; readonly text: string }
  | { readonly kind: "nothing" };

/** Every event carries an envelope of some 200 bytes for a few letters of text. */
const MAX_STREAM_BYTES = 8 * 1024 * 1024;
/** The last event of `/v1/responses` repeats the whole answer, escaped. */
const MAX_EVENT_LENGTH = 2 * 1024 * 1024;
const MAX_JSON_BYTES = 2 * 1024 * 1024;
const MAX_ERROR_BYTES = 16 * 1024;
/** The head of a refusal says nearly all; a body that does not come must not cost the deadline. */
const ERROR_MS = 2000;

export function sinkFor(status: number, headers: Headers): Sink<Found> {
  const type = (headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const isSuccess = status >= 200 && status < 300;
  if (isSuccess && type === "text/event-stream") return eventSink();
  if (!/^application\/(?:[\w.-]+\+)?json$/.test(type)) return nothing;
  return isSuccess ? jsonSink(MAX_JSON_BYTES) : { ...jsonSink(MAX_ERROR_BYTES), withinMs: ERROR_MS };
}

const nothing: Sink<Found> = { maxBytes: 0, take: () => true, found: () => ({ kind: "nothing" }) };

function eventSink(): Sink<Found> {
  const decoder = new TextDecoder();
  let reading: Reading = NOTHING_READ;
  let isLast = false;
  const parser = createParser({
    maxBufferSize: MAX_EVENT_LENGTH,
    onEvent: ({ data }) => {
      if (isLast) return;
      const { isLast: wasLast = false, ...read } = readEvent(reading, data);
      reading = read;
      isLast = wasLast || isOver(read);
    },
    onError: ({ type }) => {
      if (type !== "max-buffer-size-exceeded" || isLast) return;
      reading = { ...reading, unreadable: "an event is too long" };
      isLast = true;
    },
  });
  const take = (chunk: Uint8Array): boolean => {
    parser.feed(decoder.decode(chunk, { stream: true }));
    return isLast;
  };
  return { maxBytes: MAX_STREAM_BYTES, take, found: () => ({ kind: "events", reading }) };
}

function jsonSink(maxBytes: number): Sink<Found> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const take = (chunk: Uint8Array): boolean => {
    chunks.push(chunk);
    length += chunk.byteLength;
    return false;
  };
  return { maxBytes, take, found: () => ({ kind: "json", text: textOf(joinBytes(chunks, length)) ?? "" }) };
}
