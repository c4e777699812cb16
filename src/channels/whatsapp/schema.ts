/** What WhatsApp's accounts have in the routes document. The shapes of what arrives are in `payload.ts` and `content.ts`. */
import * as z from "zod/mini";
import type { Account } from "../../core/account.ts";
import { variableName } from "../variable-name.ts";

const phoneNumberId = z.string().check(z.regex(/^\d{1,32}$/, "the id of the phone number: digits, not the number itself"));

/** @see https://developers.facebook.com/docs/graph-api/guides/versioning */
const graphVersion = z.string().check(z.regex(/^v\d{1,3}\.\d$/, "a version of the Graph API, as in v23.0"));
const DEFAULT_GRAPH_VERSION = "v23.0";

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview */
const template = z.strictObject({
  name: z.string().check(z.regex(/^[a-z0-9_]{1,512}$/, "the template's name: small letters, digits and _")),
  language: z.string().check(z.regex(/^[A-Za-z]{2,3}(?:_[A-Za-z]{2,4})?$/, "the template's language, as in en_US")),
  /** The template has no parameters: the only kind there is for now. */
  parameter: z.optional(z.literal("none")),
});

export const accountFields = z.strictObject({
  secrets: z.strictObject({
    /** The app secret, with which Meta signs every delivery. */
    app: variableName,
    /** The verify token, typed into Meta's console with the callback URL. */
    verify: variableName,
    /** The access token that sends and fetches media. */
    token: variableName,
  }),
  /** The id of the phone number, from Meta's console. */
  phoneNumberId,
  /** Version of the Graph API; DEFAULT_GRAPH_VERSION when not given. */
  graphVersion: z.optional(graphVersion),
  /** What of a group the agent is asked: what mentions or answers the number, or every word. */
  groups: z._default(z.enum(["addressed", "all"]), "addressed"),
  /** Sent in place of an answer once 24 hours have passed since the person wrote. */
  template: z.optional(template),
});

export type Template = z.infer<typeof template>;

export interface AccountOptions {
  readonly phoneNumberId: string;
  readonly graphVersion: string;
  readonly hearsAll: boolean;
  readonly template?: Template;
}

/** What an account of this channel adds; the routes document was checked with `accountFields` when it was accepted. */
export function optionsOf(account: Account): AccountOptions {
  const id = phoneNumberId.safeParse(account.options["phoneNumberId"]);
  const version = graphVersion.safeParse(account.options["graphVersion"]);
  const message = template.safeParse(account.options["template"]);
  return {
    phoneNumberId: id.success ? id.data : "",
    graphVersion: version.success ? version.data : DEFAULT_GRAPH_VERSION,
    hearsAll: account.options["groups"] === "all",
    ...(message.success ? { template: message.data } : {}),
  };
}
