import { expect, it, onTestFinished } from "vitest";
import { listen } from "../../scripts/fakes/http-service.ts";
import { type AdminOptions, openSuspension } from "../../scripts/fakes/instance-suspend.ts";
import { instanceSchema } from "../../src/config/instance-schema.ts";
import type { InstanceConfig } from "../../src/config/schema.ts";
import { Secret } from "../../src/core/secret.ts";
import { resume, type SuspendPorts, suspend } from "../../src/pipeline/suspend.ts";
import { nodeHttp } from "../support/node-http.ts";

const TOKEN = "the-gateway-token";
const EDGE = { "x-clawedge-user": "clawedge" };

const ports: SuspendPorts = {
  http: nodeHttp,
  clock: { nowMs: () => 0, sleep: () => new Promise(() => undefined) },
  secrets: { get: (name) => ({ GATEWAY: new Secret(TOKEN), ACCESS: new Secret("pass") })[name] },
};

const config = (more: object): InstanceConfig => instanceSchema.parse({ adminRpc: true, secrets: { gateway: "GATEWAY" }, ...more });

/** The stand-in gateway's suspend API alone. */
async function gateway(admin: AdminOptions = { token: TOKEN }) {
  const suspension = openSuspension(admin);
  const headers: NodeJS.Dict<string | string[]>[] = [];
  const service = await listen(0, (request, response, url) => {
    headers.push(request.headers);
    return suspension.answer(request, response, url) ?? void response.writeHead(404).end();
  });
  onTestFinished(service.close);
  return { suspension, headers, url: service.url };
}

/** Somebody who answers everything with this. */
async function answering(status: number, body: unknown) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const service = await listen(0, (_, response) => void response.writeHead(status).end(text));
  onTestFinished(service.close);
  return config({ url: service.url });
}

it("an idle gateway is ready at once; asking again renews the same lease", async () => {
  const { suspension, url } = await gateway();
  const first = await suspend(config({ url }), ports);
  expect(first).toEqual({
    ...{ status: "ready", activeCount: 0, blockers: [] },
    suspensionId: expect.any(String),
    expiresAtMs: expect.any(Number),
  });
  const again = await suspend(config({ url }), ports);
  expect("suspensionId" in again && again.suspensionId).toBe("suspensionId" in first && first.suspensionId);
  expect([suspension.phase(), suspension.asked().map((text) => JSON.parse(text))]).toEqual([
    "prepared",
    Array(2).fill({ method: "gateway.suspend.prepare", params: { requestId: "clawedge", drain: true } }),
  ]);
});

it("a gateway at work drains, says at what, and is ready when that is done", async () => {
  const { suspension, url } = await gateway();
  const work = Promise.withResolvers<void>();
  const turn = suspension.turn(({ prepared }) => {
    prepared();
    return work.promise;
  });
  await Promise.resolve();
  expect(await suspend(config({ url }), ports)).toMatchObject({
    ...{ status: "draining", activeCount: 1, retryAfterMs: 20_000, blockers: [{ kind: "root-request", count: 1 }] },
  });
  work.resolve();
  await turn;
  expect(await suspend(config({ url }), ports)).toMatchObject({ status: "ready", activeCount: 0 });
});

it("resuming ends our suspension, and makes none where there is none", async () => {
  const { suspension, url } = await gateway();
  expect(await resume(config({ url }), ports)).toEqual({ status: "running", resumed: false });
  expect(suspension.asked()).toHaveLength(1);
  await suspend(config({ url }), ports);
  expect(await resume(config({ url }), ports)).toEqual({ status: "running", resumed: true });
  expect([suspension.phase(), await resume(config({ url }), ports)]).toEqual(["accepting", { status: "running", resumed: false }]);
});

it("somebody else's suspension is left alone", async () => {
  const { suspension, url } = await gateway();
  const body = JSON.stringify({ method: "gateway.suspend.prepare", params: { requestId: "another", drain: true } });
  await fetch(`${url}/api/v1/admin/rpc`, { method: "POST", headers: { authorization: `Bearer ${TOKEN}` }, body });
  for (const asked of [suspend, resume]) {
    expect(await asked(config({ url }), ports)).toEqual({
      status: "busy",
      detail: "http 503, UNAVAILABLE",
      retryAfterMs: expect.any(Number),
    });
  }
  expect(suspension.phase()).toBe("prepared");
});

const PROXY: AdminOptions = {
  userHeader: "x-clawedge-user",
  roles: { clawedge: ["operator.write"], "clawedge-admin": ["operator.admin", "operator.read", "operator.write"] },
};
const chat = { auth: "trusted-proxy", headers: { "x-way": "ACCESS" } };

it("behind a trusted proxy it asks as the user named for it, with that scope alone, and what the way there wants", async () => {
  const { headers, url } = await gateway(PROXY);
  const instance = config({ url, chat, secrets: {}, adminRpc: { user: "clawedge-admin" }, forwardedFor: "203.0.113.7" });
  expect(await suspend(instance, ports)).toMatchObject({ status: "ready" });
  expect(headers[0]).toMatchObject({
    ...{ "x-clawedge-user": "clawedge-admin", "x-openclaw-scopes": "operator.admin", "x-way": "pass", "x-forwarded-for": "203.0.113.7" },
  });
  expect(headers[0]?.["authorization"]).toBeUndefined();
});

it("the user that asks for turns has no such scope: 500 with FORBIDDEN in it", async () => {
  const { headers, url } = await gateway(PROXY);
  expect(await suspend(config({ url, chat, secrets: {} }), ports)).toEqual({ status: "forbidden", detail: "http 500, FORBIDDEN" });
  expect(headers[0]).toMatchObject(EDGE);
});

it("a token that the gateway does not know is forbidden too, and shown to nobody", async () => {
  const { url } = await gateway({ token: "another" });
  const answer = await suspend(config({ url }), ports);
  expect([answer, JSON.stringify(answer).includes(TOKEN)]).toEqual([{ status: "forbidden", detail: "http 401" }, false]);
});

it.each([
  ["adminRpc is not set", { url: "http://127.0.0.1:9", adminRpc: false }, "adminRpc is not set for it"],
  ["it has no address", {}, "adminRpc is not set for it"],
  ["its variable is not set", { url: "http://127.0.0.1:9", secrets: { gateway: "NONE" } }, "the variable NONE is not set"],
])("nothing is asked when %s", async (_, more, detail) => {
  expect(await suspend(config(more), ports)).toEqual({ status: "unsupported", detail });
});

it.each([
  ["the plugin is off", 404, "Not Found", { status: "unsupported", detail: "http 404" }],
  [
    "an older gateway",
    400,
    { ok: false, error: { code: "INVALID_REQUEST" } },
    { status: "unsupported", detail: "http 400, INVALID_REQUEST" },
  ],
  ["a catch-all page", 200, "<!doctype html>", { status: "unsupported" }],
  ["no payload", 200, { ok: true }, { status: "unsupported" }],
  ["another payload", 200, { ok: true, payload: { status: "fine" } }, { status: "unsupported" }],
  ["too much", 200, { ok: true, payload: { status: "ready", more: "x".repeat(100_000) } }, { status: "unsupported" }],
  ["a redirect", 307, "", { status: "unsupported", detail: "http 307" }],
  ["a gateway that leaves", 503, { error: { code: "gateway_unavailable" } }, { status: "busy", detail: "http 503, gateway_unavailable" }],
  [
    "asked too often",
    429,
    { ok: false, error: { code: "RATE_LIMITED", retryAfterMs: 2000 } },
    { status: "busy", detail: "http 429, RATE_LIMITED", retryAfterMs: 2000 },
  ],
  ["a proxy whose gateway is away", 502, "", { status: "unreachable", detail: "http 502" }],
  ["an error that is none", 500, { error: "no" }, { status: "unreachable", detail: "http 500" }],
])("%s: %i", async (_, status, body, expected) => {
  expect(await suspend(await answering(status, body), ports)).toMatchObject(expected);
});

it("nobody there", async () => {
  const service = await listen(0, () => undefined);
  await service.close();
  expect(await suspend(config({ url: service.url }), ports)).toEqual({ status: "unreachable", detail: "connection refused" });
});

it("what a gateway says of itself is taken as far as it makes sense", async () => {
  const payload = {
    status: "draining",
    activeCount: -1,
    retryAfterMs: "soon",
    expiresAtMs: 7,
    blockers: [{ kind: 3, count: 2, secret: "x" }],
  };
  expect(await suspend(await answering(200, { ok: true, payload }), ports)).toEqual({
    ...{ status: "draining", activeCount: 0, expiresAtMs: 7, blockers: [{ kind: "?", count: 2 }] },
  });
});
