/** What a gateway's stream has said so far. Pure: event after event, in the words of either of its two ways to be asked. */
import { parseJson } from "../../core/json.ts";

export interface Reading {
  readonly text: string;
  /** It said by itself that this was all. */
  readonly isFinished: boolean;
  /** And that there was no room for more. */
  readonly isPartial?: true;
  /** It said that it failed: the type or code of the error, nothing of its message. */
  readonly error?: string;
  /** The error is the gateway's own, and came before any word. */
  readonly isInternal?: boolean;
  /** Why there is no use in reading on. */
  readonly unreadable?: string;
}

export const NOTHING_READ: Reading = { text: "", isFinished: false };

export const MAX_ANSWER_LENGTH = 200_000;
/** What stands at the end of both streams. @see https://docs.openclaw.ai/gateway/openai-http-api#streaming-sse */
const DONE = "[DONE]";
/** What a gateway says in place of an agent that said nothing. */
const SAID_NOTHING = "No response from OpenClaw.";
/** What it says of an error that is no model's. */
const INTERNAL = "internal error";

export const isOver = (reading: Reading): boolean => reading.error !== undefined || reading.unreadable !== undefined;

/** The agent's words; empty when it chose to say nothing. */
export const answerIn = ({ text }: Reading): string => (text.trim() === SAID_NOTHING ? "" : text.trim());

/**
 * One event's data. `isLast`: nothing comes after it. The last word alone is no success: it ends failures too, and only a finish that
 * was said before it tells a whole answer from one that broke off.
 */
export function readEvent(reading: Reading, data: string): Reading & { readonly isLast?: boolean } {
  if (data === DONE) return { ...reading, isLast: true };
  const json = parseJson(data);
  if (!json.ok) return { ...reading, unreadable: "an event that is not JSON" };
  return readValue(reading, json.value);
}

/** An answer that was not streamed, as one value. */
export function readWhole(value: unknown): Reading {
  const message = firstOf(memberOf(value, "choices"));
  if (message !== undefined) return readValue(NOTHING_READ, { choices: [{ delta: memberOf(message, "message"), finish_reason: "stop" }] });
  if (memberOf(value, "object") !== "response") return readValue(NOTHING_READ, value);
  return readValue(NOTHING_READ, { type: `response.${String(memberOf(value, "status"))}`, response: value });
}

function readValue(reading: Reading, value: unknown): Reading {
  const error = memberOf(value, "error");
  if (error !== undefined && error !== null) return failing(reading, error);
  const type = memberOf(value, "type");
  return typeof type === "string" ? readResponseEvent(reading, type, value) : readChunk(reading, value);
}

/** @see https://docs.openclaw.ai/gateway/openai-http-api */
function readChunk(reading: Reading, value: unknown): Reading {
  const choice = firstOf(memberOf(value, "choices"));
  const finishReason = memberOf(choice, "finish_reason");
  const said = append(reading, memberOf(memberOf(choice, "delta"), "content"));
  if (typeof finishReason !== "string") return said;
  return { ...said, isFinished: true, ...(finishReason === "length" ? { isPartial: true } : {}) };
}

/** @see https://docs.openclaw.ai/gateway/openresponses-http-api#streaming-sse */
function readResponseEvent(reading: Reading, type: string, value: unknown): Reading {
  const response = memberOf(value, "response");
  if (type === "response.output_text.delta") return append(reading, memberOf(value, "delta"));
  if (type === "response.failed") return failing(reading, memberOf(response, "error"));
  if (type === "error") return { ...reading, error: nameOf({ code: memberOf(value, "code") }) };
  if (type !== "response.completed" && type !== "response.incomplete") return reading;
  const said = reading.text === "" ? append(reading, outputText(response)) : reading;
  return { ...said, isFinished: true, ...(type === "response.incomplete" ? { isPartial: true } : {}) };
}

function failing(reading: Reading, error: unknown): Reading {
  const isInternal = reading.text === "" && memberOf(error, "message") === INTERNAL;
  return { ...reading, error: nameOf(error), ...(isInternal ? { isInternal } : {}) };
}

function append(reading: Reading, text: unknown): Reading {
  if (typeof text !== "string" || text === "") return reading;
  if (reading.text.length + text.length > MAX_ANSWER_LENGTH) {
    return { ...reading, text: "", unreadable: `the answer is longer than ${MAX_ANSWER_LENGTH} characters` };
  }
  return { ...reading, text: reading.text + text };
}

function outputText(response: unknown): string {
  const parts = listOf(memberOf(response, "output")).flatMap((item) => listOf(memberOf(item, "content")));
  const texts = parts.map((part) => (memberOf(part, "type") === "output_text" ? memberOf(part, "text") : undefined));
  return texts.filter((text) => typeof text === "string").join("");
}

/** Messages of errors have been seen to quote prompts and keys; their types and codes are words of a protocol. */
function nameOf(error: unknown): string {
  const names = [memberOf(error, "type"), memberOf(error, "code")].filter(
    (name) => typeof name === "string" && /^[\w.-]{1,64}$/.test(name),
  );
  return names.length === 0 ? "no reason given" : [...new Set(names)].join(" ");
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const firstOf = (value: unknown): unknown => listOf(value)[0];

export const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
