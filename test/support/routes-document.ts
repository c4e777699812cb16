/** One valid routes document and one valid message, to bend a single field of per test. */
import type { Message } from "../../src/core/message.ts";

const native = { "telegram:support": { url: "http://127.0.0.1:19789/telegram-webhook", secret: "EU1_TG_SECRET" } };

export const validDocument = {
  accounts: {
    "telegram:support": { pool: "support", region: "weur", secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } },
  },
  instances: {
    "eu-1": { url: "http://127.0.0.1:18789", region: "weur", native },
    "us-1": { url: "http://127.0.0.1:18790", region: "enam", native },
  },
  pools: {
    support: { instances: ["eu-1", "us-1"] },
    sales: { instances: ["us-1"] },
    hr: { instances: ["eu-1"], channels: ["slack"] },
  },
  rules: [{ name: "refunds", when: { keywords: ["refund"] }, pool: "sales" }] as readonly object[],
} as const;

export const withRules = (...rules: readonly object[]) => ({ ...validDocument, rules });

export const directMessage: Message = {
  id: "1",
  kind: "message",
  chat: { id: "777", kind: "direct" },
  sender: { id: "777", language: "en" },
  text: "where is my refund?",
  isAddressed: true,
};

export const groupMessage: Message = { ...directMessage, chat: { id: "-100", kind: "group" } };

export const withIntents = (intents: object, ...rules: readonly object[]) => ({ ...withRules(...rules), intents });
