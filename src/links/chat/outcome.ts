/** What became of a turn that was asked over `/v1`. A turn that may have begun is never called a failure of the instance: it would be asked again. */
import { parseJson } from "../../core/json.ts";
import type { Outcome } from "../../core/outcome.ts";
import type { ReadingEnd, StreamExchange } from "../stream-exchange.ts";
import { answerIn, type Reading, readWhole } from "./reading.ts";
import { type Facts, outcomeOfRefusal } from "./refusal.ts";
import type { Found } from "./sink.ts";

export function outcomeOf(exchange: StreamExchange<Found>, facts: Facts): Outcome {
  switch (exchange.kind) {
    case "not-sent":
      return { kind: "unreachable", detail: exchange.detail };
    case "broken-off":
      return { kind: "failed", detail: "a file broke off while it was passed on" };
    case "timeout":
      if (exchange.isWhole) return { kind: "unknown", detail: "timeout" };
      return { kind: "failed", detail: "timeout while sending", ...(exchange.isStarved ? { isOurs: true } : {}) };
    case "lost":
      return exchange.isWhole
        ? { kind: "unknown", detail: "connection lost" }
        : { kind: "failed", detail: "connection lost while sending" };
    default:
      return exchange.status >= 200 && exchange.status < 300 ? outcomeOfSuccess(exchange, facts) : outcomeOfRefusal(exchange, facts);
  }
}

type Answered = Extract<StreamExchange<Found>, { readonly kind: "answered" }>;

function outcomeOfSuccess({ status, headers, end, found }: Answered, facts: Facts): Outcome {
  if (found.kind === "events") return { status, ...outcomeOfReading(found.reading, end, facts) };
  if (found.kind === "json") return { status, ...outcomeOfJson(found.text, end, facts) };
  const type = headers.get("content-type")?.split(";", 1)[0] ?? "no content type";
  return { status, ...notAnAnswer(type) };
}

/** Whatever answers there, it is not a gateway's `/v1`; a gateway that took the turn would have said so. */
const notAnAnswer = (what: string): Outcome => ({
  kind: "refused",
  isPermanent: false,
  detail: `http 200 with ${what.slice(0, 60)}, not an answer of /v1: is this the gateway's own address?`,
});

function outcomeOfReading(reading: Reading, end: ReadingEnd, facts: Facts): Outcome {
  if (reading.isInternal) return { kind: "model-failed", isInternal: true, detail: `internal error: ${reading.error}` };
  if (reading.error !== undefined) return { kind: "model-failed", detail: `the model failed: ${reading.error}` };
  if (reading.unreadable !== undefined) return { kind: "cut-off", detail: reading.unreadable };
  if (reading.isFinished)
    return { kind: "accepted", detail: "answered", answer: { text: answerIn(reading), ...(reading.isPartial ? { isPartial: true } : {}) } };
  return cutOff(reading.text.length, end, facts);
}

function outcomeOfJson(text: string, end: ReadingEnd, facts: Facts): Outcome {
  if (end !== "end") return cutOff(0, end, facts);
  const json = parseJson(text);
  if (!json.ok) return cutOff(0, "lost", facts);
  const reading = readWhole(json.value);
  const isAnswer = reading.isFinished || reading.error !== undefined || reading.unreadable !== undefined;
  return isAnswer ? outcomeOfReading(reading, end, facts) : notAnAnswer("other JSON");
}

function cutOff(length: number, end: ReadingEnd, { deadlineMs }: Facts): Outcome {
  const after = `after ${length} characters`;
  if (end === "timeout") return { kind: "cut-off", detail: `no end after ${Math.round(deadlineMs / 1000)} s, ${after}` };
  if (end === "too-long") return { kind: "cut-off", detail: `the stream is too long, ${after}` };
  return { kind: "cut-off", detail: `${end === "lost" ? "connection lost" : "the stream ended unfinished"} ${after}` };
}
