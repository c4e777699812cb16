/**
 * The shapes of what Telegram sends and of what its accounts have. Strict about identity, forgiving about hints (a date, a
 * language or an entity that does not read is as good as none), silent about the rest: unknown keys are never copied.
 */
import * as z from "zod";
import type { Account } from "../../core/account.ts";
import { variableName } from "../variable-name.ts";
import { DEFAULT_MAX_CONNECTIONS } from "./limits.ts";

const username = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{3,31}$/, "the bot's user name without the @");
const maxConnections = z.int().min(1).max(100);

/** @see https://core.telegram.org/bots/api#setwebhook (`secret_token`, `max_connections`) */
export const accountFields = z.strictObject({
  secrets: z.strictObject({
    webhook: variableName.describe("The secret_token Telegram sends with every update"),
    token: variableName.describe("The bot's token"),
  }),
  username: username.optional().describe("The bot's user name without @: decides exactly which mentions address it in a group"),
  maxConnections: maxConnections.optional().describe("HTTPS connections Telegram may open at once, 40 when not given"),
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
  .refine((chat) => chat.id !== 0 && (chat.type === "private") === chat.id > 0, "the id does not fit the type of the chat");

export const userSchema = z.object({
  id: z.int().positive(),
  is_bot: z.boolean().optional().catch(undefined),
  username: z.string().optional().catch(undefined),
  language_code: z.string().min(1).max(35).optional().catch(undefined),
});

const entitySchema = z.object({
  type: z.string(),
  offset: z.int().nonnegative(),
  length: z.int().nonnegative(),
  user: userSchema.optional().catch(undefined),
});

const entities = z.array(entitySchema).optional().catch(undefined);
const unixTime = z.int().nonnegative().optional().catch(undefined);

/** A message as far as it says in which conversation it stands. */
export const placeSchema = z.object({
  chat: chatSchema,
  message_thread_id: z.int().positive().optional(),
  is_topic_message: z.boolean().optional(),
  direct_messages_topic: z.object({ topic_id: z.int() }).optional(),
  business_connection_id: z.string().max(256).optional(),
});

export const messageSchema = placeSchema.extend({
  date: unixTime,
  edit_date: unixTime,
  from: userSchema.optional(),
  sender_chat: chatSchema.optional(),
  text: z.string().optional(),
  caption: z.string().optional(),
  entities,
  caption_entities: entities,
  reply_to_message: z
    .object({ from: userSchema.optional(), sender_chat: z.unknown().optional(), forum_topic_created: z.unknown().optional() })
    .optional()
    .catch(undefined),
  migrate_to_chat_id: z.int().negative().optional(),
  migrate_from_chat_id: z.int().negative().optional(),
});

/** What a user did to the bot outside of any chat: queries, purchases, subscriptions. */
export const fromSchema = z.object({ from: userSchema, query: z.string().optional() });
export const userEventSchema = z.object({ user: userSchema });
export const callbackSchema = z.object({ from: userSchema, message: placeSchema.optional() });
export const pollAnswerSchema = z.object({ user: userSchema.optional(), voter_chat: chatSchema.optional() });
export const connectionSchema = z.object({ user: userSchema, user_chat_id: z.int().positive(), date: unixTime });

/** What happened in a chat without being a message: reactions, members, boosts, deletions, a stopped draft. */
export const chatEventSchema = z.object({
  chat: chatSchema,
  from: userSchema.optional(),
  user: userSchema.optional(),
  actor_chat: chatSchema.optional(),
  date: unixTime,
  business_connection_id: z.string().max(256).optional(),
  message_thread_id: z.int().positive().optional(),
});

export type TelegramChat = z.infer<typeof chatSchema>;
export type TelegramUser = z.infer<typeof userSchema>;
export type TelegramMessage = z.infer<typeof messageSchema>;
export type TelegramPlace = z.infer<typeof placeSchema>;
export type TelegramEntity = z.infer<typeof entitySchema>;
