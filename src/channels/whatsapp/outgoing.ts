/** How an agent's answer leaves: its parts as text messages, the mark that it was read, and the template once the window is closed. */
import * as z from "zod/mini";
import type { Chat } from "../../core/message.ts";
import type { PlatformCall } from "../channel.ts";
import type { Outgoing } from "../outgoing.ts";
import { renderAnswer } from "./answer.ts";
import { recipientOf } from "./identity.ts";
import { judge } from "./judge.ts";
import { MAX_NOTE_UNITS, PRESENCE_MS, WINDOW_MS } from "./limits.ts";
import { wamid } from "./payload.ts";
import { textCall } from "./render.ts";
import { optionsOf } from "./schema.ts";

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages#responses */
const sentSchema = z.object({ messages: z.tuple([z.object({ id: wamid })], z.unknown()) });

function sentId(result: unknown): string | undefined {
  const sent = sentSchema.safeParse(result);
  return sent.success ? sent.data.messages[0].id : undefined;
}

/** Cut, a note could name another conversation: a note that is too long is left out. */
const withNote = (call: PlatformCall, note: string): PlatformCall =>
  note === "" || note.length > MAX_NOTE_UNITS ? call : { ...call, body: { ...call.body, biz_opaque_callback_data: note } };

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/typing-indicators */
const present: Outgoing["present"] = (_chat, messageId) => ({
  method: "messages",
  body: { messaging_product: "whatsapp", status: "read", message_id: messageId, typing_indicator: { type: "text" } },
});

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview */
const template: Outgoing["template"] = (account, chat: Chat, note) => {
  const configured = optionsOf(account).template;
  if (configured === undefined) return undefined;
  const message = { name: configured.name, language: { code: configured.language } };
  const body = { messaging_product: "whatsapp", ...recipientOf(chat), type: "template", template: message };
  return withNote({ method: "messages", body }, note);
};

export const outgoing: Outgoing = {
  render: renderAnswer,
  send: (chat, part, note) => withNote(textCall(chat, part), note),
  sentId,
  present,
  presenceMs: PRESENCE_MS,
  windowMs: WINDOW_MS,
  template,
  judge,
};
