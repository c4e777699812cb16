/** `instance check` as this Worker can do it: with its secrets, its way out, and what its shards counted. */
import type { Env } from "../../durable-objects/env.ts";
import { showInstance } from "../../durable-objects/instance/stub.ts";
import { instanceHttp, urlRulesOf } from "../../durable-objects/instance-http.ts";
import { envSecrets, systemClock, webDice } from "../../durable-objects/runtime.ts";
import { readShards } from "../../durable-objects/shard/stub.ts";
import { channels } from "../../src/channels/registry.ts";
import type { Routes } from "../../src/config/routes.ts";
import { series } from "../../src/core/series.ts";
import { type CheckReport, type CheckRequest, checkInstance } from "../../src/pipeline/check/check.ts";
import { residenciesOf } from "../sweep.ts";
import { apiRootOf, webhookUrlOf } from "./addresses.ts";

export async function checkFromHere(env: Env, routes: Routes, request: Omit<CheckRequest, "accepted" | "pollers">): Promise<CheckReport> {
  const [{ delta }, details] = await Promise.all([
    readShards(env, residenciesOf(routes)),
    // One that cannot be asked is looked at all the same.
    showInstance(env, request.instance).catch(() => undefined),
  ]);
  const accepted = delta[series("clawedge_outcomes_total", { instance: request.instance, outcome: "accepted" })] ?? 0;
  return checkInstance({ ...request, accepted, pollers: details?.pollers }, routes, {
    channels,
    http: instanceHttp(env),
    clock: systemClock,
    secrets: envSecrets(env),
    rules: urlRulesOf(env),
    spanId: webDice.hex(8),
    addresses: (account, instance) => ({ webhookUrl: webhookUrlOf(env, account), apiRoot: apiRootOf(env, account, instance) }),
  });
}
