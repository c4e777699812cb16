import { createExecutionContext, reset, waitOnExecutionContext } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import { afterEach, expect, it } from "vitest";
import { forget } from "../../../durable-objects/config/memory.ts";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { shardsOf } from "../../../durable-objects/shard/stub.ts";
import { series } from "../../../src/core/series.ts";
import { opsApp } from "../../../workers/ops/app.ts";
import { goodText } from "../../durable-objects/config/documents.ts";
import { expositionFaults } from "../../support/exposition-faults.ts";

const env = workerEnv as unknown as Env;

afterEach(async () => {
  await reset();
  forget(env.ROUTES);
});

async function get(path: string, authorization?: string, within: Env = env): Promise<Response> {
  const context = createExecutionContext();
  const init = authorization === undefined ? {} : { headers: { authorization } };
  const response = await opsApp.fetch(new Request(`https://edge.test${path}`, init), within, context);
  await waitOnExecutionContext(context);
  return response;
}

it("health is always ok, and needs no token", async () => {
  const response = await get("/healthz");
  expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
});

it("it is ready from the first document on, and says what is missing before", async () => {
  const before = await get("/readyz");
  expect(before.status).toBe(503);
  expect(await before.json()).toMatchObject({ ready: false, reason: expect.stringContaining("clawedge routes push") });
  await configOf(env).push(goodText());
  forget(env.ROUTES);
  const after = await get("/readyz");
  expect([after.status, await after.json()]).toEqual([200, { ready: true, routes: 1 }]);
});

it("the numbers need a token: the one of metrics, or the admin's", async () => {
  const within: Env = { ...env, METRICS_TOKEN: "scraper" };
  expect((await get("/metrics", undefined, within)).status).toBe(401);
  expect((await get("/metrics", "Bearer wrong", within)).status).toBe(401);
  for (const token of ["scraper", "test-admin-token"]) expect((await get("/metrics", `Bearer ${token}`, within)).status).toBe(200);
});

it("totals of every shard, gauges of every instance and the configuration stand in one well-formed text", async () => {
  await configOf(env).push(goodText());
  await configOf(env).setDraining("eu-2", true);
  forget(env.ROUTES);
  const delivered = series("clawedge_messages_total", { account: "telegram:support", state: "delivered" });
  for (const [index, key] of ["a", "b", "c"].entries()) {
    const ref = index === 0 ? { key } : { key, residency: "eu" as const };
    await shardsOf(env).flush(ref, { serial: 1, delta: { [delivered]: 2 }, instance: "eu-1", atMs: Date.now() });
    await shardsOf(env).setPending(ref, true);
  }
  const response = await get("/metrics", "Bearer test-admin-token");
  expect(response.headers.get("content-type")).toContain("version=0.0.4");
  const text = await response.text();
  expect(expositionFaults(text)).toEqual([]);
  const lines = text.split("\n");
  for (const line of [
    'clawedge_messages_total{account="telegram:support",state="delivered"} 6',
    'clawedge_active_conversations{instance="eu-1"} 3',
    "clawedge_pending_conversations 3",
    "clawedge_dead_letters 0",
    "clawedge_config_version 2",
    "clawedge_config_rejected 0",
    'clawedge_instance_healthy{instance="eu-1"} 1',
    'clawedge_instance_draining{instance="eu-2"} 1',
    'clawedge_routes_accepted_total{source="push"} 1',
  ]) {
    expect(lines).toContain(line);
  }
});
