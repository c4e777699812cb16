/**
 * Where instances' Bot API calls enter and leave: the `bot<token>/<method>` grammar, and the root of the real API. It never
 * judges a token; it only says where one stands.
 */
import type { EgressEntry } from "../egress.ts";

/** @see https://core.telegram.org/bots/api#making-requests */
const METHOD_PATH = /^bot(\d{1,20}:[A-Za-z0-9_-]{1,128})\/([A-Za-z]{1,64})\/?$/;

/** @see https://core.telegram.org/bots/api#getfile */
const FILE_PATH = /^file\/bot(\d{1,20}:[A-Za-z0-9_-]{1,128})\/([A-Za-z0-9._~%/@+-]{1,1024})$/;

/** A client may write the colon of the token as `%3A`; nothing else in it needs escaping. */
const withColon = (rest: string): string => rest.replace(/^((?:file\/)?bot\d{1,20})%3a/i, "$1:");

export const telegramEntry: EgressEntry = {
  readPath: (rest) => {
    const path = withColon(rest);
    const method = METHOD_PATH.exec(path);
    if (method?.[1] !== undefined && method[2] !== undefined) return { kind: "method", token: method[1], path: method[2] };
    const file = FILE_PATH.exec(path);
    if (file?.[1] === undefined || file[2] === undefined || file[2].split("/").includes("..")) return undefined;
    return { kind: "file", token: file[1], path: file[2] };
  },
  apiBase: { variable: "TELEGRAM_API_BASE", fallback: "https://api.telegram.org" },
  /** @see https://core.telegram.org/bots/api#making-requests */
  resultOf: (body) => (typeof body === "object" && body !== null && "result" in body ? body.result : undefined),
  /** The words of the Bot API server. @see https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/Client.cpp */
  pollConflict: "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
};
