/** What the platform's alarms lost, the sweep finds: real objects whose alarms are taken away. Only Telegram is played. */
import { evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, expect, inject, it, vi } from "vitest";
import { botsOf } from "../../durable-objects/bot/stub.ts";
import { configOf } from "../../durable-objects/config/stub.ts";
import { conversationsOf } from "../../durable-objects/conversation/stub.ts";
import type { Env } from "../../durable-objects/env.ts";
import { objectOf } from "../../durable-objects/objects.ts";
import { readShards } from "../../durable-objects/shard/stub.ts";
import { refName } from "../../src/core/conversation-ref.ts";
import { sweep } from "../../workers/sweep.ts";
import { commitOf } from "../support/conversation.ts";
import { fakePlatform, ok } from "../support/fake-platform.ts";
import { validDocument } from "../support/routes-document.ts";
import { letTelegramTalk } from "../support/talking-channel.ts";

const env = workerEnv as unknown as Env;
const ACCOUNT = "telegram:support";
const { origin } = inject("answering");
const ref = { key: `${ACCOUNT}/chat/777` };

beforeAll(letTelegramTalk);

beforeEach(async () => {
  const native = { [ACCOUNT]: { url: `${origin}/nothing`, secret: "LISTENER_SECRET" } };
  const document = { ...validDocument, instances: { "eu-1": { native }, "us-1": { native } } };
  expect((await configOf(env).push(JSON.stringify(document))).status).toBe("accepted");
});

afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
});

/** Its alarm is gone, and its incarnation with it: nothing will ever wake it. */
async function lose(stub: DurableObjectStub): Promise<void> {
  await runInDurableObject(stub, (_, state) => state.storage.deleteAlarm());
  await evictDurableObject(stub);
}

const bot = () => objectOf(env, env.BOT, ACCOUNT, { region: "weur" });
const reply = { key: `${ACCOUNT}/u1`, ref, seq: 1, chat: { id: "777", kind: "direct" }, text: "hello" } as const;

it("an answer that waits to be sent again, also where nobody knows the edge's own address", async () => {
  let isLost = false;
  const calls = fakePlatform(() => (isLost ? ok({ message_id: 1 }) : Response.json({ ok: false, error_code: 503 }, { status: 503 })));
  await botsOf(env).reply(ACCOUNT, { ...reply, askedAtMs: Date.now() });
  await expect.poll(() => calls.length).toBeGreaterThan(0);
  await lose(bot());
  isLost = true;
  const before = calls.length;
  const { PUBLIC_URL: _unset, ...unset } = env;
  await sweep(unset as Env);
  await expect.poll(() => calls.length).toBe(before + 1);
});

it("a webhook that somebody took, where the edge's own address is known", async () => {
  const calls = fakePlatform(() => ok({ url: "https://thief.test/hook" }));
  await sweep(env);
  expect(calls.map(({ url }) => url.split("/").at(-1))).toContain("getWebhookInfo");
});

it("a hand-over that has no answer, from its first second on", async () => {
  await conversationsOf(env).commit(commitOf({ ref, arrivedAtMs: Date.now() }));
  await expect.poll(async () => (await readShards(env, [])).pending).toBe(1);
  await lose(objectOf(env, env.CONVERSATION, ref.key));
  const written = vi.spyOn(console, "log");
  await sweep({ ...env, PUBLIC_URL: undefined } as unknown as Env);
  const lines = written.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);
  expect(lines.filter(({ event }) => event === "sweep.done")).toMatchObject([{ conversations: 1, failed: 0 }]);
  const alarm = await runInDurableObject(objectOf(env, env.CONVERSATION, ref.key), (_, state) => state.storage.getAlarm());
  expect(alarm).not.toBeNull();
});

it("a bot that cannot be asked, or canaries, are told of and keep nobody else from their turn", async () => {
  const asked: string[] = [];
  const refusing = (what: string) => async () => {
    asked.push(what);
    throw new Error(`no ${what}`);
  };
  const broken = (object: object) => ({ idFromName: () => ({}), get: () => object });
  const written = vi.spyOn(console, "log");
  await sweep({
    ...env,
    PUBLIC_URL: undefined,
    BOT: broken({ sweep: refusing("bot") }),
    SHARD: broken({ pendingBatch: refusing("shard") }),
  } as unknown as Env);
  const lines = written.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);
  expect(lines.filter(({ event }) => event === "sweep.failed")).toMatchObject([{ part: "bots", reason: "Error: no bot" }]);
  expect([...new Set(asked)].toSorted()).toEqual(["bot", "shard"]);
});

it("instances and bots that do not answer until a conversation was knocked at keep the sweep from none", async () => {
  let found = (): void => undefined;
  const isFound = new Promise<void>((resolve) => {
    found = resolve;
  });
  const object = (methods: object) => ({ idFromName: () => ({}), get: () => methods });
  const asked: string[] = [];
  const hanging = (what: string) => () => {
    asked.push(what);
    return isFound;
  };
  await sweep({
    ...env,
    PUBLIC_URL: undefined,
    BOT: object({ sweep: hanging("bot") }),
    INSTANCE: object({ status: hanging("instance") }),
    SHARD: object({ pendingBatch: async () => [{ conversation: refName(ref), pokedAtMs: 0 }], poked: async () => undefined }),
    CONVERSATION: object({
      sweep: async () => {
        found();
        return true;
      },
    }),
  } as unknown as Env);
  expect(new Set(asked)).toEqual(new Set(["bot", "instance"]));
});
