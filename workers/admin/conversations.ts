/** `GET /admin/conversations/:key`: pins, queue and how its newest messages went. Never a body. */
import { Hono } from "hono";
import * as z from "zod/mini";
import { showConversation } from "../../durable-objects/conversation/stub.ts";
import type { Env } from "../../durable-objects/env.ts";
import type { Routes } from "../../src/config/routes.ts";
import type { Residency } from "../../src/core/conversation-ref.ts";
import { residenciesOf } from "../sweep.ts";
import { answerError, notFound } from "./answer.ts";
import { limitOf, nameIn, readQuery } from "./read.ts";
import { inForce } from "./snapshot.ts";

const PREFIX = "/admin/conversations/";

const querySchema = z.strictObject({ residency: z.optional(z.enum(["eu", "fedramp", "us", "none"])), limit: limitOf(200, 20) });

export const conversationsApp = new Hono<{ Bindings: Env }>();

conversationsApp.get(`${PREFIX}*`, async (context) => {
  const query = readQuery(context, querySchema);
  if (!query.ok) return answerError(context, query.problem);
  const key = nameIn(context, PREFIX) ?? "";
  const snapshot = await inForce(context.env);
  if (!snapshot.ok) return answerError(context, snapshot.problem);
  for (const residency of placesOf(key, query.value.residency, snapshot.value.routes)) {
    const ref = residency === undefined ? { key } : { key, residency };
    const view = await showConversation(context.env, ref, query.value.limit);
    // An object that never had a conversation does not know its own name.
    if (key !== "" && view.name !== "") return context.json({ key, residency: residency ?? null, ...view });
  }
  const example = "telegram:support/chat/123456789 or telegram:support/chat/-100200/topic/5";
  return answerError(
    context,
    notFound("unknown-conversation", `No conversation has this key. Keys look like ${example}; the log names them.`),
  );
});

/** Where it can be: its account's residency, or every one the document uses for a person across accounts. */
function placesOf(key: string, asked: Residency | "none" | undefined, routes: Routes): readonly (Residency | undefined)[] {
  if (asked !== undefined) return [asked === "none" ? undefined : asked];
  const account = routes.accounts.get(key.slice(0, Math.max(0, key.indexOf("/"))));
  const all = [undefined, ...residenciesOf(routes)];
  return account === undefined ? all : [...new Set([account.residency, ...all])];
}
