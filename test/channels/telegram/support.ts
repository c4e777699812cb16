/** What Telegram's tests share: an account, the specimens as files, deliveries and calls made of them. */
import { readdirSync, readFileSync } from "node:fs";
import type { CallHead } from "../../../src/channels/egress.ts";
import { SECRET_HEADER } from "../../../src/channels/telegram/verify.ts";
import type { Account } from "../../../src/core/account.ts";
import { utf8 } from "../../../src/core/bytes.ts";
import type { Delivery } from "../../../src/core/delivery.ts";

const DIRECTORY = "test/specimens/telegram";

export const SECRET = "s3cret_Token-1";
export const TOKEN = "7000000001:AAbbCCdd";
/** A minute after the specimens' date. */
export const ARRIVED_AT_MS = 1_793_000_060_000;

export const account = (options: Account["options"] = {}): Account => ({
  id: "telegram:support",
  channel: "telegram",
  name: "support",
  pool: "support",
  scope: "chat",
  proactive: "owner",
  secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" },
  options,
});

export const specimenNames: readonly string[] = readdirSync(DIRECTORY)
  .map((file) => file.replace(".json", ""))
  .sort();

export const specimen = (name: string): Record<string, Record<string, unknown>> =>
  JSON.parse(readFileSync(`${DIRECTORY}/${name}.json`, "utf8")) as Record<string, Record<string, unknown>>;

export const delivery = (payload: unknown, headers: Readonly<Record<string, string>> = { [SECRET_HEADER]: SECRET }): Delivery => ({
  method: "POST",
  url: "https://edge.test/webhooks/telegram/support",
  headers: new Headers({ "content-type": "application/json", ...headers }),
  body: utf8(JSON.stringify(payload)),
  arrivedAtMs: ARRIVED_AT_MS,
});

export const jsonCall = (method: string, body: unknown): CallHead => ({
  method,
  query: new URLSearchParams(),
  contentType: "application/json",
  head: utf8(typeof body === "string" ? body : JSON.stringify(body)),
  isComplete: true,
});
