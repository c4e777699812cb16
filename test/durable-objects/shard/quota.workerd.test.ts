import { env as workerEnv } from "cloudflare:workers";
import type { Env } from "../../../durable-objects/env.ts";
import { quotaOf } from "../../../durable-objects/shard/stub.ts";
import { EMBEDDED_BUDGET_MS } from "../../../workers/adapters/quota.ts";
import { guardQuota } from "../../../workers/adapters/quota-guard.ts";
import { keepsTheQuotaPromises } from "../../contract/quota.ts";

const env = workerEnv as unknown as Env;

const onFailure = ({ detail }: { readonly detail: string }): never => {
  throw new Error(`the shard failed: ${detail}`);
};

keepsTheQuotaPromises({
  name: "the shards",
  create: () => guardQuota(quotaOf(env), { backend: "embedded", budgetMs: 10 * EMBEDDED_BUDGET_MS, policy: "closed", onFailure }),
});
