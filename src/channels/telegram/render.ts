/** What the edge itself tells a person, as a Bot API call: plain text, one message, never marked up. */
import type { RenderNotice } from "../channel.ts";
import { given } from "../given.ts";
import { threadParameters } from "./identity.ts";
import { MAX_TEXT_UNITS } from "./limits.ts";

/** No `parse_mode`: what an operator wrote is shown as it is. @see https://core.telegram.org/bots/api#sendmessage */
export const renderNotice: RenderNotice = (chat, text) => ({
  method: "sendMessage",
  body: {
    chat_id: /^-?\d+$/.test(chat.id) ? Number(chat.id) : chat.id,
    ...threadParameters(chat),
    ...given("business_connection_id", chat.connection),
    text: shortened(text),
  },
});

/** The whole text, or as much as fits with an ellipsis; never half of a surrogate pair. */
function shortened(text: string): string {
  if (text.length <= MAX_TEXT_UNITS) return text;
  const kept = text.slice(0, MAX_TEXT_UNITS - 1);
  return `${/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}
