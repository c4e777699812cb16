/** A channel that the edge itself speaks for, as small as can be: Telegram's account and API, with answers that leave through the outbox. */
import type { Outgoing, SendVerdict } from "../../src/channels/outgoing.ts";
import { telegram } from "../../src/channels/telegram/index.ts";
import type { Chat } from "../../src/core/message.ts";

export const WINDOW_MS = 86_400_000;

const say = (chat: Chat, text: string, note: string) => ({ method: "sendMessage", body: { chat_id: chat.id, text, note } });

const MEANINGS: Readonly<Record<number, (refusals: number) => SendVerdict>> = {
  401: () => ({ kind: "stop", detail: "http 401" }),
  403: () => ({ kind: "give-up", detail: "http 403" }),
  429: () => ({ kind: "wait", scope: "chat", retryAfterMs: 60_000, detail: "http 429" }),
  503: () => ({ kind: "retry", detail: "http 503" }),
};

/** A part a line. */
export const outgoing: Outgoing = {
  render: (markdown) => markdown.split("\n").filter((line) => line !== ""),
  send: say,
  sentId: (result) => String((result as { message_id?: unknown }).message_id),
  present: (chat, messageId) => ({ method: "sendChatAction", body: { chat_id: chat.id, message_id: messageId } }),
  presenceMs: 5000,
  windowMs: WINDOW_MS,
  template: (_account, chat, note) => (chat.id === "no-template" ? undefined : say(chat, "TEMPLATE", note)),
  judge: ({ status, code, refusals }) =>
    MEANINGS[status ?? code ?? 0]?.(refusals) ?? { kind: "give-up", detail: `http ${status ?? "-"}, code ${code ?? "-"}` },
};

/** From here on, in this test file, the edge speaks for Telegram. */
export const letTelegramTalk = (): void => void Object.assign(telegram, { outgoing });
