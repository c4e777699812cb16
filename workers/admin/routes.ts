/** `/admin/routes`: the document in force, pushing another, its history and the way back. A bad document never takes effect. */
import { Hono } from "hono";
import * as z from "zod/mini";
import { judge } from "../../durable-objects/config/judge.ts";
import { routesSource } from "../../durable-objects/config/source.ts";
import type { ConfigAnswer, Issue } from "../../durable-objects/config/state.ts";
import { configOf } from "../../durable-objects/config/stub.ts";
import type { Env } from "../../durable-objects/env.ts";
import { type AdminContext, answerError, notFound, operatorOf } from "./answer.ts";
import { readPush } from "./push.ts";
import { readInput, readText } from "./read.ts";
import { unsetVariables } from "./snapshot.ts";

export const routesApp = new Hono<{ Bindings: Env }>();

/** Looks at KV first, so that a raw text put a moment ago is part of what is told. */
routesApp.get("/admin/routes", async (context) => {
  const source = routesSource(context.env);
  await source.look();
  const config = configOf(context.env);
  const [{ counters: _counters, ...status }, current, snapshot] = await Promise.all([config.status(), config.current(), source.current()]);
  const unset = snapshot === undefined ? [] : unsetVariables(snapshot.routes.document, context.env);
  return context.json({ ...status, unset, text: current?.text ?? null });
});

routesApp.post("/admin/routes", async (context) => {
  const push = await readPush(context);
  if (!push.ok) return answerError(context, push.problem);
  return answerChange(context, await configOf(context.env).push(push.value.text, operatorOf(context), push.value.artefact));
});

routesApp.post("/admin/routes/validate", async (context) => {
  const text = await readText(context);
  if (!text.ok) return answerError(context, text.problem);
  const verdict = judge(text.value);
  return verdict.ok ? context.json({ valid: true, warnings: verdict.warnings }) : answerIssues(context, verdict.issues);
});

routesApp.get("/admin/routes/history", async (context) => context.json({ history: await configOf(context.env).history() }));

const rollbackSchema = z.strictObject({ number: z.int().check(z.positive()) });

routesApp.post("/admin/routes/rollback", async (context) => {
  const input = await readInput(context, rollbackSchema);
  if (!input.ok) return answerError(context, input.problem);
  const answer = await configOf(context.env).rollback(input.value.number, operatorOf(context));
  if (answer.status !== "unknown-number") return answerChange(context, answer);
  const kept = answer.kept.join(", ") || "none";
  const message = `No document was accepted under number ${input.value.number}, or it is no longer kept. Kept: ${kept}.`;
  return answerError(context, notFound("unknown-number", message), { kept: answer.kept });
});

/** Before its intents are trained there is no number: `GET /admin/routes` says when. The isolate that answered knows the new number at once; others follow within the time they trust their copy. */
async function answerChange(context: AdminContext, answer: ConfigAnswer): Promise<Response> {
  if (answer.status === "rejected") return answerIssues(context, answer.issues);
  if (answer.status === "training") return context.json(answer, 202);
  if (answer.status !== "accepted") return context.json(answer);
  const snapshot = await routesSource(context.env).current(answer.number);
  const unset = snapshot === undefined ? [] : unsetVariables(snapshot.routes.document, context.env);
  return context.json({ ...answer, unset });
}

function answerIssues(context: AdminContext, issues: readonly Issue[]): Response {
  const count = issues.filter((issue) => issue.level === "error").length;
  const message = `The document is not valid, so nothing changed: ${count} ${count === 1 ? "error" : "errors"}, listed under issues.`;
  return answerError(context, { status: 422, code: "invalid-routes", message }, { issues });
}
