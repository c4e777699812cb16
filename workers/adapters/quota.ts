/** Chooses the quota backend from the environment and puts the guard around it. Upstash when its two variables are set. */
import type { Env } from "../../durable-objects/env.ts";
import { envSecrets, platformHttp, systemClock } from "../../durable-objects/runtime.ts";
import { quotaOf } from "../../durable-objects/shard/stub.ts";
import type { Quota } from "../../src/ports/quota.ts";
import { guardQuota, type QuotaGuard } from "./quota-guard.ts";
import { upstashQuota } from "./upstash-quota.ts";

/** A message waits this long for Upstash, and no longer. */
export const UPSTASH_BUDGET_MS = 150;

/** A shard may be an ocean away and asleep; it is part of this deployment, so it gets more time than a third party. */
export const EMBEDDED_BUDGET_MS = 2_000;

type QuotaEnv = Pick<Env, "SHARD" | "JURISDICTIONS" | "UPSTASH_REDIS_REST_URL" | "UPSTASH_REDIS_REST_TOKEN">;
export type QuotaOptions = Pick<QuotaGuard, "policy" | "onFailure">;

/** An isolate's environment is one object, so this keeps one set of limiters per isolate. */
const upstashOf = new WeakMap<object, Quota>();

export function chooseQuota(env: QuotaEnv, options: QuotaOptions): Quota {
  const isEmbedded = isUnset(env.UPSTASH_REDIS_REST_URL) && isUnset(env.UPSTASH_REDIS_REST_TOKEN);
  if (isEmbedded) return guardQuota(quotaOf(env), { ...options, backend: "embedded", budgetMs: EMBEDDED_BUDGET_MS });

  const known = upstashOf.get(env) ?? buildUpstash(env);
  upstashOf.set(env, known);
  return guardQuota(known, { ...options, backend: "upstash", budgetMs: UPSTASH_BUDGET_MS });
}

const isUnset = (variable: string | undefined): boolean => variable === undefined || variable === "";

/** Half a configuration is no configuration: it answers by the policy and shows in the metric, rather than quietly counting elsewhere. */
function buildUpstash(env: QuotaEnv): Quota {
  const url = env.UPSTASH_REDIS_REST_URL ?? "";
  const token = envSecrets(env).get("UPSTASH_REDIS_REST_TOKEN");
  if (url === "" || token === undefined) {
    const missing = url === "" ? "UPSTASH_REDIS_REST_URL" : "UPSTASH_REDIS_REST_TOKEN";
    return { take: () => Promise.reject(new Error(`${missing} is not set`)) };
  }
  return upstashQuota({ url, token, http: platformHttp, timeoutMs: UPSTASH_BUDGET_MS }, systemClock);
}
