/** `POST /admin/explain`: what production would decide about a message that nobody has sent. Changes nothing, calls nobody but for a second opinion. */
import { Hono } from "hono";
import type { Env } from "../../durable-objects/env.ts";
import { type SecondOpinions, secondVerdict } from "../../src/pipeline/second-opinion.ts";
import type { Snapshot } from "../../src/pipeline/snapshot.ts";
import { type ExplainInput, explain, explainSchema } from "../../src/routing/explain.ts";
import { opinionsOf } from "../compose.ts";
import { answerError, notFound } from "./answer.ts";
import { readInput } from "./read.ts";
import { inForce } from "./snapshot.ts";

/** As in production: where the model is unsure, somebody else may know. */
async function explainedBy(input: ExplainInput, snapshot: Snapshot, opinions: SecondOpinions | undefined) {
  const first = explain(input, snapshot);
  if (!first.ok || first.value.decision.labels.isUnsure !== true) return first;
  const second = await secondVerdict(input.text ?? "", snapshot, opinions);
  return second === undefined
    ? first
    : explain(input, { ...snapshot, router: { route: (message, account) => snapshot.router.route(message, account, second) } });
}

export const explainApp = new Hono<{ Bindings: Env }>();

explainApp.post("/admin/explain", async (context) => {
  const input = await readInput(context, explainSchema);
  if (!input.ok) return answerError(context, input.problem);
  const snapshot = await inForce(context.env);
  if (!snapshot.ok) return answerError(context, snapshot.problem);
  const explained = await explainedBy(input.value, snapshot.value, opinionsOf(context.env));
  if (!explained.ok) return answerError(context, notFound("unknown-account", `${explained.problem}: look at GET /admin/accounts.`));
  return context.json({ number: snapshot.value.routes.number, ...explained.value });
});
