/**
 * The cheapest answer there is: a delivery for which there is no room is sent away before its body is read or its proof is looked at.
 * Counted as every refusal, told once a second at most: a line each would cost more than the answer.
 */
import type { Env } from "../../durable-objects/env.ts";
import { jsonLog, systemClock, webDice } from "../../durable-objects/runtime.ts";
import type { Problem } from "../../src/core/problem.ts";
import { overloaded } from "../../src/pipeline/admission.ts";
import { admission, countRefusal } from "../compose.ts";
import { respond } from "../wire.ts";

const TELL_EVERY_MS = 1_000;

let toldAtMs = Number.NEGATIVE_INFINITY;

/** Undefined: there is room, as far as can be seen before anything is verified. */
export function shed(account: string, env: Env): Response | undefined {
  return admission.isFull(account, systemClock.nowMs()) ? sendAway(overloaded(account, webDice), env) : undefined;
}

export function sendAway(problem: Extract<Problem, { kind: "overloaded" }>, env: Env): Response {
  const { account, retryAfterMs } = problem;
  const nowMs = systemClock.nowMs();
  if (nowMs - toldAtMs >= TELL_EVERY_MS) {
    toldAtMs = nowMs;
    jsonLog.write({ level: "warn", event: "delivery.refused", problem: problem.kind, retryAfterMs, account: account.slice(0, 100) });
  }
  const response = respond(problem);
  countRefusal(env, account, response.status);
  return response;
}
