/**
 * The shapes of what Telegram sends and of what its accounts have. Strict about identity, forgiving about hints (a date, a
 * language or an entity that does not read is as good as none), silent about the rest: unknown keys are never copied.
 */
import * as z from "zod/mini";
import type { Account } from "../../core/account.ts";
import { lenient } from "../../core/lenient.ts";
import { variableName } from "../variable-name.ts";
import { DEFAULT_MAX_CONNECTIONS } from "./limits.ts";

const username = z.string().check(z.regex(/^[A-Za-z][A-Za-z0-9_]{3,31}$/, "the bot's user name without the @"));
const maxConnections = z.int().check(z.minimum(1), z.maximum(100));

/** @see https://core.telegram.org/bots/api#setwebhook (`secret_token`, `max_connections`) */
export const accountFields = z.strictObject({
  secrets: z.strictObject({
    /** The secret_token Telegram sends with every update. */
    webhook: variableName,
    /** The bot's token. */
    token: variableName,
  }),
  /** The bot's user name without @: decides exactly which mentions address it in a group. */
  username: z.optional(username),
  /** HTTPS connections Telegram may open at once, 40 when not given. */
  maxConnections: z.optional(maxConnections),
});

export interface AccountOptions {
  /** Lower case. */
  readonly username?: string;
  readonly maxConnections: number;
}

/** What an account of this channel adds; the routes document was checked with `accountFields` when it was accepted. */
export function optionsOf(account: Account): AccountOptions {
  const name = username.safeParse(account.options["username"]);
  const connections = maxConnections.safeParse(account.options["maxConnections"]);
  return {
    maxConnections: connections.success ? connections.data : DEFAULT_MAX_CONNECTIONS,
    ...(name.success ? { username: name.data.toLowerCase() } : {}),
  };
}

/** A private chat carries its user's id, everything else a negative one: a chat that says otherwise is not what it claims. */
export const chatSchema = z
  .object({ id: z.int(), type: z.string() })
  .check(z.refine((chat) => chat.id !== 0 && (chat.type === "private") === chat.id > 0, "the id does not fit the type of the chat"));

export const userSchema = z.object({
  id: z.int().check(z.positive()),
  is_bot: lenient(z.boolean()),
  username: lenient(z.string()),
  language_code: lenient(z.string().check(z.minLength(1), z.maxLength(35))),
});

const entitySchema = z.object({
  type: z.string(),
  offset: z.int().check(z.nonnegative()),
  length: z.int().check(z.nonnegative()),
  user: lenient(userSchema),
});

const entities = lenient(z.array(entitySchema));
const unixTime = lenient(z.int().check(z.nonnegative()));

/** A message as far as it says in which conversation it stands. */
export const placeSchema = z.object({
  chat: chatSchema,
  message_thread_id: z.optional(z.int().check(z.positive())),
  is_topic_message: z.optional(z.boolean()),
  direct_messages_topic: z.optional(z.object({ topic_id: z.int() })),
  business_connection_id: z.optional(z.string().check(z.maxLength(256))),
});

export const messageSchema = z.extend(placeSchema, {
  date: unixTime,
  edit_date: unixTime,
  from: z.optional(userSchema),
  sender_chat: z.optional(chatSchema),
  text: z.optional(z.string()),
  caption: z.optional(z.string()),
  entities,
  caption_entities: entities,
  reply_to_message: lenient(
    z.object({ from: z.optional(userSchema), sender_chat: z.optional(z.unknown()), forum_topic_created: z.optional(z.unknown()) }),
  ),
  migrate_to_chat_id: z.optional(z.int().check(z.negative())),
  migrate_from_chat_id: z.optional(z.int().check(z.negative())),
});

/** What a user did to the bot outside of any chat: queries, purchases, subscriptions. */
export const fromSchema = z.object({ from: userSchema, query: z.optional(z.string()) });
export const userEventSchema = z.object({ user: userSchema });
export const callbackSchema = z.object({ from: userSchema, message: z.optional(placeSchema) });
export const pollAnswerSchema = z.object({ user: z.optional(userSchema), voter_chat: z.optional(chatSchema) });
export const connectionSchema = z.object({ user: userSchema, user_chat_id: z.int().check(z.positive()), date: unixTime });

/** What happened in a chat without being a message: reactions, members, boosts, deletions, a stopped draft. */
export const chatEventSchema = z.object({
  chat: chatSchema,
  from: z.optional(userSchema),
  user: z.optional(userSchema),
  actor_chat: z.optional(chatSchema),
  date: unixTime,
  business_connection_id: z.optional(z.string().check(z.maxLength(256))),
  message_thread_id: z.optional(z.int().check(z.positive())),
});

export type TelegramChat = z.infer<typeof chatSchema>;
export type TelegramUser = z.infer<typeof userSchema>;
export type TelegramMessage = z.infer<typeof messageSchema>;
export type TelegramPlace = z.infer<typeof placeSchema>;
export type TelegramEntity = z.infer<typeof entitySchema>;
