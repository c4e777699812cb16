/** The bot's webhook at Telegram: what it should be, how it reads, and every field in which the two differ. Shows no secret. */
import * as z from "zod/mini";
import type { Account } from "../../core/account.ts";
import type { Registration, WebhookState } from "../registration.ts";
import { IGNORED_TYPES, ROUTED_TYPES } from "./events.ts";
import { DEFAULT_MAX_CONNECTIONS } from "./limits.ts";
import { optionsOf } from "./schema.ts";

/** Come only when asked for by name. @see https://core.telegram.org/bots/api#getwebhookinfo (`allowed_updates`) */
export const NOT_BY_DEFAULT: readonly string[] = ["chat_member", "message_reaction", "message_reaction_count"];

const DEFAULT_UPDATES = [...ROUTED_TYPES, ...IGNORED_TYPES].filter((type) => !NOT_BY_DEFAULT.includes(type)).sort();

/** @see https://core.telegram.org/bots/api#webhookinfo */
const webhookInfoSchema = z.object({
  url: z._default(z.string(), ""),
  has_custom_certificate: z._default(z.boolean(), false),
  pending_update_count: z.optional(z.int().check(z.nonnegative())),
  ip_address: z.optional(z.string()),
  last_error_date: z.optional(z.int().check(z.nonnegative())),
  last_error_message: z.optional(z.string()),
  max_connections: z._default(z.int(), DEFAULT_MAX_CONNECTIONS),
  allowed_updates: z.optional(z.array(z.string())),
});

const urlOf = (account: Account, publicUrl: string): string => `${publicUrl.replace(/\/+$/, "")}/webhooks/telegram/${account.name}`;

/** `ip_address` is left to Telegram: it resolves the host itself. */
const expected: Registration["expected"] = (account, publicUrl) => ({
  fields: {
    url: urlOf(account, publicUrl),
    allowed_updates: ROUTED_TYPES,
    max_connections: optionsOf(account).maxConnections,
    has_custom_certificate: false,
  },
});

/** An answer that does not read gives no fields, so that everything counts as different. */
function read(result: unknown): WebhookState {
  const parsed = webhookInfoSchema.safeParse(result);
  if (!parsed.success) return { fields: {} };
  const { pending_update_count: pendingCount, last_error_date: atSeconds, last_error_message: message, ...fields } = parsed.data;
  return {
    fields: { ...fields, allowed_updates: setOf(fields.allowed_updates) },
    ...(pendingCount === undefined ? {} : { pendingCount }),
    ...(atSeconds === undefined ? {} : { lastError: { message: message ?? "", atMs: atSeconds * 1000 } }),
  };
}

const setOf = (types: readonly string[] | undefined): readonly string[] =>
  types === undefined || types.length === 0 ? DEFAULT_UPDATES : [...new Set(types)].sort();

const isSame = (left: unknown, right: unknown): boolean => JSON.stringify(normal(left)) === JSON.stringify(normal(right));
const normal = (value: unknown): unknown => (Array.isArray(value) ? [...new Set(value)].sort() : value);

export const registration: Registration = {
  purpose: "webhook",
  expected,
  show: { method: "getWebhookInfo", body: {} },
  read,
  /** Updates that wait are people's messages: they are never dropped. */
  set: (account, publicUrl, secret) => ({
    method: "setWebhook",
    body: {
      url: urlOf(account, publicUrl),
      secret_token: secret,
      allowed_updates: ROUTED_TYPES,
      max_connections: optionsOf(account).maxConnections,
      drop_pending_updates: false,
    },
  }),
  differences: (wanted, actual) =>
    Object.entries(wanted.fields)
      .filter(([field, value]) => !isSame(value, actual.fields[field]))
      .map(([field, value]) => ({ field, expected: value, actual: actual.fields[field] })),
};
