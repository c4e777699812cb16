/** The bot's alarm, lost or thrown at: the object repairs it by itself. Real objects in real workerd; only the platform is played. */
import { evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import type { Bot } from "../../../durable-objects/bot/durable-object.ts";
import { BotStorage } from "../../../durable-objects/bot/storage.ts";
import { botsOf } from "../../../durable-objects/bot/stub.ts";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { fakePlatform } from "../../support/fake-platform.ts";
import { validDocument } from "../../support/routes-document.ts";
import { letTelegramTalk } from "../../support/talking-channel.ts";

const env = workerEnv as unknown as Env;
const ACCOUNT = "telegram:support";
const stub = () => objectOf<Bot>(env, env.BOT, ACCOUNT, { region: "weur" });
const chat = { id: "777", kind: "direct" } as const;
const reply = { key: `${ACCOUNT}/u1`, ref: { key: `${ACCOUNT}/chat/777` }, seq: 1, chat, text: "hello" } as const;

beforeAll(letTelegramTalk);

beforeEach(async () => {
  expect((await configOf(env).push(JSON.stringify(validDocument))).status).toBe("accepted");
});

afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
});

const alarm = () => runInDurableObject(stub(), (_bot: Bot, { storage }) => storage.getAlarm());

it("an alarm that was lost behind an answer that waits is set again by the next start, whoever causes it", async () => {
  fakePlatform(() => Response.json({ ok: false, error_code: 503 }, { status: 503 }));
  await botsOf(env).reply(ACCOUNT, { ...reply, askedAtMs: Date.now() });
  const lost = () =>
    runInDurableObject(stub(), async (_bot: Bot, { storage }) => {
      const rows = storage.sql.exec<{ refusals: number }>("SELECT json_extract(progress, '$.refusals') AS refusals FROM replies").toArray();
      if ((rows[0]?.refusals ?? 0) === 0) return false;
      await storage.deleteAlarm();
      return true;
    });
  await expect.poll(lost).toBe(true);
  await evictDurableObject(stub());
  await expect.poll(alarm).not.toBeNull();
});

it("the alarm throws nothing where the storage throws, and rings again", async () => {
  vi.spyOn(BotStorage.prototype, "purgeNotices").mockImplementation(() => {
    throw new Error("the storage is away");
  });
  await runInDurableObject(stub(), (bot: Bot) => bot.alarm());
  expect(await alarm()).not.toBeNull();
});
