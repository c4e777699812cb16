/** The composition root: which implementation stands behind each port. Defaults live here and nowhere else. */
import { waitUntil } from "cloudflare:workers";
import { botsOf } from "../durable-objects/bot/stub.ts";
import { memoryOf } from "../durable-objects/config/memory.ts";
import { conversationsOf } from "../durable-objects/conversation/stub.ts";
import { embedderOf } from "../durable-objects/embedder.ts";
import type { Env } from "../durable-objects/env.ts";
import { envSecrets, jsonLog, systemClock, webDice } from "../durable-objects/runtime.ts";
import { shardsOf } from "../durable-objects/shard/stub.ts";
import { channels } from "../src/channels/registry.ts";
import type { Routes } from "../src/config/routes.ts";
import { series } from "../src/core/series.ts";
import { createAdmission } from "../src/pipeline/admission.ts";
import type { JourneyPorts } from "../src/pipeline/journey.ts";
import { createSecondOpinions, type SecondOpinions } from "../src/pipeline/second-opinion.ts";
import { createShield } from "../src/pipeline/shield.ts";
import { createTurns } from "../src/pipeline/turns.ts";
import { chooseQuota } from "./adapters/quota.ts";
import type { QuotaFailure } from "./adapters/quota-guard.ts";
import { createRefusals } from "./refusals.ts";

/** One of each per isolate: what it remembers of floods is a help, not a record. */
const shield = createShield();
export const admission = createAdmission();
const turns = createTurns(waitUntil);

export const journeyPorts = (env: Env, routes: Routes): JourneyPorts => ({
  channels,
  secrets: envSecrets(env),
  shield,
  admission,
  turns,
  dice: webDice,
  clock: systemClock,
  log: jsonLog,
  conversations: conversationsOf(env),
  shards: shardsOf(env),
  bots: botsOf(env),
  opinions: opinionsOf(env),
  quota: chooseQuota(env, {
    policy: routes.document.limits.quotaBackend,
    onFailure: (failure) => quotaFailed(env, failure),
  }),
});

let opinions: SecondOpinions | undefined;

/** None where the Worker has no binding for it. */
export function opinionsOf(env: Env): SecondOpinions | undefined {
  const embedder = embedderOf(env);
  if (embedder === undefined) return undefined;
  opinions ??= createSecondOpinions({ embedder, clock: systemClock, log: jsonLog, keepAlive: waitUntil });
  return opinions;
}

const refusals = createRefusals();

/** What isolate memory knows of the document decides the label: a refusal reads nothing, and waits for nothing. */
export function countRefusal(env: Env, account: string, status: number): void {
  const isKnown = memoryOf(env.ROUTES).snapshot?.routes.accounts.has(account) === true;
  refusals.record(
    { account: isKnown ? account : undefined, status },
    { clock: systemClock, log: jsonLog, keepAlive: waitUntil, count: (delta) => shardsOf(env).count("refusals", delta) },
  );
}

/** Told and counted beside the message, never in its way. */
function quotaFailed(env: Env, failure: QuotaFailure): void {
  const { backend, reason, detail } = failure;
  jsonLog.write({ level: "warn", event: "quota.backend-failed", backend, reason, detail });
  const counted = shardsOf(env).count("quota", { [series("clawedge_quota_backend_failures_total", { backend, reason })]: 1 });
  waitUntil(counted.catch(() => undefined));
}
