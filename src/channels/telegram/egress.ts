/** Instances' Bot API calls through the edge, put together: what a call is, where it goes, how fast, and the answers in its place. */
import type { Egress } from "../egress.ts";
import { pretend, readAnswer, refuse } from "./answers.ts";
import { readCall } from "./call.ts";
import { telegramEntry } from "./egress-entry.ts";
import { BOT_PACE, DIRECT_PACE, GROUP_PACE } from "./limits.ts";
import { polling } from "./polling.ts";

/** @see https://core.telegram.org/bots/api#making-requests, https://core.telegram.org/bots/api#getfile */
const url: Egress["url"] = (base, token, target) => {
  const root = target.kind === "file" ? "/file/bot" : "/bot";
  return `${base.replace(/\/+$/, "")}${root}${escaped(token)}/${target.path.split("/").flatMap(safeSegment).join("/")}`;
};

const escaped = (text: string): string => encodeURIComponent(text).replaceAll("%3A", ":");

/** A segment that would climb, or that hides one that would, is left out: what remains is at worst a file that does not exist. */
function safeSegment(raw: string): readonly string[] {
  const segment = decoded(raw);
  return segment === "" || segment === "." || segment === ".." || /[/\\%]|[^\x20-\u{10FFFF}]/u.test(segment) ? [] : [escaped(segment)];
}

function decoded(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return "";
  }
}

export const egress: Egress = {
  entry: telegramEntry,
  polling,
  /** Clients read the bot's own id from there. @see https://core.telegram.org/bots/api#authorizing-your-bot */
  tokenPrefix: (realToken) => realToken.split(":")[0] ?? "",
  readCall,
  pretend,
  refuse,
  readAnswer,
  url,
  pace: (chat) => {
    if (chat === undefined) return { bot: BOT_PACE };
    return { chat: chat.kind === "direct" ? DIRECT_PACE : GROUP_PACE, bot: BOT_PACE };
  },
};
