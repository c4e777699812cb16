/** Who is in an overload run: four accounts of two platforms, the document they are routed by, and their genuine, signed webhooks. */
import { createHmac } from "node:crypto";
import { post } from "../bench/load.ts";

export const ACCOUNTS = ["telegram:loud", "telegram:second", "telegram:third", "whatsapp:fourth"] as const;
export type AccountName = (typeof ACCOUNTS)[number];

/** Ten times its share is what this one sends when it alone is loud. */
export const LOUD: AccountName = "telegram:loud";

/** Per account; and webhooks of one from each multiple of this index on are other people's. */
const CONVERSATIONS = 32;
export const NEWCOMERS_FROM = 1_000_000;

const SECRET = "webhook-secret-of-the-overload";
const APP_SECRET = "app-secret-of-the-overload";
const NUMBER = "106540352242922";
/** Nothing is asked of a platform: no answer is ever given. */
const NOWHERE = "http://127.0.0.1:9";

export const VARS = {
  ...{ TG_SECRET: SECRET, TG_TOKEN: "123456789:AAF-real_token_of_the_overload_012345", LISTENER_SECRET: "secret-of-the-instance" },
  ...{ WA_APP: APP_SECRET, WA_VERIFY: "verify-token-of-the-overload", WA_TOKEN: "token-of-the-overload" },
  ...{ TELEGRAM_API_BASE: NOWHERE, WHATSAPP_API_BASE: NOWHERE },
} as const;

interface Urls {
  readonly accepting: string;
  readonly silent: string;
}

/** Their instance takes everything at once: nothing of theirs waits. */
export const telegrams = ACCOUNTS.filter((name) => name.startsWith("telegram:"));

/** Telegram's gateway takes everything at once; WhatsApp's agents think for as long as the edge waits for anybody. No limits and no quotas. */
export function routesOf({ accepting, silent }: Urls): object {
  const telegram = { pool: "telegram", secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } };
  const native = Object.fromEntries(telegrams.map((name) => [name, { url: `${accepting}/telegram-webhook`, secret: "LISTENER_SECRET" }]));
  const pool = (instance: string): object => ({ instances: [instance], agent: "public", failover: { attemptMs: 600_000 } });
  return {
    accounts: {
      ...Object.fromEntries(telegrams.map((name) => [name, telegram])),
      "whatsapp:fourth": { pool: "whatsapp", phoneNumberId: NUMBER, secrets: { app: "WA_APP", verify: "WA_VERIFY", token: "WA_TOKEN" } },
    },
    instances: { listener: { url: accepting, native }, thinker: { url: silent } },
    pools: { telegram: pool("listener"), whatsapp: pool("thinker") },
  };
}

export interface Webhook {
  readonly account: AccountName;
  /** The message's id as the edge keeps it. */
  readonly id: string;
  readonly request: Buffer;
}

const TEXT = "Good morning! Could you tell me when the parcel that left on Monday will get here?";
const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const person = (index: number): number => (index % CONVERSATIONS) + CONVERSATIONS * Math.floor(index / NEWCOMERS_FROM);

function telegramBody(index: number): string {
  const chat = 700_000_001 + person(index);
  const names = { first_name: "Aroha", last_name: "Ngata", username: `aroha_${chat}` };
  const message = {
    message_id: index + 1,
    from: { id: chat, is_bot: false, ...names, language_code: "en" },
    chat: { id: chat, ...names, type: "private" },
    date: nowSeconds(),
    text: TEXT,
  };
  return JSON.stringify({ update_id: 100_000_000 + index, message });
}

function whatsappBody(index: number): string {
  const from = String(15_550_000_000 + person(index));
  const value = {
    messaging_product: "whatsapp",
    metadata: { display_phone_number: "15550001111", phone_number_id: NUMBER },
    contacts: [{ profile: { name: "Aroha Ngata" }, wa_id: from }],
    messages: [{ from, id: whatsappId(index), timestamp: String(nowSeconds()), type: "text", text: { body: TEXT } }],
  };
  return JSON.stringify({
    object: "whatsapp_business_account",
    entry: [{ id: "102290129340398", changes: [{ field: "messages", value }] }],
  });
}

const whatsappId = (index: number): string => `wamid.HBgLMTU1NTAwMDAwMDAVAgASGBQzQTg${index.toString(36).toUpperCase().padStart(10, "0")}`;
const pathOf = (account: string): string => `/webhooks/${account.replace(":", "/")}`;

/** The `index`-th webhook of an account, which no other index repeats. */
export function webhook(account: AccountName, index: number): Webhook {
  if (account !== "whatsapp:fourth") {
    const request = post(pathOf(account), telegramBody(index), { "x-telegram-bot-api-secret-token": SECRET });
    return { account, id: `u${100_000_000 + index}`, request };
  }
  const body = whatsappBody(index);
  const signature = createHmac("sha256", APP_SECRET).update(body).digest("hex");
  return { account, id: whatsappId(index), request: post(pathOf(account), body, { "x-hub-signature-256": `sha256=${signature}` }) };
}

/** What a stranger sends: an account that exists, and no proof, or another wrong one each time. */
export function forged(index: number): Buffer {
  const proof = index % 2 === 0 ? {} : { "x-telegram-bot-api-secret-token": `guess-${index}` };
  return post(pathOf(ACCOUNTS[index % telegrams.length] ?? LOUD), telegramBody(index), proof);
}
