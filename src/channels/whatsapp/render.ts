/** What the edge itself tells a person, as one message: plain text, never marked up. */
import type { Chat } from "../../core/message.ts";
import type { PlatformCall, RenderNotice } from "../channel.ts";
import { recipientOf } from "./identity.ts";
import { MAX_TEXT_UNITS } from "./limits.ts";

/** Links are not shown as cards: nobody asked for them. @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages */
export const textCall = (chat: Chat, text: string): PlatformCall => ({
  method: "messages",
  body: { messaging_product: "whatsapp", ...recipientOf(chat), type: "text", text: { body: text, preview_url: false } },
});

export const renderNotice: RenderNotice = (chat, text) => textCall(chat, shortened(text));

/** The whole text, or as much as fits with an ellipsis; never half of a surrogate pair. */
function shortened(text: string): string {
  if (text.length <= MAX_TEXT_UNITS) return text;
  return `${text.slice(0, MAX_TEXT_UNITS - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
