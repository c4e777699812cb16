/** How much of a document that does not load is left when it is read again. */
import { expect, it } from "vitest";
import { reread } from "../../../durable-objects/config/judge.ts";
import { badText, goodText, yesterdays } from "./documents.ts";

const secrets = { app: "APP", verify: "ASK", token: "TOKEN" };
const telegram = { pool: "support", secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } };
const number = (phoneNumberId: string) => ({ pool: "sales", phoneNumberId, secrets });

const withAccounts = (accounts: object, sales: object = { agent: "sales-public" }): string =>
  JSON.stringify({
    accounts,
    instances: {
      "eu-1": { url: "http://127.0.0.1:18789", native: { "telegram:support": { url: "http://127.0.0.1:19789", secret: "S" } } },
    },
    pools: { support: { instances: ["eu-1"], channels: ["telegram"] }, sales: { instances: ["eu-1"], ...sales } },
  });

function left(text: string): readonly string[] | string {
  const kept = reread(text);
  return kept.ok ? [...Object.keys(kept.value.document.accounts)] : (kept.problem[0]?.path ?? "");
}

it.each<readonly [string, string, readonly string[] | string]>([
  ["everything, where nothing is wrong", goodText(), ["telegram:support"]],
  ["an account beside one that lacks a field", yesterdays["an account that lacks a field"], ["telegram:support"]],
  [
    "an account of the same channel beside it",
    withAccounts({ "telegram:support": telegram, "whatsapp:a": number("1"), "whatsapp:b": { pool: "sales", secrets } }),
    ["telegram:support", "whatsapp:a"],
  ],
  [
    "the first of two at one address",
    withAccounts({ "telegram:support": telegram, "whatsapp:a": number("1"), "whatsapp:b": number("1") }),
    ["telegram:support", "whatsapp:a"],
  ],
  [
    "the other channels, where what is wrong is not said of an account",
    withAccounts({ "telegram:support": telegram, "whatsapp:a": number("1"), "whatsapp:b": { pool: "sales", secrets } }, {}),
    ["telegram:support"],
  ],
  ["nothing, where no account is left", withAccounts({ "whatsapp:b": { pool: "sales", secrets } }), "accounts.whatsapp:b.phoneNumberId"],
  ["nothing of a document that is wrong in itself", badText, "pools.support.instances[0]"],
  ["nothing of what is no document", "{", ""],
])("%s", (_what, text, expected) => expect(left(text)).toEqual(expected));
