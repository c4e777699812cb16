import { evictDurableObject, reset, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Bot } from "../../../durable-objects/bot/durable-object.ts";
import { botDesk, botsOf, outboundOf } from "../../../durable-objects/bot/stub.ts";
import type { WebhookReport } from "../../../durable-objects/bot/webhook.ts";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { pollersOf } from "../../../durable-objects/instance/poll-stub.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { readEdgeToken } from "../../../src/core/edge-token.ts";
import { Secret } from "../../../src/core/secret.ts";
import { fakePlatform, ok } from "../../support/fake-platform.ts";
import { validDocument } from "../../support/routes-document.ts";

const env = workerEnv as unknown as Env & { readonly TG_TOKEN: string };
const ACCOUNT = "telegram:support";
const EDGE = "https://edge.test";
const desk = botDesk(env);
const outbound = outboundOf(env);
const stub = () => objectOf<Bot>(env, env.BOT, ACCOUNT, { region: "weur" });
const chat = { id: "777", kind: "direct" } as const;
const pace = { chat: { perMinute: 6000, burst: 1000 }, bot: { perMinute: 6000, burst: 1000 } };
const request = { instance: "eu-1", generation: 1, class: "send", chat, pace };

beforeEach(async () => {
  expect((await configOf(env).push(JSON.stringify(validDocument))).status).toBe("accepted");
});

afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
});

/** Rows written by everything the work did inside the object, the alarm's included. */
async function rowsDuring(work: (bot: Bot) => void): Promise<number> {
  return runInDurableObject(stub(), (bot: Bot, state) => {
    let rows = 0;
    const prototype = Object.getPrototypeOf(state.storage.sql) as SqlStorage;
    const exec = prototype.exec;
    const counted = vi.spyOn(prototype, "exec").mockImplementation(function (this: SqlStorage, ...args) {
      const cursor = Reflect.apply(exec, this, args);
      rows += cursor.rowsWritten;
      return cursor;
    });
    const alarms = vi.spyOn(Object.getPrototypeOf(state.storage) as DurableObjectStorage, "setAlarm");
    work(bot);
    counted.mockRestore();
    return rows + alarms.mock.calls.length;
  });
}

const times = (count: number, act: () => void) => {
  for (let index = 0; index < count; index += 1) act();
};

it.each([
  ["typing", 0],
  ["edit", 0],
  ["query", 0],
  ["send", 1],
])("100 turns of class %s write %i rows", async (kind, rows) => {
  expect(await rowsDuring((bot) => times(100, () => bot.permit(ACCOUNT, { ...request, class: kind })))).toBe(rows);
});

it("the row counter counts: revoking writes one", async () => {
  expect(await rowsDuring((bot) => bot.revokeToken("eu-1"))).toBe(1);
});

async function token(answer: ReturnType<typeof desk.revokeToken>): Promise<string> {
  const issued = await answer;
  if (!issued.ok) throw new Error(issued.problem.detail);
  return issued.value;
}

const generation = (text: string) => readEdgeToken(text, { account: ACCOUNT, instance: "eu-1" }, "123456789", new Secret(env.TG_TOKEN));

it("issuing again gives the same token, until it is revoked", async () => {
  const first = await token(desk.issueToken(ACCOUNT, "eu-1"));
  expect(await token(desk.issueToken(ACCOUNT, "eu-1"))).toBe(first);
  expect(await generation(first)).toBe(1);
  expect(await generation(await token(desk.revokeToken(ACCOUNT, "eu-1")))).toBe(2);
});

it("a revocation survives the object", async () => {
  await desk.revokeToken(ACCOUNT, "eu-1");
  await evictDurableObject(stub());
  expect(await outbound.permit(ACCOUNT, request)).toEqual({ verdict: "revoked" });
  expect(await outbound.permit(ACCOUNT, { ...request, generation: 2 })).toMatchObject({ verdict: "go" });
});

it("a revocation that the outbox did not hear of is not called done, and done again it is", async () => {
  const unheard: unknown = {
    idFromName: (name: string) => name,
    get: () => ({ acceptPolls: () => Promise.reject(new Error("overloaded")) }),
  };
  const lame = botDesk({ ...env, INSTANCE: unheard as Env["INSTANCE"] });
  expect(await lame.revokeToken(ACCOUNT, "eu-1")).toEqual({
    ok: false,
    problem: { kind: "unfinished", detail: "The old token of eu-1 may call no more, but may still ask for updates of telegram:support" },
  });
  expect(await generation(await token(desk.revokeToken(ACCOUNT, "eu-1")))).toBe(3);
  expect(await pollersOf(env).pending("eu-1", { account: ACCOUNT, generation: 2 })).toBeUndefined();
});

it.each([
  ["an account that is not there", "telegram:nobody", "eu-1", "no account is called telegram:nobody"],
  ["an instance without a link", ACCOUNT, "nobody", "nobody has no link for telegram:support"],
])("no token for %s", async (_name, account, instance, detail) => {
  expect(await desk.issueToken(account, instance)).toEqual({ ok: false, problem: { kind: "unconfigured", detail } });
});

it("totals survive the object once the alarm has written them", async () => {
  const name = `egress_calls_total{account="${ACCOUNT}",class="send",verdict="go"}`;
  await outbound.permit(ACCOUNT, request);
  expect(await runDurableObjectAlarm(stub())).toBe(true);
  await evictDurableObject(stub());
  await outbound.permit(ACCOUNT, request);
  expect(await desk.readMetrics(ACCOUNT)).toEqual({ [name]: 2 });
});

const notice = { chat, text: "One moment, please.", key: "limited/777/1" };
const settled = (platform: readonly unknown[], count: number) => expect.poll(() => platform).toHaveLength(count);

it("a notice is sent with the bot's own token, once for its key", async () => {
  const platform = fakePlatform();
  const bots = botsOf(env);
  await Promise.all([bots.notify(ACCOUNT, notice), bots.notify(ACCOUNT, notice)]);
  await evictDurableObject(stub());
  await bots.notify(ACCOUNT, notice);
  await bots.notify(ACCOUNT, { ...notice, key: "limited/777/2" });
  await settled(platform, 2);
  expect(platform[0]).toMatchObject({ method: "POST", url: `https://telegram.test/bot${env.TG_TOKEN}/sendMessage` });
  expect(JSON.parse(platform[0]?.text ?? "")).toMatchObject({ text: notice.text });
});

it("a notice waits its turn behind what the platform asked for", async () => {
  const platform = fakePlatform();
  const startedMs = Date.now();
  await outbound.penalize(ACCOUNT, { chat, pace, retryAfterMs: 400 });
  await botsOf(env).notify(ACCOUNT, notice);
  await settled(platform, 1);
  expect(Date.now() - startedMs).toBeGreaterThanOrEqual(350);
});

it.each([
  ["a platform that refuses", () => fakePlatform(() => Response.json({ ok: false, description: "blocked" }, { status: 403 }))],
  ["a platform that is down", () => fakePlatform(() => Promise.reject(new Error(`no route to ${env.TG_TOKEN}`)))],
])("%s is the log's business: a notice never throws, and the log holds no token", async (_name, start) => {
  const written = vi.spyOn(console, "log");
  const platform = start();
  await botsOf(env).notify(ACCOUNT, notice);
  await settled(platform, 1);
  await expect.poll(() => written.mock.calls.join()).toContain("notice.failed");
  expect(written.mock.calls.join()).not.toContain("AAF-real");
});

it("a channel whose instances answer by themselves has no outbox", async () => {
  const reply = { key: "u1", ref: { key: `${ACCOUNT}/chat/777` }, seq: 1, chat, text: "hello", askedAtMs: 0 };
  await expect(botsOf(env).reply(ACCOUNT, reply)).rejects.toThrow("the edge sends no answers on telegram");
});

it("a notice for an account that is not there does not throw either", async () => {
  await botsOf(env).notify("telegram:nobody", notice);
});

/** What Telegram keeps, and what it does with the calls of this test. */
function telegram(info: Record<string, unknown>) {
  const kept = { pending_update_count: 3, has_custom_certificate: false, ...info };
  const platform = fakePlatform(({ url, text }) => {
    if (url.endsWith("/getWebhookInfo")) return ok(kept);
    const { secret_token: _secret, drop_pending_updates: _drop, ...set } = JSON.parse(text) as Record<string, unknown>;
    Object.assign(kept, set);
    return ok(true);
  });
  return { kept, platform };
}

async function report(answer: ReturnType<typeof desk.showWebhook>): Promise<WebhookReport> {
  const shown = await answer;
  if (!shown.ok) throw new Error(JSON.stringify(shown.problem));
  return shown.value;
}

it("shows every field in which the platform differs, what is pending, and the last error", async () => {
  telegram({ url: "https://thief.test/hook", last_error_date: 1_795_000_000, last_error_message: "Connection refused" });
  const shown = await report(desk.showWebhook(ACCOUNT, EDGE));
  expect(shown.differences).toContainEqual({
    field: "url",
    expected: `${EDGE}/webhooks/telegram/support`,
    actual: "https://thief.test/hook",
  });
  expect(shown).toMatchObject({ pendingCount: 3, lastError: { message: "Connection refused", atMs: 1_795_000_000_000 } });
  expect(shown).not.toHaveProperty("previous");
});

it("sets what should be, reads it back, and remembers what was there before, also when the object dies", async () => {
  const { platform } = telegram({ url: "https://thief.test/hook" });
  const set = await report(desk.setWebhook(ACCOUNT, EDGE));
  expect(set.differences).toEqual([]);
  const sent = platform.find(({ url }) => url.endsWith("/setWebhook"));
  expect(JSON.parse(sent?.text ?? "")).toMatchObject({ url: `${EDGE}/webhooks/telegram/support`, secret_token: "hook-secret" });
  await evictDurableObject(stub());
  const shown = await report(desk.showWebhook(ACCOUNT, EDGE));
  expect(shown.previous).toMatchObject({ fields: { url: "https://thief.test/hook" }, atMs: expect.any(Number) });
  expect(JSON.stringify([set, shown])).not.toContain("hook-secret");
});

it("setting again does not forget what was there before this edge", async () => {
  telegram({ url: "https://thief.test/hook" });
  await desk.setWebhook(ACCOUNT, EDGE);
  const again = await report(desk.setWebhook(ACCOUNT, EDGE));
  expect(again.previous?.fields["url"]).toBe("https://thief.test/hook");
});

it("what was there before is kept before it is replaced: a call that fails loses nothing", async () => {
  fakePlatform(({ url }) => {
    if (url.endsWith("/getWebhookInfo")) return ok({ url: "https://thief.test/hook" });
    return Response.json({ ok: false, error_code: 400, description: `Bad Request: bad webhook ${env.TG_TOKEN}` }, { status: 400 });
  });
  const failed = await desk.setWebhook(ACCOUNT, EDGE);
  expect(failed).toMatchObject({
    ok: false,
    problem: { kind: "refused", status: 400, detail: expect.stringContaining("bad webhook [secret]") },
  });
  expect((await report(desk.showWebhook(ACCOUNT, EDGE))).previous?.fields["url"]).toBe("https://thief.test/hook");
});

it("a drift is logged once per change, by the names of the fields", async () => {
  const written = vi.spyOn(console, "log");
  const { kept } = telegram({});
  await desk.setWebhook(ACCOUNT, EDGE);
  for (const url of [undefined, "https://thief.test/hook", "https://thief.test/hook", undefined]) {
    Object.assign(kept, { url: url ?? `${EDGE}/webhooks/telegram/support` });
    await desk.checkWebhook(ACCOUNT, EDGE);
  }
  const lines = written.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);
  expect(lines.filter(({ event }) => String(event).startsWith("webhook."))).toMatchObject([
    { level: "warn", event: "webhook.drifted", account: ACCOUNT, fields: ["url"] },
    { level: "info", event: "webhook.restored", account: ACCOUNT },
  ]);
});

it("an account that is not there has no webhook", async () => {
  expect(await desk.showWebhook("telegram:nobody", EDGE)).toMatchObject({ ok: false, problem: { kind: "unconfigured" } });
});
