import { describe, expect, it } from "vitest";
import { telegram } from "../../../src/channels/telegram/index.ts";
import type { Account } from "../../../src/core/account.ts";
import { Secret } from "../../../src/core/secret.ts";
import { accountLines, pollingAccountLines, scopeLines } from "../../../src/pipeline/check/agreement.ts";
import { type CheckPorts, checkInstance } from "../../../src/pipeline/check/check.ts";
import { poolLines } from "../../../src/pipeline/check/pool.ts";
import { parseSettings, type Settings } from "../../../src/pipeline/check/settings.ts";
import { loadForTest } from "../../support/catalogue.ts";
import { validDocument } from "../../support/routes-document.ts";

const ACCOUNT = "telegram:support";
const DURABLE = { headers: { "x-openclaw-delivery-accepted": "durable" } };
const here = (instance: string) => ({
  webhookUrl: "https://edge.test/webhooks/telegram/support",
  apiRoot: `https://edge.test/egress/telegram/support/${instance}`,
});

const settings = (instance: string, overrides: object = {}) => ({
  session: { dmScope: "per-channel-peer" },
  channels: { telegram: { dmPolicy: "open", webhookSecret: "__OPENCLAW_REDACTED__", ...here(instance) } },
  ...overrides,
});

interface Call {
  readonly url: string;
  readonly init: RequestInit;
}

type Answer = (call: Call) => Response;

/** A pool of two well gateways; a test bends one answer of the first. */
function world(bend: Readonly<Record<string, Answer>> = {}, config: (instance: string) => object = settings) {
  const calls: Call[] = [];
  const native = (port: number) => ({ [ACCOUNT]: { url: `http://127.0.0.1:${port}/hook`, secret: "LISTENER" } });
  const gateway = (port: number) => ({
    url: `http://127.0.0.1:${port}`,
    secrets: { gateway: "GATEWAY" },
    adminRpc: true,
    native: native(port + 1000),
  });
  const { routes } = loadForTest({
    ...validDocument,
    rules: [],
    instances: { "eu-1": gateway(1001), "us-1": gateway(1002) },
    pools: { support: { instances: ["eu-1", "us-1"] } },
  });
  const answers: Readonly<Record<string, Answer>> = {
    "/startupz": () => Response.json({ ok: true, status: "started", version: "2026.9.6" }),
    "/readyz": () => Response.json({ ready: true }),
    "/healthz": ({ url }) => (url.includes(":2") ? new Response("ok") : Response.json({ ok: true })),
    "/hook": ({ init }) =>
      new Headers(init.headers).get("x-telegram-bot-api-secret-token") === "listener-secret"
        ? new Response(null, DURABLE)
        : new Response(null, { status: 401 }),
    "/api/v1/admin/rpc": ({ url }) =>
      Response.json({ ok: true, payload: { valid: true, runtimeConfig: config(url.includes("1001") ? "eu-1" : "us-1") } }),
  };
  const ports: CheckPorts = {
    channels: new Map([["telegram", telegram]]),
    rules: { allowPrivate: true },
    secrets: { get: (name) => ({ LISTENER: new Secret("listener-secret"), GATEWAY: new Secret("gateway-secret") })[name] },
    addresses: (_account, instance) => here(instance),
    spanId: "00f067aa0ba902b7",
    clock: { nowMs: () => 0, sleep: () => new Promise(() => undefined) },
    http: {
      fetch: async (url, init) => {
        const path = new URL(url).pathname;
        calls.push({ url, init });
        const answer = (url.includes("1001/") || url.includes("2001/") ? bend[path] : undefined) ?? answers[path];
        if (answer === undefined) throw new Error(`nobody expected ${url}`);
        return answer({ url, init });
      },
    },
  };
  const check = (request: { probesUpdate?: boolean; accepted?: number } = {}) =>
    checkInstance({ instance: "eu-1", probesUpdate: false, takesTurns: true, accepted: 0, pollers: undefined, ...request }, routes, ports);
  return { check, calls };
}

const statuses = async (checked: ReturnType<ReturnType<typeof world>["check"]>) =>
  Object.fromEntries((await checked).checks.map(({ check, status }) => [check, status]));

it("a well set up pool has nothing to complain about, and sends no message to prove it", async () => {
  const { check, calls } = world();
  const report = await check({ accepted: 12 });
  expect(report.checks.filter(({ status }) => status !== "ok")).toEqual([]);
  expect([report.ok, report.pools]).toEqual([true, []]);
  expect(calls.filter(({ url }) => url.includes("/v1/"))).toEqual(calls.filter(({ url }) => url.endsWith("/api/v1/admin/rpc")));
  const bodies = calls.filter(({ url }) => url.endsWith("/hook")).map(({ init }) => new TextDecoder().decode(init.body as Uint8Array));
  expect(bodies).toEqual(["{}"]);
});

it("no secret is in what it says", async () => {
  const { check } = world({ "/hook": () => new Response("listener-secret", { status: 500 }) });
  const text = JSON.stringify(await check({ probesUpdate: true }));
  for (const secret of ["listener-secret", "gateway-secret", "REDACTED"]) expect(text).not.toContain(secret);
});

it("the gateway's token goes to the gateway's own address and to no listener", async () => {
  const { check, calls } = world();
  await check({ probesUpdate: true });
  const withToken = calls.filter(({ init }) => new Headers(init.headers).get("authorization") === "Bearer gateway-secret");
  expect(new Set(withToken.map(({ url }) => new URL(url).port))).toEqual(new Set(["1001", "1002"]));
  expect(calls.every(({ init }) => init.redirect === "manual")).toBe(true);
});

it("without a delivery the marker is not proven, and the line says how to prove it", async () => {
  const { check } = world();
  const line = (await check()).checks.find(({ check: name }) => name === `${ACCOUNT} durable hand-over`);
  expect(line).toMatchObject({ status: "unknown", fix: expect.stringContaining("--probe-update") });
});

it("a harmless update proves it: a poll nobody asked for", async () => {
  const { check, calls } = world();
  expect((await statuses(check({ probesUpdate: true })))[`${ACCOUNT} durable hand-over`]).toBe("ok");
  const sent = calls
    .filter(({ url }) => url.endsWith("/hook"))
    .map(({ init }) => JSON.parse(new TextDecoder().decode(init.body as Uint8Array)));
  expect(sent.map((update) => Object.keys(update))).toEqual([[], ["update_id", "poll"]]);
});

describe("one thing bent", () => {
  const status = (code: number) => () => new Response(null, { status: code });
  it.each([
    ["/startupz", status(404), "startup", "warn"],
    ["/startupz", status(403), "startup", "fail"],
    ["/startupz", () => Response.json({ ok: false, status: "draining" }, { status: 503 }), "startup", "warn"],
    ["/startupz", () => new Response("<!doctype html>"), "startup", "fail"],
    ["/startupz", () => Response.json({ ok: true, status: "started" }), "gateway token", "warn"],
    ["/healthz", status(502), "health", "fail"],
    ["/healthz", status(502), `${ACCOUNT} listener`, "fail"],
    ["/readyz", () => Response.json({ ready: false, failing: ["telegram"] }, { status: 503 }), "ready", "warn"],
    ["/hook", status(200), `${ACCOUNT} refuses a wrong secret`, "fail"],
    ["/hook", status(404), `${ACCOUNT} refuses a wrong secret`, "fail"],
    ["/hook", status(429), `${ACCOUNT} refuses a wrong secret`, "unknown"],
    ["/hook", status(200), `${ACCOUNT} durable hand-over`, "fail"],
    ["/hook", status(401), `${ACCOUNT} durable hand-over`, "fail"],
    ["/api/v1/admin/rpc", status(404), "settings", "fail"],
    ["/api/v1/admin/rpc", () => new Response("{"), "settings", "fail"],
    ["/startupz", () => Response.json({ ok: true, status: "started", version: "2026.8.1" }), "pool support: version", "warn"],
  ])("%s: %s", async (path, answer, name, expected) => {
    const { check } = world({ [path]: answer });
    const report = await check({ probesUpdate: true });
    expect(report.checks.find((line) => line.check === name)).toMatchObject({ status: expected, fix: expect.any(String) });
  });

  it("a dmScope that differs within the pool fails", async () => {
    const { check } = world({}, (instance) => settings(instance, instance === "us-1" ? { session: { dmScope: "per-peer" } } : {}));
    expect((await statuses(check()))["pool support: dmScope"]).toBe("fail");
  });
});

const account = (scope: Account["scope"], id = ACCOUNT): Account => ({
  id,
  channel: "telegram",
  name: "support",
  pool: "support",
  scope,
  proactive: "owner",
  secrets: {},
  options: {},
});
const withScope = (dmScope: string | undefined, hasIdentityLinks = false): Settings => ({
  dmScope,
  hasIdentityLinks,
  accountsOf: () => [],
  denies: () => [],
});

it.each([
  ["chat", undefined, "fail"],
  ["chat", "main", "fail"],
  ["sender", "main", "fail"],
  ["person", "main", "fail"],
  ["chat", "per-channel-peer", "ok"],
  ["chat", "per-account-channel-peer", "ok"],
  ["chat", "per-peer", "warn"],
  ["sender", "per-peer", "ok"],
  ["person", "per-peer", "ok"],
  ["person", "per-channel-peer", "warn"],
] as const)("scope %s with dmScope %s is %s", (scope, dmScope, expected) => {
  expect(scopeLines(withScope(dmScope), [account(scope)])).toMatchObject([{ status: expected }]);
});

it("a person's scope fits per-channel-peer when identities are linked", () => {
  expect(scopeLines(withScope("per-channel-peer", true), [account("person")])).toMatchObject([{ status: "ok" }]);
});

it("two accounts of a channel at one gateway need sessions per account", () => {
  const accounts = [account("chat"), account("chat", "telegram:sales")];
  expect(scopeLines(withScope("per-channel-peer"), accounts)).toMatchObject([{ status: "warn" }]);
  expect(scopeLines(withScope("per-account-channel-peer"), accounts)).toMatchObject([{ status: "ok" }]);
});

const parsed = (telegramSection: object): Settings => {
  const result = parseSettings(JSON.stringify({ ok: true, payload: { config: { channels: { telegram: telegramSection } } } }));
  if (!result.ok) throw new Error(result.problem);
  return result.value;
};
const fine = { dmPolicy: "open", webhookSecret: { source: "env" }, ...here("eu-1") };

it.each([
  [{}, ["ok", "ok", "ok", "ok"]],
  [{ dmPolicy: undefined }, ["warn", "ok", "ok", "ok"]],
  [{ dmPolicy: "disabled" }, ["fail", "ok", "ok", "ok"]],
  [{ webhookUrl: undefined }, ["ok", "fail", "ok", "ok"]],
  [{ webhookUrl: "https://else.test/x" }, ["ok", "warn", "ok", "ok"]],
  [{ webhookUrl: "https://else.test/x", apiRoot: undefined }, ["ok", "fail", "ok", "fail"]],
  [{ webhookSecret: undefined }, ["ok", "ok", "fail", "ok"]],
  [{ apiRoot: "https://api.telegram.org" }, ["ok", "ok", "ok", "fail"]],
])("settings with %j: policy, webhook, secret, apiRoot are %j", (bent, expected) => {
  const { lines } = accountLines(account("chat"), parsed({ ...fine, ...bent }), here("eu-1"));
  expect(lines.map(({ status }) => status)).toEqual(expected);
});

it("of several accounts of a gateway the one that points here is ours, with what it inherits", () => {
  const accounts = { other: { webhookUrl: "https://else.test" }, mine: here("eu-1") };
  const { dmPolicy, lines } = accountLines(account("chat"), parsed({ dmPolicy: "allowlist", webhookSecret: "x", accounts }), here("eu-1"));
  expect([dmPolicy, lines.every(({ status }) => status === "ok")]).toEqual(["allowlist", true]);
  const lost = accountLines(account("chat"), parsed({ accounts: { a: {}, b: {} } }), here("eu-1"));
  expect(lost.lines).toMatchObject([{ status: "fail" }]);
});

it.each([
  [{}, ["ok", "ok", "ok"]],
  [{ webhookUrl: "https://else.test/x" }, ["ok", "fail", "ok"]],
  [{ apiRoot: undefined }, ["ok", "ok", "fail"]],
])("settings of a gateway that polls with %j: policy, webhook, apiRoot are %j", (bent, expected) => {
  const section = { dmPolicy: "open", apiRoot: here("eu-1").apiRoot, ...bent };
  const { lines } = pollingAccountLines(account("chat"), parsed(section), here("eu-1"));
  expect(lines.map(({ status }) => status)).toEqual(expected);
});

it("settings that are not valid are not believed", () => {
  expect(parseSettings(JSON.stringify({ ok: true, payload: { valid: false, config: {} } })).ok).toBe(false);
  expect(parseSettings(JSON.stringify({ ok: false, error: { code: "UNAVAILABLE" } })).ok).toBe(false);
});

it("a pool of one has nobody to differ from; what is not known of a member is unknown", () => {
  expect(poolLines("support", [{ instance: "eu-1" }])).toEqual([]);
  expect(poolLines("support", [{ instance: "eu-1", version: "1" }, { instance: "eu-2" }])).toMatchObject([
    { status: "unknown" },
    { status: "unknown" },
  ]);
  expect(
    poolLines(
      "sales",
      [
        { instance: "eu-1", version: "1" },
        { instance: "eu-2", version: "1" },
      ],
      true,
    ),
  ).toMatchObject([{ check: "pool sales: version", status: "ok" }]);
});
