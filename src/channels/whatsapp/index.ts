/** The WhatsApp channel, put together: the Cloud API, which no instance speaks. @see https://developers.facebook.com/documentation/business-messaging/whatsapp */
import type { Account } from "../../core/account.ts";
import type { Channel } from "../channel.ts";
import { egress } from "./egress.ts";
import { handshake } from "./handshake.ts";
import { limits } from "./limits.ts";
import { media } from "./media-source.ts";
import { outgoing } from "./outgoing.ts";
import { parse } from "./parse.ts";
import { platform } from "./platform.ts";
import { registration } from "./registration.ts";
import { renderNotice } from "./render.ts";
import { accountFields, optionsOf } from "./schema.ts";
import { verify } from "./verify.ts";

/** All numbers of an app share its callback, unless they have one of their own. */
const addressOf = (account: Account): string | undefined => optionsOf(account).phoneNumberId || undefined;

export const whatsapp = {
  name: "whatsapp",
  accountFields,
  limits,
  links: ["chat"],
  nativeSecretHeader: undefined,
  verify,
  handshake,
  parse,
  siblings: { addressOf, purpose: "app" },
  hearsGroups: (account) => optionsOf(account).hearsAll,
  renderNotice,
  platform,
  outgoing,
  media,
  egress,
  registration,
} satisfies Channel;
