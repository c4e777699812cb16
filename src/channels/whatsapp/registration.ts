/**
 * The callback of a phone number at Meta: its own override, or else the business account's, or else the app's. The edge sets and removes
 * nothing but the number's own. Shows no secret.
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/override
 */
import * as z from "zod/mini";
import type { Account } from "../../core/account.ts";
import { lenient } from "../../core/lenient.ts";
import { given } from "../given.ts";
import type { Registration, WebhookState } from "../registration.ts";

const url = lenient(z.string());
const numberSchema = z.object({
  webhook_configuration: z.object({ phone_number: url, whatsapp_business_account: url, application: url }),
});

const urlOf = (account: Account, publicUrl: string): string => `${publicUrl.replace(/\/+$/, "")}/webhooks/whatsapp/${account.name}`;

/** The first that is set decides. An answer that does not read gives no fields, so that everything counts as different. */
function read(result: unknown): WebhookState {
  const parsed = numberSchema.safeParse(result);
  if (!parsed.success) return { fields: {} };
  const { phone_number: own, whatsapp_business_account: business, application } = parsed.data.webhook_configuration;
  const effective = [own, business, application].find((it) => it !== undefined && it !== "");
  return {
    fields: {
      callback_url: effective ?? "",
      ...given("phone_number", own),
      ...given("whatsapp_business_account", business),
      ...given("application", application),
    },
  };
}

export const registration: Registration = {
  purpose: "verify",
  isTyped: true,
  typedAt:
    "Meta's App Dashboard (developers.facebook.com/apps): your app, Use cases, Connect with customers through WhatsApp, Customize, Configuration. Then subscribe to the field messages",
  expected: (account, publicUrl) => ({ fields: { callback_url: urlOf(account, publicUrl) } }),
  show: { method: "", verb: "GET", body: { fields: "webhook_configuration" } },
  read,
  /** Meta asks the address for the challenge before it answers. */
  set: (account, publicUrl, secret) => ({
    method: "",
    body: { webhook_configuration: { override_callback_uri: urlOf(account, publicUrl), verify_token: secret } },
  }),
  differences: (wanted, actual) =>
    Object.entries(wanted.fields)
      .filter(([field, value]) => value !== actual.fields[field])
      .map(([field, value]) => ({ field, expected: value, actual: actual.fields[field] })),
};
