/** One for everything that runs in an isolate: what was measured for a document serves all conversations, and the admin API. */
import { waitUntil } from "cloudflare:workers";
import { createNearQuestions, type NearQuestions } from "../src/pipeline/near-questions.ts";
import { embedderOf } from "./embedder.ts";
import type { Env } from "./env.ts";
import { jsonLog, systemClock } from "./runtime.ts";

const known = new WeakMap<object, NearQuestions>();

/** None where the Worker has no binding for it. */
export function nearQuestionsOf(env: Pick<Env, "AI">): NearQuestions | undefined {
  const embedder = embedderOf(env);
  if (env.AI === undefined || embedder === undefined) return undefined;
  const questions = known.get(env.AI) ?? createNearQuestions({ embedder, clock: systemClock, log: jsonLog, keepAlive: waitUntil });
  known.set(env.AI, questions);
  return questions;
}
