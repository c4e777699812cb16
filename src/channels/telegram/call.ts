/** An instance's Bot API call: what it is, and which conversation it concerns. Never looks at what it says. */
import type { Chat, ChatKind } from "../../core/message.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import type { CallHead, EgressCall, EgressProblem } from "../egress.ts";
import { given } from "../given.ts";
import { type MethodFacts, methodFacts } from "./call-class.ts";
import { type CallFields, readFields } from "./call-fields.ts";
import { threadOf } from "./identity.ts";

const METHOD = /^[A-Za-z][A-Za-z0-9]{0,63}$/;

/** @see https://core.telegram.org/bots/api#sendmessage (`chat_id`: an id, or @username of a channel or supergroup) */
const USERNAME = /^@[A-Za-z0-9_]{1,64}$/;

const bad = (detail: string) => fail<EgressProblem>({ kind: "bad-body", detail });

export function readCall(call: CallHead): Result<EgressCall, EgressProblem> {
  const { method } = call;
  if (!METHOD.test(method)) return bad("not a method's name");
  const facts = methodFacts(method);
  if (facts.class === "bot-change" || facts.class === "poll" || facts.class === "query") return ok({ method, class: facts.class });

  const fields = readFields(call);
  if (!fields.ok) return fields;
  const chat = chatOfCall(facts.userIsChat ? { chat_id: fields.value.user_id ?? "", ...fields.value } : fields.value);
  if (!chat.ok) return chat;
  if (chat.value !== undefined) return ok(aboutChat(method, facts.class ?? "send", chat.value));
  if (mayConcernChat(facts, fields.value, call.isComplete)) return fail({ kind: "no-chat", detail: `${method} names no chat_id` });
  return ok({ method, class: facts.class === "typing" ? "typing" : "query" });
}

/** An edit of an inline message has no chat; a method that can do without one may still have it behind the head. */
function mayConcernChat(facts: MethodFacts, fields: CallFields, isComplete: boolean): boolean {
  if (facts.class === "edit" && fields.inline_message_id !== undefined) return false;
  return facts.needsChat || !(isComplete || facts.isChatless || facts.class === "typing");
}

/** An edit names a message and not its topic, so in a chat with topics it may belong to any of them. */
function aboutChat(method: string, kind: EgressCall["class"], chat: Chat): EgressCall {
  const isAnyThread = kind === "edit" && chat.thread === undefined ? true : undefined;
  const isAlias = USERNAME.test(chat.id) ? true : undefined;
  return { method, class: kind, chat, ...given("isAnyThread", isAnyThread), ...given("isAlias", isAlias) };
}

function chatOfCall(fields: CallFields): Result<Chat | undefined, EgressProblem> {
  if (fields.chat_id === undefined || fields.chat_id === "") return ok(undefined);
  const found = idAndKind(fields.chat_id);
  if (found === undefined) return bad("chat_id is neither an id nor a @username");
  const topic = integer(fields.message_thread_id);
  const directMessagesTopic = integer(fields.direct_messages_topic_id);
  if (Number.isNaN(topic) || Number.isNaN(directMessagesTopic)) return bad("a thread id is not a whole number");
  const thread = threadOf(found.kind, { topic: topic || undefined, directMessagesTopic: directMessagesTopic || undefined });
  return ok({ ...found, ...given("thread", thread), ...given("connection", fields.business_connection_id) });
}

/** A group and a channel both have negative ids; nothing behind the edge tells them apart on the way out. */
function idAndKind(chatId: string): { readonly id: string; readonly kind: ChatKind } | undefined {
  if (USERNAME.test(chatId)) return { id: chatId.toLowerCase(), kind: "channel" };
  const id = integer(chatId);
  if (id === undefined || Number.isNaN(id) || id === 0) return undefined;
  return { id: String(id), kind: id > 0 ? "direct" : "group" };
}

/** Strict, unlike the platform's own reading, which stops at the first character that is not a digit. */
function integer(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : Number.NaN;
}
