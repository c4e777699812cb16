/** The genuine WhatsApp delivery of the bench: a short text, written and signed as Meta writes and signs, under an id nobody used before. */
import { createHmac } from "node:crypto";
import { post, type Target } from "./load.ts";

export const APP_SECRET = "app-secret-of-the-bench";
const PHONE_NUMBER_ID = "106540352242922";
const FIRST_PHONE = 15_550_000_000;

export const WHATSAPP_ACCOUNT = {
  pool: "bench",
  phoneNumberId: PHONE_NUMBER_ID,
  secrets: { app: "WA_APP", verify: "WA_VERIFY", token: "WA_TOKEN" },
};

export const WHATSAPP_VARS = { WA_APP: APP_SECRET, WA_VERIFY: "verify-token-of-the-bench", WA_TOKEN: "token-of-the-bench" };

/** The `index`-th delivery, dealt out to the conversations in turn. */
function delivery(index: number, conversations: number): string {
  const person = index % conversations;
  const [phone, userId] = [String(FIRST_PHONE + person), `US.${13_491_208_655_302_700_000n + BigInt(person)}`];
  const message = {
    from: phone,
    from_user_id: userId,
    id: `wamid.HBgLMTU1NTAwMDAwMDAVAgASGBQzQTg${index.toString(36).toUpperCase().padStart(10, "0")}`,
    timestamp: String(Math.floor(Date.now() / 1000)),
    type: "text",
    text: { body: "Good morning! Could you tell me when the parcel that left on Monday will get here?" },
  };
  const value = {
    messaging_product: "whatsapp",
    metadata: { display_phone_number: "15550001111", phone_number_id: PHONE_NUMBER_ID },
    contacts: [{ profile: { name: "Aroha Ngata" }, wa_id: phone, user_id: userId }],
    messages: [message],
  };
  const body = { object: "whatsapp_business_account", entry: [{ id: "102290129340398", changes: [{ field: "messages", value }] }] };
  return JSON.stringify(body).replaceAll("/", "\\/");
}

export const whatsappTarget = (name: string, port: number, conversations: number): Target => ({
  name,
  port,
  request: (index) => {
    const body = delivery(index, conversations);
    const signature = createHmac("sha256", APP_SECRET).update(body).digest("hex");
    return post("/webhooks/whatsapp/bench", body, { "x-hub-signature-256": `sha256=${signature}` });
  },
});
