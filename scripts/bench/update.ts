/** The genuine Telegram update that everything in the bench is sent: a short text in a private chat, under a number nobody used before. */
export const WEBHOOK_SECRET = "webhook-secret-of-the-bench";
export const WEBHOOK_PATH = "/webhooks/telegram/bench";
export const SECRET_HEADER = "x-telegram-bot-api-secret-token";

const FIRST_CHAT = 700_000_001;
const FIRST_UPDATE = 100_000_000;

/** The `index`-th update, dealt out to the conversations in turn. */
export function update(index: number, conversations: number): string {
  const chat = FIRST_CHAT + (index % conversations);
  const from = { id: chat, is_bot: false, first_name: "Aroha", last_name: "Ngata", username: `aroha_${chat}`, language_code: "en" };
  const message = {
    message_id: index + 1,
    from,
    chat: { id: chat, first_name: from.first_name, last_name: from.last_name, username: from.username, type: "private" },
    date: Math.floor(Date.now() / 1000),
    text: "Good morning! Could you tell me when the parcel that left on Monday will get here?",
  };
  return JSON.stringify({ update_id: FIRST_UPDATE + index, message });
}
