/**
 * From Telegram's ids to the chat and sender of a message. What comes in and what an instance sends must name the same
 * conversation, so threads are spelled here for both directions.
 */
import type { Chat, ChatKind, Sender } from "../../core/message.ts";
import { given } from "../given.ts";
import type { TelegramChat, TelegramPlace, TelegramUser } from "./schema.ts";

/** The General topic of a forum: its messages come in without a thread. @see https://core.telegram.org/api/forum#forum-topics */
const GENERAL_TOPIC = 1;

/** Topics of a channel's direct messages are counted apart from forum topics, and are addressed by another parameter. */
const DIRECT_MESSAGES = "dm:";

export interface ThreadIds {
  readonly topic?: number | undefined;
  readonly directMessagesTopic?: number | undefined;
}

/** The conversation's thread in a chat, or undefined for its main line. */
export function threadOf(kind: ChatKind, ids: ThreadIds): string | undefined {
  if (ids.directMessagesTopic !== undefined) return `${DIRECT_MESSAGES}${ids.directMessagesTopic}`;
  if (ids.topic === undefined || (kind !== "direct" && ids.topic === GENERAL_TOPIC)) return undefined;
  return String(ids.topic);
}

/** The parameters that put a call into the thread of `chat`; the inverse of `threadOf`. */
export function threadParameters(chat: Chat): Readonly<Record<string, number>> {
  if (chat.thread === undefined) return {};
  if (!chat.thread.startsWith(DIRECT_MESSAGES)) return { message_thread_id: Number(chat.thread) };
  return { direct_messages_topic_id: Number(chat.thread.slice(DIRECT_MESSAGES.length)) };
}

const KINDS: ReadonlyMap<string, ChatKind> = new Map([
  ["private", "direct"],
  ["group", "group"],
  ["supergroup", "group"],
  ["channel", "channel"],
]);

const kindOf = (chat: TelegramChat): ChatKind => KINDS.get(chat.type) ?? "group";

export function chatOf(chat: TelegramChat, threads: ThreadIds = {}, connection = ""): Chat {
  const kind = kindOf(chat);
  return {
    id: String(chat.id),
    kind,
    ...given("thread", threadOf(kind, threads)),
    ...given("connection", connection === "" ? undefined : connection),
  };
}

/** A message's chat; a thread id counts only when it is a topic's, for plain replies carry one as well. */
export const placeOf = (place: TelegramPlace): Chat =>
  chatOf(
    place.chat,
    {
      topic: place.is_topic_message === true ? place.message_thread_id : undefined,
      directMessagesTopic: place.direct_messages_topic?.topic_id,
    },
    place.business_connection_id,
  );

/** A user's private chat with the bot: Telegram gives it the user's id. */
export const directChat = (user: TelegramUser): Chat => ({ id: String(user.id), kind: "direct" });

/** Who did it. A chat that speaks (anonymous admin, linked channel) goes before `from`, which is a stand-in user then. */
export function senderOf(user: TelegramUser | undefined, chat?: TelegramChat): Sender | undefined {
  if (chat !== undefined) return { id: String(chat.id) };
  if (user === undefined) return undefined;
  return { id: String(user.id), ...given("language", user.language_code?.toLowerCase()) };
}
