/** Questions for updates over HTTP, as clients of the platform send them, through real objects. */
import { reset } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { botDesk } from "../../../durable-objects/bot/stub.ts";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { pollsOf, showInstance } from "../../../durable-objects/instance/stub.ts";
import { utf8 } from "../../../src/core/bytes.ts";
import { egressApp } from "../../../workers/egress/app.ts";
import { egressDeps } from "../../../workers/egress/deps.ts";
import { fakePlatform } from "../../support/fake-platform.ts";
import { validDocument } from "../../support/routes-document.ts";

const env = workerEnv as unknown as Env;
const ACCOUNT = "telegram:support";
const POLLER = "eu-2";

const refuse = () => Promise.reject(new Error("the bot object was asked"));
let isBotAway = false;
const app = egressApp((bindings: Env) => {
  const deps = egressDeps(bindings);
  return isBotAway ? { ...deps, outbound: { permit: refuse, penalize: refuse, suppressed: refuse } } : deps;
});
let token: string;

beforeEach(async () => {
  isBotAway = false;
  const document = {
    ...validDocument,
    instances: { ...validDocument.instances, [POLLER]: { poll: [ACCOUNT] } },
    pools: { ...validDocument.pools, support: { instances: ["eu-1", "us-1", POLLER] } },
  };
  expect((await configOf(env).push(JSON.stringify(document))).status).toBe("accepted");
  const issued = await botDesk(env).issueToken(ACCOUNT, POLLER);
  token = issued.ok ? issued.value : "";
});

afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
});

async function call(method: string, init: RequestInit = {}, bent: { readonly token?: string } = {}) {
  const url = `https://edge.test/egress/telegram/support/${POLLER}/bot${bent.token ?? token}/${method}`;
  const answer = await app.fetch(new Request(url, init), env);
  return [answer.status, await answer.json()] as const;
}
const json = (value: object): RequestInit => ({
  method: "POST",
  body: JSON.stringify(value),
  headers: { "content-type": "application/json" },
});
const form = (fields: Record<string, string>): RequestInit => ({ method: "POST", body: new URLSearchParams(fields) });
const multipart = (fields: Record<string, string>): RequestInit => {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  return { method: "POST", body };
};

const update = { update_id: 123_456_789, message: { message_id: 5, text: "hello", chat: { id: 777 } } };
const offer = (key = "u123456789") =>
  pollsOf(env).offer(POLLER, { account: ACCOUNT, key, kind: "message", body: utf8(JSON.stringify(update)), deadlineMs: 20_000 });
const given = (id: number) => [200, { ok: true, result: [{ ...update, update_id: id }] }] as const;
const nothing = [200, { ok: true, result: [] }] as const;

it.each<[string, string, (offset: string) => RequestInit]>([
  ["GET", "getUpdates?offset=", () => ({})],
  ["JSON", "getUpdates", (offset) => json({ offset: Number(offset) })],
  ["a form", "getupdates", (offset) => form({ offset })],
  ["multipart, in another case", "GetUpdates", (offset) => multipart({ offset })],
])("by %s: given, given again, confirmed", async (_name, method, init) => {
  const asked = (offset: string) => call(method.endsWith("=") ? `${method}${offset}` : method, init(offset));
  expect(await asked("0")).toEqual(nothing);
  const outcome = offer();
  await expect.poll(() => asked("0")).toEqual(given(1));
  expect(await asked("1")).toEqual(given(1));
  expect(await asked("2")).toEqual(nothing);
  expect((await outcome).kind).toBe("accepted");
});

it("who waits is answered as soon as there is something, and neither platform nor bot object is asked", async () => {
  const platform = fakePlatform();
  await call("getUpdates");
  isBotAway = true;
  const waiting = call("getUpdates", json({ timeout: 50 }));
  void offer();
  expect(await waiting).toEqual(given(1));
  expect(platform).toEqual([]);
});

it("who waits in vain gets an empty list", async () => {
  expect(await call("getUpdates?timeout=1")).toEqual(nothing);
});

it("two pollers are a conflict, in the platform's words", async () => {
  await call("getUpdates");
  const older = call("getUpdates?timeout=50");
  await expect.poll(() => isAsking()).toBe(true);
  const newer = call("getUpdates?timeout=50");
  expect(await older).toEqual([
    409,
    {
      ok: false,
      error_code: 409,
      description: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    },
  ]);
  void offer();
  expect(await newer).toEqual(given(1));
});

it("who hangs up waits no more: what comes then is not lost on them", async () => {
  await call("getUpdates");
  const connection = new AbortController();
  const waiting = call("getUpdates?timeout=50", { signal: connection.signal });
  await expect.poll(() => isAsking()).toBe(true);
  connection.abort();
  expect(await waiting).toEqual(nothing);
  await expect.poll(() => isAsking()).toBe(false);
});

async function isAsking(): Promise<boolean> {
  return (await showInstance(env, POLLER)).pollers[0]?.isWaiting === true;
}

it.each([
  ["a word for an offset", json({ offset: "x" })],
  ["an offset beyond every id", json({ offset: 9_000_000_000 })],
  ["half a body", { method: "POST", body: '{"offset":', headers: { "content-type": "application/json" } }],
])("%s is a bad request", async (_name, init) => {
  expect(await call("getUpdates", init)).toMatchObject([
    400,
    { ok: false, error_code: 400, description: expect.stringMatching(/^Bad Request: /) },
  ]);
});

it("webhook information is that of a bot without one, and counts what waits", async () => {
  const platform = fakePlatform();
  await call("getUpdates");
  void offer();
  const info = (count: number) => [200, { ok: true, result: { url: "", has_custom_certificate: false, pending_update_count: count } }];
  await expect.poll(() => call("getWebhookInfo")).toEqual(info(1));
  expect(platform).toEqual([]);
});

it.each(["deleteWebhook", "setWebhook", "deleteMyCommands", "logOut", "close"])("%s is done already", async (method) => {
  const platform = fakePlatform();
  expect(await call(method, json({}))).toEqual([200, { ok: true, result: true }]);
  expect(platform).toEqual([]);
});

it("getMe is the platform's to answer", async () => {
  const platform = fakePlatform();
  expect((await call("getMe"))[0]).toBe(200);
  expect(platform).toHaveLength(1);
});

it("a token is revoked for polling too, at once and also while it waits", async () => {
  await call("getUpdates");
  const waiting = call("getUpdates?timeout=50");
  await expect.poll(() => isAsking()).toBe(true);
  const next = await botDesk(env).revokeToken(ACCOUNT, POLLER);
  const unauthorized = [401, { ok: false, error_code: 401, description: "Unauthorized" }];
  expect(await waiting).toEqual(unauthorized);
  expect(await call("getUpdates")).toEqual(unauthorized);
  expect(await call("getWebhookInfo")).toEqual(unauthorized);
  expect(await call("getUpdates", {}, { token: next.ok ? next.value : "" })).toEqual(nothing);
});
