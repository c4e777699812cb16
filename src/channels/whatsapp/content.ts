/**
 * The shapes of what a message says, by its type. Forgiving: whatever is not needed to tell the message may be missing.
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
 */
import * as z from "zod/mini";
import { lenient } from "../../core/lenient.ts";

const hint = lenient(z.string());
const amount = lenient(z.union([z.number(), z.string()]));

export const textSchema = z.object({ body: z.string() });

/** An id becomes a path of the Graph API. */
export const fileSchema = z.object({
  id: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,128}$/)),
  mime_type: hint,
  caption: hint,
  filename: hint,
  voice: lenient(z.boolean()),
});

export const locationSchema = z.object({ latitude: z.number(), longitude: z.number(), name: hint, address: hint, url: hint });

const listOf = <Schema extends z.ZodMiniType>(item: Schema) => z.catch(z.array(item), []);

export const contactCardsSchema = z.array(
  z.object({
    name: lenient(z.object({ formatted_name: hint })),
    org: lenient(z.object({ company: hint, title: hint })),
    phones: listOf(z.object({ phone: hint })),
    emails: listOf(z.object({ email: hint })),
    urls: listOf(z.object({ url: hint })),
  }),
);

/** Without an emoji, or with an empty one, a reaction is taken back. */
export const reactionSchema = z.object({ emoji: hint });

export const buttonSchema = z.object({ text: z.string() });

export const interactiveSchema = z.object({
  button_reply: z.optional(z.object({ title: z.string() })),
  list_reply: z.optional(z.object({ title: z.string(), description: hint })),
  nfm_reply: z.optional(z.object({ response_json: hint, body: hint })),
  call_permission_reply: z.optional(z.object({ response: z.string() })),
});

export const orderSchema = z.object({
  catalog_id: hint,
  text: hint,
  product_items: listOf(z.object({ product_retailer_id: z.string(), quantity: amount, item_price: amount, currency: hint })),
});

export const editSchema = z.object({ message: z.looseObject({ type: z.string() }) });
export const unsupportedSchema = z.object({ type: hint });

export type WhatsAppFile = z.infer<typeof fileSchema>;
export type WhatsAppLocation = z.infer<typeof locationSchema>;
export type ContactCard = z.infer<typeof contactCardsSchema>[number];
export type WhatsAppOrder = z.infer<typeof orderSchema>;
export type WhatsAppInteractive = z.infer<typeof interactiveSchema>;
