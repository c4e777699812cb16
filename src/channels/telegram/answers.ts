/** The Bot API's answers: those the edge gives in its place, and what a real one tells the edge. */
import type { Chat } from "../../core/message.ts";
import type { AnswerFacts, Egress, EgressCall, WireAnswer } from "../egress.ts";
import { given } from "../given.ts";
import { telegramEntry } from "./egress-entry.ts";
import { threadParameters } from "./identity.ts";

/** Far above the ids a chat reaches, below the signed 32 bits a message id has. @see https://core.telegram.org/bots/api#message */
const FIRST_PRETENDED_ID = 1_900_000_000;
const PRETENDED_IDS = 2 ** 31 - FIRST_PRETENDED_ID;

type Now = Parameters<Egress["pretend"]>[1];
type Json = Readonly<Record<string, unknown>>;

const success = (result: unknown): WireAnswer => ({ status: 200, body: { ok: true, result } });

/** @see https://core.telegram.org/bots/api#making-requests */
export const refuse: Egress["refuse"] = (status, description, retryAfterMs) => ({
  status,
  body: {
    ok: false,
    error_code: status,
    description,
    ...given("parameters", retryAfterMs === undefined ? undefined : { retry_after: Math.max(1, Math.ceil(retryAfterMs / 1000)) }),
  },
});

/** What methods answer when it is neither a message nor `true`. @see https://core.telegram.org/bots/api#available-methods */
const RESULTS: readonly (readonly [method: RegExp, result: (call: EgressCall, now: Now) => unknown])[] = [
  [/^send(?:rich)?messagedraft$|^sendgift$|^giftpremium/, () => true],
  [/^sendmediagroup$/, (call, now) => [message(call, now)]],
  [/^copymessage$/, (_call, now) => ({ message_id: pretendedId(now) })],
  [/^(?:copy|forward)messages$/, (_call, now) => [{ message_id: pretendedId(now) }]],
  [/^sendpoll$/, (call, now) => ({ ...message(call, now), poll: poll(now) })],
  [/^stoppoll$/, (_call, now) => ({ ...poll(now), is_closed: true })],
  [/^createforumtopic$/, (_call, now) => ({ message_thread_id: pretendedId(now), name: "", icon_color: 0 })],
  [/^(?:create|edit|revoke)chat(?:subscription)?invitelink$/, () => ({ invite_link: "", is_primary: false, is_revoked: false })],
  [/^exportchatinvitelink$/, () => ""],
  [/^(?:editmessage|stopmessagelivelocation|setgamescore)/, (call, now) => ({ ...message(call, now), edit_date: seconds(now) })],
];

export const pretend: Egress["pretend"] = (call, now) => {
  const method = call.method.toLowerCase();
  if (call.class === "poll") return refuse(409, telegramEntry.pollConflict);
  /** A token cannot be made up. */
  if (/^(?:get|replace)managedbottoken$/.test(method)) return refuse(403, "Forbidden: managed bots are the operator's");
  const special = RESULTS.find(([pattern]) => pattern.test(method))?.[1];
  if (special !== undefined) return success(special(call, now));
  return success(call.class === "send" ? message(call, now) : true);
};

const seconds = (now: Now): number => Math.floor(now.nowMs / 1000);
const pretendedId = (now: Now): number => FIRST_PRETENDED_ID + (now.serial % PRETENDED_IDS);

function message(call: EgressCall, now: Now): Json {
  return {
    message_id: pretendedId(now),
    date: seconds(now),
    ...(call.chat === undefined
      ? {}
      : { chat: wireChat(call.chat), ...topicOf(call.chat), ...given("business_connection_id", call.chat.connection) }),
  };
}

function wireChat(chat: Chat): Json {
  if (chat.id.startsWith("@")) return { id: -1_000_000_000_000, type: "channel", username: chat.id.slice(1) };
  /** Basic groups are told from supergroups by the -100 in front. @see https://core.telegram.org/api/bots/ids */
  const negative = chat.id.startsWith("-100") && chat.id.length > 11 ? "supergroup" : "group";
  return { id: Number(chat.id), type: chat.kind === "direct" ? "private" : negative };
}

function topicOf(chat: Chat): Json {
  const { message_thread_id: topic } = threadParameters(chat);
  return topic === undefined ? {} : { message_thread_id: topic, is_topic_message: true };
}

const poll = (now: Now): Json => ({
  id: String(pretendedId(now)),
  question: "",
  options: [],
  total_voter_count: 0,
  is_closed: false,
  is_anonymous: true,
  type: "regular",
  allows_multiple_answers: false,
});

/** @see https://core.telegram.org/bots/api#responseparameters */
export function readAnswer(status: number, body: unknown): AnswerFacts {
  const parameters = memberOf(body, "parameters");
  const seconds = memberOf(parameters, "retry_after");
  const movedTo = memberOf(parameters, "migrate_to_chat_id");
  const waits = status === 429 && typeof seconds === "number" && Number.isFinite(seconds) && seconds >= 0;
  const hasMoved = typeof movedTo === "number" && Number.isSafeInteger(movedTo) && movedTo < 0;
  return {
    ...given("retryAfterMs", waits ? Math.ceil(seconds * 1000) : undefined),
    ...given("movedTo", hasMoved ? ({ id: String(movedTo), kind: "group" } as const) : undefined),
  };
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name) ? (value as Json)[name] : undefined;
