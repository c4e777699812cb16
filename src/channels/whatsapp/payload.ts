/**
 * The shapes of a delivery around what a message says. Every level is an array, and each thing in it is read by itself: one that does not
 * read takes nothing with it. Strict about identity, forgiving about hints, silent about the rest: unknown keys are never copied.
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
 */
import * as z from "zod/mini";
import { lenient } from "../../core/lenient.ts";

const hint = lenient(z.string());
const list = z.catch(z.array(z.unknown()), []);

/** Texts in all places but a few. */
const unixSeconds = lenient(z.coerce.number().check(z.int(), z.positive(), z.maximum(100_000_000_000)));

export const envelopeSchema = z.object({ object: z.literal("whatsapp_business_account"), entry: z.array(z.unknown()) });
export const entrySchema = z.object({ changes: z.array(z.unknown()) });
export const changeSchema = z.object({ field: z.string(), value: z.unknown() });

/** Which of our numbers it came to. */
export const metadataSchema = z.object({
  phone_number_id: z.string().check(z.regex(/^\d{1,32}$/)),
  display_phone_number: z.catch(z.string(), ""),
});

export const contactSchema = z.object({ wa_id: hint, user_id: hint, profile: lenient(z.object({ name: hint })) });

export const messagesValueSchema = z.object({
  metadata: metadataSchema,
  contacts: z.catch(z.array(z.catch(contactSchema, {})), []),
  messages: list,
  statuses: list,
  errors: list,
});

/** Ids become keys and paths. A wamid is base64 behind a prefix. */
export const wamid = z.string().check(z.regex(/^[\x21-\x7e]{1,200}$/));

/** A message as far as it says who, where and when. */
export const headSchema = z.object({
  id: wamid,
  type: z.string(),
  from: hint,
  from_user_id: hint,
  group_id: z.optional(z.string()),
  timestamp: unixSeconds,
  context: lenient(
    z.object({
      from: hint,
      forwarded: lenient(z.boolean()),
      frequently_forwarded: lenient(z.boolean()),
      referred_product: lenient(z.object({ catalog_id: z.string(), product_retailer_id: z.string() })),
    }),
  ),
  referral: lenient(z.object({ source_url: hint, source_type: hint, headline: hint, body: hint })),
});

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/system */
export const systemSchema = z.object({
  type: z.string(),
  wa_id: hint,
  user_id: hint,
  previous_user_id: hint,
});

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids */
export const userIdUpdatesSchema = z.object({ metadata: metadataSchema, user_id_update: z.array(z.unknown()) });
export const userIdUpdateSchema = z.object({ wa_id: hint, user_id: z.object({ previous: z.string(), current: z.string() }) });

export const errorSchema = z.object({ code: z.int().check(z.nonnegative()), title: hint, message: hint });

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status */
export const statusSchema = z.object({
  id: wamid,
  status: z.string(),
  timestamp: unixSeconds,
  recipient_participant_id: hint,
  recipient_participant_user_id: hint,
  biz_opaque_callback_data: hint,
  errors: list,
});

export type Contact = z.infer<typeof contactSchema>;
export type Head = z.infer<typeof headSchema>;
export type Metadata = z.infer<typeof metadataSchema>;
