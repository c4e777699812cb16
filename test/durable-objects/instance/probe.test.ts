/** What a gateway's answers to probes mean, against a real server. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probe } from "../../../durable-objects/instance/probe.ts";
import { systemClock as clock } from "../../../durable-objects/runtime.ts";
import { type InstanceConfig, routesSchema } from "../../../src/config/schema.ts";
import { type AnsweringServer, startAnsweringServer } from "../../fixtures/answering-server.ts";
import { nodeHttp as http } from "../../support/node-http.ts";

let server: AnsweringServer;
beforeAll(async () => {
  server = await startAnsweringServer();
});
afterAll(() => server.stop());

const configOf = (instance: object): InstanceConfig =>
  routesSchema.parse({
    accounts: { "telegram:a": { pool: "p", secrets: {} } },
    instances: { one: { probe: { timeoutMs: 10_000 }, ...instance } },
    pools: { p: { instances: ["one"] } },
  }).instances["one"]!;
const gateway = (path: string, more: object = {}) => probe(configOf({ url: `${server.origin}/${path}`, ...more }), { http, clock });
const listener = (url: string) => ({ native: { "telegram:a": { url, secret: "S" } } });

it("started, ready and with a version is up", async () => {
  expect(await gateway("started")).toEqual({ verdict: "up", reason: "started", isReady: true, version: "2026.9.6" });
});

it("a slash at the end of its URL makes no difference", async () => {
  expect(await gateway("started/")).toMatchObject({ verdict: "up" });
});

it("a failing /readyz alone is only recorded", async () => {
  expect(await gateway("unready")).toEqual({ verdict: "up", reason: "started", isReady: false });
});

it("a gateway that says it drains is draining, whatever its listeners do", async () => {
  expect(await gateway("leaving", listener(`${server.refused}/telegram-webhook`))).toMatchObject({ verdict: "draining", isReady: false });
});

it("an older gateway without /startupz is asked for /healthz", async () => {
  expect(await gateway("older")).toMatchObject({ verdict: "up", reason: "healthy (no /startupz)" });
});

it.each([
  ["starting", "/startupz: starting"],
  ["catchall", "/startupz: 200, but not the expected body"],
  ["older-catchall", "/startupz: http 404, /healthz: 200, but not the expected body"],
  ["absent", "/startupz: http 404, /healthz: http 404"],
  ["moved", "/startupz: http 302"],
  ["endless", "/startupz: 200, but not the expected body"],
  ["silent", "/startupz: no answer in time"],
  ["stalled", "/startupz: 200, but the body came too late"],
])("%s is down: %s", async (path, reason) => {
  // Who waits in vain waits no longer than it takes everybody else to answer.
  const probe = { timeoutMs: /silent|stalled/.test(path) ? 2000 : 10_000 };
  expect(await gateway(path, { probe })).toMatchObject({ verdict: "down", reason });
});

it("nobody there is down", async () => {
  expect(await probe(configOf({ url: server.refused }), { http, clock })).toEqual({
    verdict: "down",
    reason: "/startupz: connection refused",
  });
});

it("an instance that only polls has nothing to ask", async () => {
  expect(await probe(configOf({ poll: ["telegram:a"] }), { http, clock })).toBeUndefined();
});

it("without a gateway's address its listeners are all that is known", async () => {
  const of = (url: string) => probe(configOf({ native: { "telegram:a": { url, secret: "S" } } }), { http, clock });
  expect(await of(`${server.origin}/telegram-webhook`)).toEqual({ verdict: "up", reason: "its listeners answer" });
  expect(await of(`${server.refused}/telegram-webhook`)).toMatchObject({ verdict: "down" });
});

describe("native listeners", () => {
  it("a started gateway whose listener answers is up", async () => {
    expect(await gateway("started", listener(`${server.origin}/telegram-webhook`))).toMatchObject({ verdict: "up" });
  });

  it("a started gateway whose listener is gone is down: it would take no messages", async () => {
    expect(await gateway("started", listener(`${server.refused}/telegram-webhook`))).toMatchObject({
      verdict: "down",
      reason: `listener ${server.refused}/healthz: connection refused`,
    });
  });

  it("one broken listener of two takes nobody's messages but its own: deliveries judge it, and a note names it", async () => {
    const native = {
      "telegram:a": { url: `${server.origin}/hook`, secret: "S" },
      "telegram:b": { url: `${server.refused}/hook`, secret: "S" },
    };
    expect(await gateway("started", { native })).toMatchObject({
      verdict: "up",
      reason: "started",
      notes: [`listener ${server.refused}/healthz: connection refused`],
    });
  });

  it.each([401, 403, 404, 405])(
    "a listener whose /healthz is answered %i listens, with a note: a proxy may publish only the webhook",
    async (status) => {
      const proxy = createServer((_, response) => response.writeHead(status).end());
      await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
      const origin = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const report = await gateway("started", listener(`${origin}/telegram-webhook`));
      proxy.closeAllConnections();
      proxy.close();
      expect(report).toMatchObject({ verdict: "up", notes: [expect.stringContaining(`listener ${origin}/healthz: http ${status}`)] });
    },
  );

  it("listeners that share an origin are asked once", async () => {
    const before = server.seen.length;
    const url = `${server.origin}/hook`;
    await gateway("started", { native: { "telegram:a": { url, secret: "S" }, "telegram:b": { url: `${url}/b`, secret: "S" } } });
    expect(server.seen.slice(before).filter((seen) => seen.path === "/healthz")).toHaveLength(1);
  });
});

it.each([
  ["none", []],
  ["192.0.2.7", ["192.0.2.7"]],
])("forwardedFor %s sends the forwarding headers %j, as hand-overs do", async (forwardedFor, expected) => {
  const before = server.seen.length;
  await gateway("started", { forwardedFor });
  const headers = server.seen.slice(before).find((seen) => seen.path === "/started/startupz")!.headers;
  expect(headers.filter((_, index) => headers[index - 1]?.toLowerCase() === "x-forwarded-for")).toEqual(expected);
});
