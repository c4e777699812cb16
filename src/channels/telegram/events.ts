/**
 * Every event an update can hold, and whose conversation it belongs to. Whatever has a chat or a user is routed there, because
 * a gateway asks for nearly all of them; only what has neither is ignored by name. Never decides a pool or an age limit's effect.
 */
import type * as z from "zod/mini";
import type { Chat, Sender } from "../../core/message.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import { given } from "../given.ts";
import { addressing, textOf } from "./address.ts";
import { chatOf, directChat, placeOf, senderOf } from "./identity.ts";
import { CHOSEN_INLINE_LIFETIME_MS, INLINE_LIFETIME_MS, QUERY_LIFETIME_MS } from "./limits.ts";
import {
  callbackSchema,
  chatEventSchema,
  connectionSchema,
  fromSchema,
  messageSchema,
  pollAnswerSchema,
  type TelegramMessage,
  userEventSchema,
} from "./schema.ts";

/** What is known of an event before its age is counted. */
export interface EventFacts {
  readonly chat: Chat;
  readonly sender?: Sender;
  readonly text?: string;
  /** Only where it is not the chat's kind that decides. */
  readonly isAddressed?: boolean;
  readonly command?: string;
  /** Unix time of the event, in seconds. */
  readonly dateSeconds?: number;
  /** Counted from arrival, for events that are worthless after a while. */
  readonly lifetimeMs?: number;
  readonly movedTo?: Chat;
  readonly movedFrom?: Chat;
}

type Reader = (event: unknown, username: string | undefined) => Result<EventFacts, string>;

function reads<Schema extends z.ZodMiniType>(
  schema: Schema,
  facts: (event: z.infer<Schema>, username: string | undefined) => EventFacts | undefined,
): Reader {
  return (event, username) => {
    const parsed = schema.safeParse(event);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      return fail(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not the shape of this event"}`);
    }
    const found = facts(parsed.data, username);
    return found === undefined ? fail("names neither a chat nor a user") : ok(found);
  };
}

function factsOfMessage(message: TelegramMessage, username: string | undefined): EventFacts {
  const chat = placeOf(message);
  return {
    chat,
    ...given("sender", senderOf(message.from, message.sender_chat)),
    text: textOf(message),
    ...addressing(message, chat.kind === "direct", username),
    ...given("dateSeconds", message.edit_date ?? message.date),
    ...given("movedTo", groupOf(message.migrate_to_chat_id)),
    ...given("movedFrom", groupOf(message.migrate_from_chat_id)),
  };
}

/** A group became a supergroup: Telegram tells both chats in the same moment. @see https://core.telegram.org/bots/api#message */
const groupOf = (id: number | undefined): Chat | undefined => (id === undefined ? undefined : { id: String(id), kind: "group" });

const message = reads(messageSchema, factsOfMessage);

/** A guest bot gets only messages that call it. */
const guestMessage = reads(messageSchema, (event, username) => ({ ...factsOfMessage(event, username), isAddressed: true }));

/** In the chat it happened in; who did it where Telegram says so. */
const chatEvent = reads(chatEventSchema, (event) => ({
  chat: chatOf(event.chat, { topic: event.message_thread_id }, event.business_connection_id),
  ...given("sender", senderOf(event.from ?? event.user, event.actor_chat)),
  ...given("dateSeconds", event.date),
}));

/** In the chat of the message with the button; a button of an inline message has no chat the bot knows, so its user's. */
const callback = reads(callbackSchema, (event) => ({
  chat: event.message === undefined ? directChat(event.from) : placeOf(event.message),
  ...given("sender", senderOf(event.from)),
  isAddressed: true,
  lifetimeMs: QUERY_LIFETIME_MS,
}));

/** Without any chat: it belongs to the user's own conversation with the bot. What they typed is their text. */
const ofUser = (lifetimeMs?: number): Reader =>
  reads(fromSchema, (event) => ({
    chat: directChat(event.from),
    ...given("sender", senderOf(event.from)),
    ...given("text", event.query),
    ...given("lifetimeMs", lifetimeMs),
  }));

const userEvent = reads(userEventSchema, (event) => ({ chat: directChat(event.user), ...given("sender", senderOf(event.user)) }));

/** Says which poll, not in which chat: the voter's own conversation is the nearest. */
const pollAnswer = reads(pollAnswerSchema, (event) => {
  if (event.voter_chat !== undefined) return { chat: chatOf(event.voter_chat), ...given("sender", senderOf(undefined, event.voter_chat)) };
  return event.user === undefined ? undefined : { chat: directChat(event.user), ...given("sender", senderOf(event.user)) };
});

/** About the account as a whole: it goes to its owner's own chat with the bot. */
const connection = reads(connectionSchema, (event) => ({
  chat: { id: String(event.user_chat_id), kind: "direct" },
  ...given("sender", senderOf(event.user)),
  ...given("dateSeconds", event.date),
}));

/** @see https://core.telegram.org/bots/api#update */
export const readers = {
  business_connection: connection,
  business_message: message,
  callback_query: callback,
  channel_post: message,
  chat_boost: chatEvent,
  chat_join_request: chatEvent,
  chat_member: chatEvent,
  chosen_inline_result: ofUser(CHOSEN_INLINE_LIFETIME_MS),
  deleted_business_messages: chatEvent,
  edited_business_message: message,
  edited_channel_post: message,
  edited_message: message,
  guest_message: guestMessage,
  inline_query: ofUser(INLINE_LIFETIME_MS),
  managed_bot: userEvent,
  message,
  message_reaction: chatEvent,
  message_reaction_count: chatEvent,
  my_chat_member: chatEvent,
  poll_answer: pollAnswer,
  pre_checkout_query: ofUser(QUERY_LIFETIME_MS),
  purchased_paid_media: ofUser(),
  removed_chat_boost: chatEvent,
  shipping_query: ofUser(QUERY_LIFETIME_MS),
  stopped_message_generation: chatEvent,
  subscription: userEvent,
} as const satisfies Readonly<Record<string, Reader>>;

export type RoutedType = keyof typeof readers;

/** What `allowed_updates` asks for, sorted. */
export const ROUTED_TYPES = Object.keys(readers).sort() as readonly RoutedType[];

/** Refer to something said earlier, so they follow the conversation instead of choosing a pool. */
export const FOLLOW_UPS: ReadonlySet<RoutedType> = new Set<RoutedType>([
  "callback_query",
  "deleted_business_messages",
  "edited_business_message",
  "edited_channel_post",
  "edited_message",
  "message_reaction",
  "message_reaction_count",
  "poll_answer",
  "stopped_message_generation",
]);

/** Says only that a poll changed: neither who nor where. */
export const IGNORED_TYPES = ["poll"] as const;

export const isRoutedType = (name: string): name is RoutedType => Object.hasOwn(readers, name);
