/** The edge's own Bot API calls: every method is a POST, and the token stands in the URL. @see https://core.telegram.org/bots/api#making-requests */
import type { Platform } from "../platform.ts";
import { egress } from "./egress.ts";
import { telegramEntry } from "./egress-entry.ts";

export const platform: Platform = {
  apiBase: telegramEntry.apiBase,
  request: (call, { base, token }) => ({
    url: egress.url(base, token, { kind: "method", path: call.method }),
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(call.body),
  }),
  resultOf: telegramEntry.resultOf,
  readAnswer: egress.readAnswer,
  pace: egress.pace,
};
