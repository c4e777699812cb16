/** `POST /admin/classify`: what the edge in force makes of messages that nobody has sent. Changes nothing; what was asked is not kept. */
import { Hono } from "hono";
import * as z from "zod/mini";
import type { Env } from "../../durable-objects/env.ts";
import { nearQuestionsOf } from "../../durable-objects/near-questions.ts";
import { type Complexity, complexityOf } from "../../src/classify/complexity.ts";
import type { IntentModel, Verdict } from "../../src/classify/intents/model.ts";
import type { Routes } from "../../src/config/routes.ts";
import { opinionsOf } from "../compose.ts";
import { answerError } from "./answer.ts";
import { readInput } from "./read.ts";
import { inForce } from "./snapshot.ts";

const MAX_TEXTS = 1000;

const one = z.strictObject({ text: z.string() });
const many = z.strictObject({ texts: z.array(z.string()).check(z.maxLength(MAX_TEXTS)) });

export const classifyApp = new Hono<{ Bindings: Env }>();

classifyApp.post("/admin/classify", async (context) => {
  const input = await readInput(context, z.union([one, many], `give text, or texts with up to ${MAX_TEXTS}`));
  if (!input.ok) return answerError(context, input.problem);
  const snapshot = await inForce(context.env);
  if (!snapshot.ok) return answerError(context, snapshot.problem);
  const { routes, intents } = snapshot.value;
  const { number } = routes;
  if ("texts" in input.value) return context.json({ number, verdicts: input.value.texts.map((text) => labelled(text, intents)) });
  const { text } = input.value;
  const nearest = await opinionsOf(context.env)?.nearest(text, snapshot.value);
  const second = nearest === undefined ? {} : { secondOpinion: { ...nearest, intent: nearest.intent ?? null } };
  return context.json({ number, ...intents?.detail(text), ...labelled(text, intents), ...second, ...nearnessIn(routes, context.env) });
});

/** How like a question must be to one before to have its answer, by pool: nothing of this message, but measured on the same examples. */
function nearnessIn(routes: Routes, env: Env) {
  const asking = [...routes.pools].filter(([, { answerCache }]) => answerCache?.similar !== undefined);
  if (asking.length === 0) return {};
  const questions = nearQuestionsOf(env);
  const all = asking.map(([name]) => [name, questions?.nearness(routes, name) ?? { off: "no Workers AI binding" }] as const);
  return { similar: Object.fromEntries(all) };
}

interface Labelled {
  readonly intent: string | null;
  readonly best: string | null;
  readonly confidence: number;
  readonly complexity: Complexity;
}

/** A document without intents has none for any message. */
function labelled(text: string, intents: IntentModel | undefined): Labelled {
  const { intent, best, confidence }: Partial<Verdict> = intents?.classify(text) ?? {};
  return { intent: intent ?? null, best: best ?? null, confidence: confidence ?? 0, complexity: complexityOf(text) };
}
