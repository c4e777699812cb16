/**
 * `getUpdates` and `getWebhookInfo` as the Bot API server reads and answers them. Numbers are clamped as it does; text that is
 * no number is refused, where the server would take it for 0 and give everything again.
 * @see https://core.telegram.org/bots/api#getupdates
 */
import { textOf } from "../../core/bytes.ts";
import { parseJson } from "../../core/json.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import type { CallHead, EgressProblem } from "../egress.ts";
import { given } from "../given.ts";
import type { PollCall, Polling, PollQuestion } from "../polling.ts";
import { readParameters } from "./call-fields.ts";
import { IGNORED_TYPES, ROUTED_TYPES } from "./events.ts";
import { spansOf } from "./json-members.ts";
import { MAX_POLL_ANSWER_BYTES, MAX_POLL_WAIT_MS, MAX_POLLED, MAX_UPDATE_ID } from "./limits.ts";
import { NOT_BY_DEFAULT } from "./registration.ts";

const PARAMETERS = new Set(["offset", "limit", "timeout", "allowed_updates"]);

const KINDS: ReadonlySet<string> = new Set([...ROUTED_TYPES, ...IGNORED_TYPES]);

const bad = (detail: string) => fail<EgressProblem>({ kind: "bad-body", detail });

function read(call: CallHead): Result<PollCall | undefined, EgressProblem> {
  const method = call.method.toLowerCase();
  if (method === "getwebhookinfo") return ok({ kind: "pending" });
  if (method !== "getupdates") return ok(undefined);
  if (!call.isComplete) return bad("too long for a question");
  const parameters = readParameters(call, PARAMETERS);
  if (!parameters.ok) return parameters;
  const question = questionOf(parameters.value);
  return question.ok ? ok({ kind: "updates", question: question.value }) : question;
}

function questionOf(parameters: Readonly<Record<string, string>>): Result<PollQuestion, EgressProblem> {
  const [offset, limit, timeout] = [
    integer(parameters["offset"], 0),
    integer(parameters["limit"], MAX_POLLED),
    integer(parameters["timeout"], 0),
  ];
  if (offset === undefined || limit === undefined || timeout === undefined) return bad("offset, limit and timeout are whole numbers");
  if (Math.abs(offset) > MAX_UPDATE_ID) return bad("offset is out of range");
  return ok({
    offset,
    limit: clamp(limit, 1, MAX_POLLED),
    waitMs: clamp(timeout * 1000, 0, MAX_POLL_WAIT_MS),
    ...given("kinds", kindsOf(parameters["allowed_updates"])),
  });
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/** A client may write seconds with a fraction: the server stops reading at the point. */
function integer(text: string | undefined, fallback: number): number | undefined {
  if (text === undefined || text === "null") return fallback;
  return /^-?\d{1,15}(?:\.\d*)?$/.test(text) ? Math.trunc(Number(text)) : undefined;
}

/** What is no list of names changes nothing; a list with none that is known means the default. */
function kindsOf(text: string | undefined): readonly string[] | undefined {
  const parsed = text === undefined ? undefined : parseJson(text);
  const names: unknown = parsed?.ok === true ? parsed.value : undefined;
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) return undefined;
  return [...new Set(names.map((name) => name.toLowerCase()))].filter((name) => KINDS.has(name)).sort();
}

/** Text is replaced and nothing parsed: what the platform wrote stays as it wrote it, whatever the size of its numbers. */
function numbered(update: Uint8Array, id: number): string | undefined {
  const text = textOf(update);
  const spans = text === undefined ? undefined : spansOf(text, "update_id");
  if (text === undefined || spans === undefined || spans.length === 0) return undefined;
  return spans.toReversed().reduce((written, { from, to }) => written.slice(0, from) + String(id) + written.slice(to), text);
}

export const polling: Polling = {
  read,
  isWanted: (kind, kinds) => (kinds.length === 0 ? !NOT_BY_DEFAULT.includes(kind) : kinds.includes(kind)),
  numbered,
  answerOf: (updates) => `{"ok":true,"result":[${updates.join(",")}]}`,
  /** @see https://core.telegram.org/bots/api#webhookinfo */
  pendingAnswer: (count) => ({
    status: 200,
    body: { ok: true, result: { url: "", has_custom_certificate: false, pending_update_count: count } },
  }),
  /** The words of the Bot API server. @see https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/Client.cpp (`abort_long_poll`) */
  conflict: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
  maxAnswerBytes: MAX_POLL_ANSWER_BYTES,
};
