/**
 * The edge's own calls to the Graph API. A method is a path below the account's phone number; one that starts with a slash stands below the
 * version instead, and an empty one is the phone number itself.
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/reference
 */
import type { AnswerFacts } from "../egress.ts";
import type { Platform } from "../platform.ts";
import { judge } from "./judge.ts";
import { pace } from "./limits.ts";
import { optionsOf } from "./schema.ts";

const request: Platform["request"] = (call, { base, token, account }) => {
  const { phoneNumberId, graphVersion } = optionsOf(account);
  const path = call.method.startsWith("/") ? call.method : `${phoneNumberId}/${call.method}`;
  const url = [base.replace(/\/+$/, ""), graphVersion, ...path.split("/").flatMap(safeSegment)].join("/");
  const authorization = { authorization: `Bearer ${token}` };
  if (call.verb === "GET") return { url: `${url}${queryOf(call.body)}`, method: "GET", headers: authorization };
  return { url, method: "POST", headers: { ...authorization, "content-type": "application/json" }, body: JSON.stringify(call.body) };
};

/** A segment that would climb is left out: what remains is at worst a call that does not exist. */
const safeSegment = (segment: string): readonly string[] =>
  segment === "" || segment === "." || segment === ".." ? [] : [encodeURIComponent(segment)];

function queryOf(parameters: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams(Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)])).toString();
  return query === "" ? "" : `?${query}`;
}

/** The Graph API names no time to wait: it is told from the code. */
function readAnswer(status: number, body: unknown): AnswerFacts {
  if (status < 400) return {};
  const verdict = judge({ status, body, refusals: 0 });
  return verdict.kind === "wait" ? { retryAfterMs: verdict.retryAfterMs } : {};
}

export const platform: Platform = {
  apiBase: { variable: "WHATSAPP_API_BASE", fallback: "https://graph.facebook.com" },
  request,
  resultOf: (body) => body,
  readAnswer,
  pace,
};
