/** What the stand-in for Telegram's servers knows of one bot: its webhook, what it sent, what waits for it. Stands at the outermost edge only. */
import type { FormFile } from "./multipart.ts";

export type Json = Readonly<Record<string, unknown>>;
export type Update = Json & { readonly update_id: number };

export interface Webhook {
  readonly url: string;
  readonly secret: string;
  readonly maxConnections: number;
  readonly allowedUpdates: readonly string[] | undefined;
}

export interface SentMessage {
  readonly token: string;
  readonly method: string;
  readonly chat: string;
  readonly threadId: number | undefined;
  readonly messageId: number;
  readonly text: string;
  readonly edits: number;
  readonly isDeleted: boolean;
  readonly files: readonly FormFile[];
  readonly atMs: number;
}

export interface LastError {
  readonly atMs: number;
  readonly message: string;
}

export interface Bot {
  readonly token: string;
  readonly id: number;
  webhook: Webhook | undefined;
  /** When `setWebhook` last changed something; once a second is what Telegram allows. */
  webhookSetAtMs: number;
  lastError: LastError | undefined;
  sent: SentMessage[];
  /** Updates without a webhook to go to. */
  waiting: Update[];
}

/** @see https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/WebhookActor.h (default and bounds of max_connections) */
export const DEFAULT_MAX_CONNECTIONS = 40;

export const newBot = (token: string): Bot => ({
  token,
  id: Number(token.split(":")[0]),
  webhook: undefined,
  webhookSetAtMs: 0,
  lastError: undefined,
  sent: [],
  waiting: [],
});

/** Kinds that are delivered only to a bot that asked for them. @see https://core.telegram.org/bots/api#setwebhook */
const ONLY_WHEN_ASKED = ["chat_member", "message_reaction", "message_reaction_count"];

export const kindOf = (update: Update): string => Object.keys(update).find((key) => key !== "update_id") ?? "";

export function isWanted(webhook: Webhook, update: Update): boolean {
  const asked = webhook.allowedUpdates;
  return asked === undefined || asked.length === 0 ? !ONLY_WHEN_ASKED.includes(kindOf(update)) : asked.includes(kindOf(update));
}

/**
 * Ids that a gateway has not seen from an earlier run: it remembers them for 30 days. Telegram's are 32-bit and below two thousand million;
 * counting hundredths of a second starts over after 231 days.
 */
export function idCounter(nowMs: number): () => number {
  let next = Math.floor(nowMs / 10) % 2_000_000_000;
  return () => next++;
}

/** A supergroup's id starts with -100, a basic group's is just negative. */
export function chatOf(id: number): Json {
  if (id > 0) return { id, type: "private", first_name: "Test", username: `user${id}` };
  return { id, type: `${id}`.startsWith("-100") ? "supergroup" : "group", title: `group ${id}` };
}
