/** `POST /admin/tokens`: the token an instance gets in place of the bot's own, and the address it is good for. */
import { Hono } from "hono";
import * as z from "zod/mini";
import { botDesk } from "../../durable-objects/bot/stub.ts";
import type { Env } from "../../durable-objects/env.ts";
import { claimedGeneration } from "../../src/core/edge-token.ts";
import { linkOf } from "../../src/pipeline/link-of.ts";
import { errorOf, unknownAccount } from "./accounts.ts";
import { apiRootOf, webhookUrlOf } from "./addresses.ts";
import { answerError, logChange, NO_PUBLIC_URL } from "./answer.ts";
import { unknownInstance } from "./instances.ts";
import { readInput } from "./read.ts";
import { inForce } from "./snapshot.ts";

/** `revoke` ends every token of this instance issued so far, and the answer holds the next. */
const inputSchema = z.strictObject({ account: z.string(), instance: z.string(), revoke: z._default(z.boolean(), false) });

export const tokensApp = new Hono<{ Bindings: Env }>();

tokensApp.post("/admin/tokens", async (context) => {
  const input = await readInput(context, inputSchema);
  if (!input.ok) return answerError(context, input.problem);
  const snapshot = await inForce(context.env);
  if (!snapshot.ok) return answerError(context, snapshot.problem);
  const { account: id, instance, revoke } = input.value;
  const account = snapshot.value.routes.accounts.get(id);
  if (account === undefined) return answerError(context, unknownAccount(id));
  if (!snapshot.value.routes.instances.has(instance)) return answerError(context, unknownInstance(instance));
  const apiRoot = apiRootOf(context.env, account, instance);
  if (apiRoot === undefined) return answerError(context, NO_PUBLIC_URL);

  const desk = botDesk(context.env);
  const issued = await (revoke ? desk.revokeToken(id, instance) : desk.issueToken(id, instance));
  if (!issued.ok) return answerError(context, errorOf(issued.problem));
  logChange(context, revoke ? "admin.token-revoked" : "admin.token-issued", { account: id, instance });
  const generation = claimedGeneration(issued.value);
  const link = linkOf(snapshot.value.routes, instance, id)?.name;
  // A gateway that is given a webhook's address listens: one that polls must have none.
  const webhookUrl = link === "native" ? webhookUrlOf(context.env, account) : undefined;
  return context.json({ account: id, instance, link, token: issued.value, apiRoot, webhookUrl, generation });
});
