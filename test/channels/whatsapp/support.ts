/** What WhatsApp's tests share: an account, the specimens as files, and deliveries made of them as Meta signs and sends them. */
import { readdirSync, readFileSync } from "node:fs";
import { parse } from "../../../src/channels/whatsapp/parse.ts";
import { SIGNATURE_HEADER } from "../../../src/channels/whatsapp/verify.ts";
import type { Account } from "../../../src/core/account.ts";
import { hex, utf8 } from "../../../src/core/bytes.ts";
import { hmac } from "../../../src/core/crypto.ts";
import type { Delivery } from "../../../src/core/delivery.ts";
import type { Message, Parsed } from "../../../src/core/message.ts";

const DIRECTORY = "test/specimens/whatsapp";

export const APP_SECRET = "app-s3cret";
export const VERIFY_TOKEN = "verify-t0ken";
export const TOKEN = "EAAexample";
export const NUMBER = "106540352242922";
export const OTHER_NUMBER = "206540352242922";
export const PHONE = "15555550101";
export const USER = "US.13491208655302741918";
export const SENT_AT_MS = 1_793_000_000_000;
/** A minute after the specimens' date. */
export const ARRIVED_AT_MS = 1_793_000_060_000;

export const account = (options: Account["options"] = {}): Account => ({
  id: "whatsapp:sales",
  channel: "whatsapp",
  name: "sales",
  pool: "sales",
  scope: "chat",
  proactive: "owner",
  secrets: { app: "WA_APP", verify: "WA_VERIFY", token: "WA_TOKEN" },
  options: { phoneNumberId: NUMBER, ...options },
});

export const specimenNames: readonly string[] = readdirSync(DIRECTORY)
  .map((file) => file.replace(".json", ""))
  .sort();

export const specimen = (name: string): unknown => JSON.parse(readFileSync(`${DIRECTORY}/${name}.json`, "utf8")) as unknown;

/** The wire text: ASCII alone, and slashes escaped. @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started */
export const wireText = (payload: unknown): string =>
  JSON.stringify(payload)
    .replaceAll("/", "\\/")
    .replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

export const signatureOf = async (text: string, secret = APP_SECRET): Promise<string> => `sha256=${hex(await hmac(secret, utf8(text)))}`;

export const delivery = (text: string, signature?: string): Delivery => ({
  method: "POST",
  url: "https://edge.test/webhooks/whatsapp/sales",
  headers: new Headers({ "content-type": "application/json", ...(signature === undefined ? {} : { [SIGNATURE_HEADER]: signature }) }),
  body: utf8(text),
  arrivedAtMs: ARRIVED_AT_MS,
});

export async function signed(payload: unknown, secret = APP_SECRET): Promise<Delivery> {
  const text = wireText(payload);
  return delivery(text, await signatureOf(text, secret));
}

export function read(payload: unknown): Parsed {
  const parsed = parse(payload, account(), ARRIVED_AT_MS);
  if (!parsed.ok) throw new Error(parsed.problem.detail);
  return parsed.value;
}

/** The only message of a specimen, or of a payload. */
export function messageOf(payload: unknown): Message {
  const { messages, ignored } = read(typeof payload === "string" ? specimen(payload) : payload);
  const [message] = messages;
  if (message === undefined || messages.length > 1) throw new Error(`${messages.length} messages; ignored: ${ignored.join()}`);
  return message;
}

/** A delivery of one change of messages. */
export const change = (value: Readonly<Record<string, unknown>>, field = "messages") => ({
  object: "whatsapp_business_account",
  entry: [
    {
      id: "102290129340398",
      changes: [{ field, value: { metadata: { display_phone_number: "15550783881", phone_number_id: NUMBER }, ...value } }],
    },
  ],
});

/** A message of one person, with some members of its own. */
export const message = (members: Readonly<Record<string, unknown>> = {}) => ({
  from: PHONE,
  from_user_id: USER,
  id: "wamid.TEST",
  timestamp: "1793000000",
  type: "text",
  text: { body: "Hello" },
  ...members,
});
