/**
 * The few parameters of a call that say whom it concerns, out of its query string and the head of its body. A parameter that
 * is given twice with two values is refused: which of them counts is the platform's affair, and not to be guessed.
 */
import { fail, ok, type Result } from "../../core/result.ts";
import type { CallHead, EgressProblem } from "../egress.ts";
import { type Pair, topLevelMembers } from "./json-members.ts";
import { multipartFields } from "./multipart-fields.ts";

export const FIELDS = [
  "chat_id",
  "user_id",
  "message_thread_id",
  "direct_messages_topic_id",
  "business_connection_id",
  "inline_message_id",
] as const;

export type CallFields = Readonly<Partial<Record<(typeof FIELDS)[number], string>>>;

const WANTED: ReadonlySet<string> = new Set(FIELDS);

export const readFields = (call: CallHead): Result<CallFields, EgressProblem> => readParameters(call, WANTED);

/** Empty values are left out: to the Bot API they are the same as none. */
export function readParameters(call: CallHead, wanted: ReadonlySet<string>): Result<Readonly<Record<string, string>>, EgressProblem> {
  const body = bodyPairs(call, wanted);
  if (!body.ok) return body;
  const fields: Record<string, string> = {};
  for (const [name, value] of [...wantedOf(call.query, wanted), ...body.value]) {
    if (fields[name] !== undefined && fields[name] !== value) return fail({ kind: "bad-body", detail: `${name} is given twice` });
    fields[name] = value;
  }
  return ok(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== "")));
}

const wantedOf = (parameters: URLSearchParams, wanted: ReadonlySet<string>): readonly Pair[] =>
  [...parameters].filter(([name]) => wanted.has(name));

/** The order of the tests is the Bot API server's. @see https://github.com/tdlib/td/blob/master/tdnet/td/net/HttpReader.cpp */
function bodyPairs(call: CallHead, wanted: ReadonlySet<string>): Result<readonly Pair[], EgressProblem> {
  const type = call.contentType.toLowerCase();
  const text = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(call.head);
  if (type.includes("multipart/form-data")) return multipartFields(text, call.contentType, wanted);
  if (type.includes("application/x-www-form-urlencoded"))
    return ok(wantedOf(new URLSearchParams(wholePairs(text, call.isComplete)), wanted));
  return type.includes("application/json") && text.trim() !== "" ? jsonPairs(text, call.isComplete, wanted) : ok([]);
}

/** The last pair of a head that is not all may be cut short. */
const wholePairs = (text: string, isComplete: boolean): string => (isComplete ? text : text.slice(0, Math.max(0, text.lastIndexOf("&"))));

/** Where the platform would read on and we would not, a thread could hide: a body that is all there must be read to its end. */
function jsonPairs(text: string, isComplete: boolean, wanted: ReadonlySet<string>): Result<readonly Pair[], EgressProblem> {
  const { pairs, isWhole } = topLevelMembers(text, wanted);
  return isComplete && !isWhole ? fail({ kind: "bad-body", detail: "not a JSON object" }) : ok(pairs);
}
