import { reset } from "cloudflare:test";
import { afterEach, beforeEach, expect, inject, it, vi } from "vitest";
import { forget } from "../../../durable-objects/config/memory.ts";
import { routesSource } from "../../../durable-objects/config/source.ts";
import { configOf } from "../../../durable-objects/config/stub.ts";
import { conversationsOf, showConversation } from "../../../durable-objects/conversation/stub.ts";
import { listDead, shardsOf } from "../../../durable-objects/shard/stub.ts";
import type { Commit } from "../../../src/core/commit.ts";
import { deadId } from "../../../src/core/dead-id.ts";
import { readEdgeToken } from "../../../src/core/edge-token.ts";
import { Secret } from "../../../src/core/secret.ts";
import { explain } from "../../../src/routing/explain.ts";
import { goodText } from "../../durable-objects/config/documents.ts";
import { fakePlatform, ok } from "../../support/fake-platform.ts";
import { admin, env } from "./support.ts";

const ACCOUNT = "telegram:support";
const ref = { residency: "eu", key: `${ACCOUNT}/chat/777` } as const;
const variables = env as unknown as { readonly TG_TOKEN: string };

beforeEach(async () => {
  expect((await admin("POST", "/admin/routes", goodText())).status).toBe(200);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
  forget(env.ROUTES);
});

vi.setConfig({ testTimeout: 60_000 });
/** Reading every shard takes a while on a busy machine. */
const PATIENCE = { timeout: 20_000, interval: 100 };

const update = JSON.stringify({ update_id: 5, message: { text: "where is my refund?" } });

/** The pool is gone, so the message ends as dead at once: no instance is needed. */
async function deadLetter(seq = 1): Promise<string> {
  const commit: Commit = {
    ref,
    account: "telegram:gone",
    key: `telegram:gone/${seq}`,
    messageId: String(seq),
    kind: "message",
    chat: { id: "777", kind: "direct" },
    pool: "gone",
    rule: "default",
    trace: "default: no rule matched",
    traceId: "0af7651916cd43dd8448eb211c80319c",
    body: new TextEncoder().encode(update) as Uint8Array<ArrayBuffer>,
    contentType: "application/json",
    arrivedAtMs: Date.now(),
    limits: {},
    configNumber: 1,
  };
  expect((await conversationsOf(env).commit(commit)).state).toBe("stored");
  await vi.waitFor(async () => expect((await listDead(env, ["eu"], { limit: 500 })).length).toBe(seq), PATIENCE);
  return deadId(ref, seq);
}

it.each([
  { account: ACCOUNT, text: "where is my refund?" },
  { account: ACCOUNT, text: "hello", chat: "group" as const },
  { account: ACCOUNT, text: "/start now", chat: "group" as const, isAddressed: true },
])("explain says what production's router says: %j", async (input) => {
  const snapshot = await routesSource(env).current();
  const expected = snapshot && explain(input, snapshot);
  expect(await admin("POST", "/admin/explain", input)).toEqual({
    status: 200,
    body: { number: 1, ...JSON.parse(JSON.stringify(expected?.ok === true ? expected.value : null)) },
  });
});

it.each([
  ["GET", "/admin/conversations/telegram%3Asupport%2Fchat%2F1", undefined, "unknown-conversation"],
  ["GET", "/admin/conversations/", undefined, "unknown-conversation"],
  ["GET", "/admin/conversations/%E0%A4%A", undefined, "unknown-conversation"],
  ["GET", "/admin/dead/bm90aGluZw", undefined, "unknown-letter"],
  ["GET", `/admin/dead/${deadId(ref, 99)}`, undefined, "unknown-letter"],
  ["POST", `/admin/dead/${deadId(ref, 99)}/replay`, undefined, "unknown-letter"],
  ["GET", "/admin/instances/eu-9", undefined, "unknown-instance"],
  ["POST", "/admin/instances/eu-9/drain", undefined, "unknown-instance"],
  ["POST", "/admin/instances/__proto__/undrain", undefined, "unknown-instance"],
  ["GET", "/admin/instances/eu-9/check", undefined, "unknown-instance"],
  ["POST", "/admin/tokens", { account: "telegram:no", instance: "eu-1" }, "unknown-account"],
  ["POST", "/admin/tokens", { account: ACCOUNT, instance: "eu-9" }, "unknown-instance"],
  ["GET", "/admin/accounts/telegram:no/webhook", undefined, "unknown-account"],
  ["POST", "/admin/explain", { account: "telegram:no" }, "unknown-account"],
  ["DELETE", "/admin/routes", undefined, "unknown-path"],
])("%s %s is 404, and says what is not there", async (method, path, body, code) => {
  expect(await admin(method, path, body)).toMatchObject({ status: 404, body: { error: { code, message: expect.any(String) } } });
});

it("a conversation is shown by its key, encoded or not, wherever its account lives, and never with a body", async () => {
  await deadLetter();
  const expected = await showConversation(env, ref, 20);
  for (const key of [encodeURIComponent(ref.key), ref.key]) {
    const shown = await admin("GET", `/admin/conversations/${key}`);
    expect(shown).toMatchObject({
      status: 200,
      body: { key: ref.key, residency: "eu", name: expected.name, messages: [{ state: "dead" }] },
    });
    expect(JSON.stringify(shown.body)).not.toContain("refund?");
  }
  expect((await admin("GET", `/admin/conversations/${ref.key}?residency=us`)).status).toBe(404);
  expect((await admin("GET", `/admin/conversations/${ref.key}?limit=0`)).status).toBe(400);
});

it("a dead letter shows its facts; its body only when asked for", async () => {
  const id = await deadLetter();
  const facts = await admin("GET", `/admin/dead/${id}`);
  expect(facts).toMatchObject({ status: 200, body: { id, conversation: ref.key, state: "dead", outcome: "no-route" } });
  expect(JSON.stringify(facts.body)).not.toContain("refund");
  expect((await admin("GET", `/admin/dead/${id}?body=1`)).body).toMatchObject({ body: update, notice: expect.stringContaining("private") });
});

it("the list can be narrowed to an account", async () => {
  await deadLetter();
  expect((await admin("GET", "/admin/dead?account=telegram:gone")).body.dead).toHaveLength(1);
  expect((await admin("GET", "/admin/dead?account=telegram:other")).body.dead).toEqual([]);
});

it("a replayed letter is off the list; what became of it is in the conversation", async () => {
  const id = await deadLetter();
  expect(await admin("POST", `/admin/dead/${id}/replay`)).toMatchObject({
    status: 202,
    body: { result: "replayed", conversation: ref.key },
  });
  await vi.waitFor(async () => {
    const { dead } = (await admin("GET", "/admin/dead")).body;
    expect(dead.map((entry: { id: string }) => entry.id)).toEqual([deadId(ref, 2)]);
  }, PATIENCE);
  expect(await admin("POST", `/admin/dead/${id}/replay`)).toMatchObject({ status: 409, body: { error: { code: "not-replayable" } } });
});

it("many letters are replayed oldest first and once each, although each dies again", async () => {
  for (const seq of [1, 2, 3]) await deadLetter(seq);
  const first = await admin("POST", "/admin/dead/replay", { limit: 2, perSecond: 50 });
  expect(first.body).toMatchObject({ replayed: 2, gone: 0, remaining: 1 });
  expect(first.body.results.map((one: { id: string }) => one.id)).toEqual([deadId(ref, 1), deadId(ref, 2)]);
  const second = await admin("POST", "/admin/dead/replay", { limit: 2, perSecond: 50, beforeMs: first.body.beforeMs });
  expect(second.body).toMatchObject({ replayed: 1, remaining: 0 });
});

it("a listed letter that is no longer kept is taken off the list", async () => {
  const id = deadId(ref, 77);
  await shardsOf(env).addDead(ref, { id, account: ACCOUNT, conversation: ref.key, messageId: "1", pool: "support", reason: "x", atMs: 1 });
  expect((await admin("POST", "/admin/dead/replay", {})).body).toMatchObject({ replayed: 0, gone: 1, remaining: 0 });
  expect((await admin("GET", "/admin/dead")).body.dead).toEqual([]);
});

it("a drain is known to the instance and to the document, and says when it has reached everybody", async () => {
  const drained = await admin("POST", "/admin/instances/eu-1/drain");
  // Twice the TTL of 50 ms, the lease of a look, no KV far away, and the pool's attempt.
  expect(drained).toMatchObject({ status: 200, body: { instance: "eu-1", changed: true, number: 2 } });
  expect(drained.body.quietAtMs - drained.body.drainingSinceMs).toBe(100 + 10_000 + 10_000);
  await expect
    .poll(async () => (await admin("GET", "/admin/instances/eu-1")).body)
    .toMatchObject({ isDraining: true, isDrainListed: true, pools: ["support"] });
  expect((await admin("POST", "/admin/instances/eu-1/drain")).body).toMatchObject({ changed: false, number: 2 });
  expect((await admin("POST", "/admin/instances/eu-1/undrain")).body).toMatchObject({ changed: true, number: 3 });
  const { instances } = (await admin("GET", "/admin/instances")).body;
  expect(instances.map((one: { name: string; isDraining: boolean }) => [one.name, one.isDraining])).toEqual([
    ["eu-1", false],
    ["eu-2", false],
  ]);
});

it("it is not quiet, nor known to be back, before KV holds it", async () => {
  const written = async () => (await configOf(env).status()).copies.accepted;
  await expect.poll(async () => (await written()).isWritten, PATIENCE).toBe(true);
  const shown = async () => (await admin("GET", "/admin/instances/eu-1")).body;
  const [quietMs, knownMs] = [100 + 10_000 + 10_000, 100 + 10_000];
  const put = vi.spyOn(env.ROUTES, "put").mockRejectedValue(new Error("KV PUT failed: 503"));
  const drained = (await admin("POST", "/admin/instances/eu-1/drain")).body;
  await expect.poll(async () => (await shown()).nowMs - drained.drainingSinceMs, PATIENCE).toBeGreaterThan(1000);
  const pending = await shown();
  expect(pending.quietAtMs - pending.knownAtMs).toBe(quietMs - knownMs);
  expect(pending.quietAtMs - drained.quietAtMs).toBeGreaterThan(1000);

  put.mockRestore();
  await expect.poll(async () => (await written()).isWritten, PATIENCE).toBe(true);
  const { writtenAtMs = 0 } = await written();
  const { quietAtMs, knownAtMs } = await shown();
  expect([quietAtMs - writtenAtMs, knownAtMs - writtenAtMs]).toEqual([quietMs, knownMs]);
  expect(writtenAtMs - drained.drainingSinceMs).toBeGreaterThan(1000);
});

it("a token is good for its instance, with the address it is good for; revoking gives the next generation", async () => {
  const issued = await admin("POST", "/admin/tokens", { account: ACCOUNT, instance: "eu-1" });
  expect(issued.body).toMatchObject({ apiRoot: "https://edge.test/egress/telegram/support/eu-1", generation: expect.any(Number) });
  const prefix = variables.TG_TOKEN.slice(0, variables.TG_TOKEN.indexOf(":"));
  const real = new Secret(variables.TG_TOKEN);
  expect(await readEdgeToken(issued.body.token, { account: ACCOUNT, instance: "eu-1" }, prefix, real)).toBe(issued.body.generation);
  const next = await admin("POST", "/admin/tokens", { account: ACCOUNT, instance: "eu-1", revoke: true });
  expect(next.body.generation).toBe(issued.body.generation + 1);
});

/** `eu-2` needs no address of its own. */
function withPolling(): string {
  const document = JSON.parse(goodText());
  return JSON.stringify({ ...document, instances: { ...document.instances, "eu-2": { poll: [ACCOUNT] } } });
}

it("an instance that polls is linked like any other, and gets a token without a webhook's address", async () => {
  expect((await admin("POST", "/admin/routes", withPolling())).status).toBe(200);
  const apiRoot = "https://edge.test/egress/telegram/support/eu-2";
  expect((await admin("GET", "/admin/accounts")).body.accounts[0].instances[1]).toEqual({ name: "eu-2", link: "poll", apiRoot });
  expect((await admin("GET", "/admin/instances/eu-2")).body).toMatchObject({
    url: null,
    links: [{ account: ACCOUNT, link: "poll", apiRoot }],
  });
  const { body } = await admin("POST", "/admin/tokens", { account: ACCOUNT, instance: "eu-2" });
  expect(body).toEqual({
    account: ACCOUNT,
    instance: "eu-2",
    link: "poll",
    token: expect.any(String),
    apiRoot,
    generation: expect.any(Number),
  });
  const native = await admin("POST", "/admin/tokens", { account: ACCOUNT, instance: "eu-1" });
  expect(native.body).toMatchObject({ link: "native", webhookUrl: "https://edge.test/webhooks/telegram/support" });
});

it("accounts are listed with their addresses and which variables are set, never with a value", async () => {
  const { accounts } = (await admin("GET", "/admin/accounts")).body;
  expect(accounts).toMatchObject([
    {
      id: ACCOUNT,
      webhookUrl: "https://edge.test/webhooks/telegram/support",
      variables: [
        { purpose: "webhook", variable: "TG_SECRET", isSet: true },
        { purpose: "token", variable: "TG_TOKEN", isSet: true },
      ],
      instances: [
        { name: "eu-1", link: "native", apiRoot: "https://edge.test/egress/telegram/support/eu-1" },
        { name: "eu-2", link: "native", apiRoot: "https://edge.test/egress/telegram/support/eu-2" },
      ],
    },
  ]);
  expect(JSON.stringify(accounts)).not.toContain(variables.TG_TOKEN);
});

it("a webhook is shown with what differs, set, and shown again", async () => {
  let url = "https://somebody.else/hook";
  fakePlatform((call) => {
    if (call.url.endsWith("/setWebhook")) {
      url = JSON.parse(call.text).url;
      return ok(true);
    }
    return ok({ url, has_custom_certificate: false, pending_update_count: 3 });
  });
  const shown = await admin("GET", `/admin/accounts/${ACCOUNT}/webhook`);
  expect(shown.body).toMatchObject({ account: ACCOUNT, pendingCount: 3 });
  expect(shown.body.differences.map((one: { field: string }) => one.field)).toContain("url");
  const set = await admin("POST", `/admin/accounts/${encodeURIComponent(ACCOUNT)}/webhook`);
  expect(set.body.before.actual.fields.url).toBe("https://somebody.else/hook");
  expect(set.body.after.actual.fields.url).toBe("https://edge.test/webhooks/telegram/support");
  expect(JSON.stringify(set.body)).not.toContain(variables.TG_TOKEN);
});

it("a platform that refuses is told as such, without the token", async () => {
  fakePlatform((call) => Response.json({ ok: false, error_code: 401, description: `Unauthorized ${call.url}` }, { status: 401 }));
  const shown = await admin("GET", `/admin/accounts/${ACCOUNT}/webhook`);
  expect(shown).toMatchObject({ status: 502, body: { error: { code: "platform-refused" } } });
  expect(JSON.stringify(shown.body)).not.toContain(variables.TG_TOKEN);
});

it("checking an instance where nobody listens names what failed and what to do, and prints no secret", async () => {
  const { refused } = inject("answering");
  await admin("POST", "/admin/routes", goodText().replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, refused));
  const checked = await admin("GET", "/admin/instances/eu-1/check");
  expect(checked).toMatchObject({ status: 200, body: { instance: "eu-1", ok: false } });
  const failed = checked.body.checks.filter((line: { status: string }) => line.status === "fail");
  expect(failed.map((line: { check: string }) => line.check)).toEqual(
    expect.arrayContaining(["startup", "health", `${ACCOUNT} listener`, `${ACCOUNT} durable hand-over`]),
  );
  for (const line of failed) expect(line.fix).toEqual(expect.any(String));
});
