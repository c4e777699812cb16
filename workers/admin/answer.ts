/** Answers of the admin API: JSON, and errors with a code for programs and a message that says what to do. Never a secret. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Env } from "../../durable-objects/env.ts";
import { jsonLog } from "../../durable-objects/runtime.ts";

export type AdminContext = Context<{ Bindings: Env }>;

export interface AdminError {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  /** One sentence or two: what is wrong, and what to do about it. */
  readonly message: string;
}

/** `facts` stand beside the error: the issues of a document, the numbers that are kept. */
export const answerError = (context: AdminContext, error: AdminError, facts: object = {}): Response =>
  context.json({ error: { code: error.code, message: error.message }, ...facts }, error.status);

export const notFound = (code: string, message: string): AdminError => ({ status: 404, code, message });

export const NO_ROUTES: AdminError = {
  status: 503,
  code: "no-routes",
  message: "No routes document is in force. Push one: clawedge routes push routes.jsonc",
};

export const NO_PUBLIC_URL: AdminError = {
  status: 409,
  code: "no-public-url",
  message: "The variable PUBLIC_URL is not set: set it to the address under which the platforms reach this edge, without a trailing slash.",
};

/** A bug, or an object that cannot be asked. Operators are told which request to repeat; the log has the rest. */
export function answerUnexpected(error: Error, context: Context): Response {
  jsonLog.write({ level: "error", event: "admin.error", path: adminPath(context.req.url), detail: String(error) });
  const message = "The edge could not do this now, and its log says why (event admin.error). Repeating the request is safe.";
  return context.json({ error: { code: "unavailable", message } }, 503, { "retry-after": "2" });
}

/** Who did it, as the caller says: for the log and the history, never for a decision. */
export function operatorOf(context: AdminContext): string | undefined {
  const said = context.req.header("x-clawedge-operator") ?? "";
  return /^[\x20-\x7e]{1,64}$/.test(said) ? said : undefined;
}

/** Every change is on record, with who said to make it. */
export function logChange(context: AdminContext, event: string, facts: Readonly<Record<string, string | number | boolean>>): void {
  jsonLog.write({ level: "info", event, by: operatorOf(context), ...facts });
}

/** Without ids: a conversation's name can hold a person's number. */
const adminPath = (url: string): string => new URL(url).pathname.split("/").slice(0, 3).join("/");
