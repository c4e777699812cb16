/** `POST /admin/explain`: what production would decide about a message that nobody has sent. Changes nothing, calls nobody. */
import { Hono } from "hono";
import type { Env } from "../../durable-objects/env.ts";
import { explain, explainSchema } from "../../src/routing/explain.ts";
import { answerError, notFound } from "./answer.ts";
import { readInput } from "./read.ts";
import { inForce } from "./snapshot.ts";

export const explainApp = new Hono<{ Bindings: Env }>();

explainApp.post("/admin/explain", async (context) => {
  const input = await readInput(context, explainSchema);
  if (!input.ok) return answerError(context, input.problem);
  const snapshot = await inForce(context.env);
  if (!snapshot.ok) return answerError(context, snapshot.problem);
  const explained = explain(input.value, snapshot.value);
  if (!explained.ok) return answerError(context, notFound("unknown-account", `${explained.problem}: look at GET /admin/accounts.`));
  return context.json({ number: snapshot.value.routes.number, ...explained.value });
});
