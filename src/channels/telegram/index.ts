/** The Telegram channel, put together. @see https://core.telegram.org/bots/api */
import type { Channel } from "../channel.ts";
import { egress } from "./egress.ts";
import { harmless } from "./harmless.ts";
import { limits } from "./limits.ts";
import { parse } from "./parse.ts";
import { platform } from "./platform.ts";
import { registration } from "./registration.ts";
import { renderNotice } from "./render.ts";
import { accountFields } from "./schema.ts";
import { SECRET_HEADER, verify } from "./verify.ts";

export const telegram = {
  name: "telegram",
  accountFields,
  limits,
  links: ["native", "poll"],
  nativeSecretHeader: SECRET_HEADER,
  harmless,
  verify,
  parse,
  renderNotice,
  platform,
  egress,
  registration,
} satisfies Channel;
