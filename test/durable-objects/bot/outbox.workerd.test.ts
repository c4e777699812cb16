/** The outbox in real workerd: real rows, real alarms, objects that die in the middle of a call; only the platform is played. */
import { evictDurableObject, reset, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Bot } from "../../../durable-objects/bot/durable-object.ts";
import { MAX_KEPT_CHARACTERS } from "../../../durable-objects/bot/outbox-state.ts";
import { botDesk, botsOf, outboundOf } from "../../../durable-objects/bot/stub.ts";
import { configOf } from "../../../durable-objects/config/stub.ts";
import { Conversation } from "../../../durable-objects/conversation/durable-object.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import type { DeliveryStatus } from "../../../src/core/delivery-status.ts";
import type { Reply, ReplyEnd } from "../../../src/ports/bots.ts";
import { fakePlatform, ok } from "../../support/fake-platform.ts";
import { validDocument } from "../../support/routes-document.ts";
import { letTelegramTalk, WINDOW_MS } from "../../support/talking-channel.ts";

const env = workerEnv as unknown as Env;
const ACCOUNT = "telegram:support";
const bots = botsOf(env);
const stub = () => objectOf<Bot>(env, env.BOT, ACCOUNT, { region: "weur" });
const chat = { id: "777", kind: "direct" } as const;
const ref = { key: `${ACCOUNT}/chat/777` };

beforeAll(letTelegramTalk);

/** Ends as conversations were told them, in order. */
let told: (ReplyEnd & { readonly seq: number })[] = [];

beforeEach(async () => {
  told = [];
  vi.spyOn(Conversation.prototype, "replied").mockImplementation((seq, end) => {
    told.push({ seq, ...end });
  });
  expect((await configOf(env).push(JSON.stringify(validDocument))).status).toBe("accepted");
});

afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
});

let serial = 0;
function replyOf(bent: Partial<Reply> = {}): Reply {
  serial += 1;
  return { key: `${ACCOUNT}/u${serial}`, ref, seq: serial, chat, text: "hello", askedAtMs: Date.now(), ...bent };
}

/** Takes everything, under ids that count up, and forgets nothing of what was said. */
function platform(answer?: (said: string, count: number) => Response | Promise<Response> | undefined) {
  const said: string[] = [];
  fakePlatform(({ text }) => {
    const body = JSON.parse(text) as { text?: string };
    const words = body.text ?? "(presence)";
    said.push(words);
    return answer?.(words, said.length) ?? ok({ message_id: said.length });
  });
  return said;
}

/** The object dies as it would with its machine, whatever it is doing. */
const kill = () => expect(runInDurableObject(stub(), (_bot: Bot, state) => state.abort("killed"))).rejects.toThrow("killed");

const never = () => new Promise<Response>(() => undefined);
const refusal = (status: number) => Response.json({ ok: false, error_code: status, description: "no" }, { status });
const statusOf = (messageId: string, status: DeliveryStatus["status"], bent: Partial<DeliveryStatus> = {}): DeliveryStatus => ({
  messageId,
  status,
  ...(status === "failed" ? { error: { code: 131026, detail: "Message undeliverable" } } : {}),
  ...bent,
});
const rowCount = () => runInDurableObject(stub(), (_bot: Bot, state) => state.storage.sql.exec("SELECT key FROM replies").toArray().length);
const takenCount = () =>
  runInDurableObject(
    stub(),
    (_bot: Bot, state) =>
      state.storage.sql.exec<{ count: number }>("SELECT count(*) AS count FROM replies WHERE json_extract(progress, '$.next') = 1").one()
        .count,
  );
const progress = () =>
  runInDurableObject(stub(), (_bot: Bot, state) => {
    const row = state.storage.sql.exec<{ progress: string }>("SELECT progress FROM replies").toArray()[0];
    return row === undefined ? undefined : (JSON.parse(row.progress) as Record<string, unknown>);
  });
const refusals = () =>
  runInDurableObject(stub(), (_bot: Bot, state) =>
    state.storage.sql
      .exec<{ count: number }>("SELECT json_extract(progress, '$.refusals') AS count FROM replies ORDER BY serial")
      .toArray()
      .map(({ count }) => count),
  );
/** From here on it is so much later, and stays so: what waits does so until the test goes on. */
function laterBy(ms: number) {
  const nowMs = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => nowMs + ms);
}
const repeatsIn = (written: { readonly mock: { readonly calls: readonly (readonly unknown[])[] } }) =>
  written.mock.calls
    .map(([line]) => JSON.parse(String(line)) as Record<string, unknown>)
    .filter(({ event }) => event === "reply.part-repeated");
const metric = async (name: string) => (await botDesk(env).readMetrics(ACCOUNT))[name];

it("an alarm that stands far off hides no answer that waits", async () => {
  platform((_words, count) => (count === 1 ? refusal(503) : never()));
  await runInDurableObject(stub(), (bot: Bot) => bot.clock.ringBy(Date.now() + 6 * 3_600_000));
  await bots.reply(ACCOUNT, replyOf());
  await expect.poll(() => progress()).toMatchObject({ refusals: 1 });
  // While it runs there is none.
  const alarm = () => runInDurableObject(stub(), async (_bot: Bot, state) => (await state.storage.getAlarm()) ?? Infinity);
  await expect.poll(alarm).toBeLessThan(Date.now() + 60_000);
});

it("an answer is sent part by part, and ends with the status of its last part", async () => {
  const said = platform();
  const reply = replyOf({ text: "one\ntwo\nthree" });
  expect(await bots.reply(ACCOUNT, reply)).toEqual({ verdict: "kept" });
  await expect.poll(() => progress()).toMatchObject({ next: 3 });
  expect(said).toEqual(["one", "two", "three"]);
  await bots.statuses(ACCOUNT, [statusOf("1", "delivered"), statusOf("3", "sent"), statusOf("3", "delivered"), statusOf("3", "read")]);
  await expect.poll(() => told).toEqual([{ seq: reply.seq, state: "answered", outcome: "delivered", parts: 3, repeats: 0 }]);
  await expect.poll(rowCount).toBe(0);
});

it("what nobody says more of was sent, says the alarm, also in an object that was evicted meanwhile", async () => {
  platform();
  await bots.reply(ACCOUNT, replyOf());
  await expect.poll(() => progress()).toMatchObject({ next: 1 });
  await evictDurableObject(stub());
  laterBy(60_000);
  await runDurableObjectAlarm(stub());
  await expect.poll(() => told).toMatchObject([{ state: "answered", outcome: "sent" }]);
});

it("the same answer is kept once, however often it is handed over", async () => {
  const said = platform();
  const reply = replyOf();
  await Promise.all([bots.reply(ACCOUNT, reply), bots.reply(ACCOUNT, reply), bots.reply(ACCOUNT, reply)]);
  await expect.poll(() => progress()).toMatchObject({ next: 1 });
  await evictDurableObject(stub());
  expect(await bots.reply(ACCOUNT, reply)).toEqual({ verdict: "kept" });
  await bots.statuses(ACCOUNT, [statusOf("1", "read")]);
  await expect.poll(rowCount).toBe(0);
  expect(await bots.reply(ACCOUNT, reply)).toMatchObject({ verdict: "ended", end: { outcome: "delivered" } });
  expect(said).toEqual(["hello"]);
});

it("an answer without words ends at once, and costs nothing", async () => {
  const said = platform();
  expect(await bots.reply(ACCOUNT, replyOf({ text: "\n" }))).toEqual({
    verdict: "ended",
    end: { state: "answered", outcome: "empty", parts: 0, repeats: 0 },
  });
  expect([said, await rowCount()]).toEqual([[], 0]);
});

describe("an object that dies while a part is under way", () => {
  it("repeats that part alone, by its alarm alone, counts it and says why", async () => {
    const written = vi.spyOn(console, "log");
    const said = platform((words, count) => (words === "two" && count === 2 ? never() : undefined));
    await bots.reply(ACCOUNT, replyOf({ text: "one\ntwo\nthree" }));
    await expect.poll(() => said).toEqual(["one", "two"]);
    await kill();
    await runInDurableObject(stub(), async (_bot: Bot, state) => expect(await state.storage.getAlarm()).not.toBeNull());
    laterBy(10_000);
    await runDurableObjectAlarm(stub());
    await expect.poll(() => progress()).toMatchObject({ next: 3, repeats: 1 });
    expect(said).toEqual(["one", "two", "two", "three"]);
    expect(await metric(`replies_repeated_total{account="${ACCOUNT}"}`)).toBe(1);
    expect(repeatsIn(written)).toMatchObject([{ account: ACCOUNT, conversation: ref.key, part: 1, why: "cut off" }]);
    await bots.statuses(ACCOUNT, [statusOf("4", "delivered")]);
    await expect.poll(() => told).toMatchObject([{ state: "answered", outcome: "delivered", parts: 3, repeats: 1 }]);
  });

  it("a call that nobody answered is a reason of its own", async () => {
    const written = vi.spyOn(console, "log");
    const said = platform((_words, count) => (count === 1 ? Promise.reject(new Error("broken")) : undefined));
    laterBy(0);
    await bots.reply(ACCOUNT, replyOf());
    await expect.poll(() => progress()).toMatchObject({ doubts: 1 });
    expect(repeatsIn(written)).toEqual([]);
    laterBy(10_000);
    await runDurableObjectAlarm(stub());
    await expect.poll(() => said).toEqual(["hello", "hello"]);
    expect(repeatsIn(written)).toMatchObject([{ part: 0, why: "unanswered", detail: "Error: broken" }]);
  });

  it("repeats nothing when a status says first that the part arrived", async () => {
    const said = platform(never);
    const reply = replyOf();
    await bots.reply(ACCOUNT, reply);
    await expect.poll(() => said).toEqual(["hello"]);
    await kill();
    await bots.statuses(ACCOUNT, [statusOf("1", "delivered", { note: `${reply.seq}@|${ref.key}` })]);
    await expect.poll(() => told).toMatchObject([{ state: "answered", outcome: "delivered", repeats: 0 }]);
    expect(said).toEqual(["hello"]);
  });
});

it("an alarm is armed with the row it stands behind, and a flush of counters does not push it away", async () => {
  platform(never);
  await bots.reply(ACCOUNT, replyOf());
  const alarm = () => runInDurableObject(stub(), async (_bot: Bot, state) => (await state.storage.getAlarm()) ?? 0);
  const atMs = await alarm();
  expect(atMs - Date.now()).toBeLessThanOrEqual(5000);
  const pace = { chat: { perMinute: 6000, burst: 100 }, bot: { perMinute: 6000, burst: 100 } };
  await outboundOf(env).permit(ACCOUNT, { instance: "eu-1", generation: 1, class: "send", chat, pace });
  await metric("any");
  await outboundOf(env).permit(ACCOUNT, { instance: "eu-1", generation: 1, class: "send", chat, pace });
  expect(await alarm()).toBe(atMs);
});

describe("refusals", () => {
  it.each([
    [403, { state: "dead", outcome: "undelivered: http 403" }],
    [400, { state: "dead", outcome: "undelivered: http 400, code -" }],
  ])("%i ends it", async (status, end) => {
    platform(() => refusal(status));
    await bots.reply(ACCOUNT, replyOf());
    await expect.poll(() => told).toMatchObject([end]);
    await expect.poll(rowCount).toBe(0);
  });

  it("503 is tried again", async () => {
    const said = platform((_words, count) => (count === 1 ? refusal(503) : undefined));
    laterBy(0);
    await bots.reply(ACCOUNT, replyOf());
    await expect.poll(() => progress()).toMatchObject({ attempts: 0, refusals: 1 });
    laterBy(2000);
    await runDurableObjectAlarm(stub());
    await expect.poll(() => progress()).toMatchObject({ next: 1, repeats: 0 });
    expect(said).toEqual(["hello", "hello"]);
  });

  it("429 holds the chat back, in the order it was spoken to, and what else the bot says there", async () => {
    const said = platform((_words, count) => (count === 1 ? refusal(429) : undefined));
    await bots.reply(ACCOUNT, replyOf({ text: "one" }));
    await expect.poll(() => progress()).toMatchObject({ refusals: 1 });
    await bots.reply(ACCOUNT, replyOf({ text: "two" }));
    await bots.reply(ACCOUNT, replyOf({ text: "elsewhere", chat: { ...chat, id: "778" } }));
    await expect.poll(() => said).toEqual(["one", "elsewhere"]);
    await bots.notify(ACCOUNT, { chat, text: "a notice", key: "n" });
    laterBy(62_000);
    await runDurableObjectAlarm(stub());
    await expect.poll(() => said).toEqual(["one", "elsewhere", "one", "two"]);
  });

  it("401 stops the account, says so once, and what was kept goes out when an operator has mended it", async () => {
    const written = vi.spyOn(console, "log");
    let isMended = false;
    const said = platform(() => (isMended ? undefined : refusal(401)));
    await bots.reply(ACCOUNT, replyOf({ text: "one" }));
    await expect.poll(() => progress()).toMatchObject({ refusals: 1 });
    await bots.reply(ACCOUNT, replyOf({ text: "two", chat: { ...chat, id: "778" } }));
    await evictDurableObject(stub());
    await runDurableObjectAlarm(stub());
    await expect.poll(refusals).toEqual([1, 1]);
    isMended = true;
    laterBy(200_000);
    await runDurableObjectAlarm(stub());
    await expect.poll(() => said).toEqual(["one", "two", "one", "two"]);
    const events = written.mock.calls.map(([line]) => (JSON.parse(String(line)) as { event: string }).event);
    expect(events.filter((event) => event.startsWith("bot."))).toEqual(["bot.stopped", "bot.resumed"]);
  });
});

describe("outside the window", () => {
  const long = () => Date.now() - WINDOW_MS - 1;

  it("the template is sent, and is the answer", async () => {
    const said = platform();
    await bots.reply(ACCOUNT, replyOf({ text: "one\ntwo", askedAtMs: long() }));
    await expect.poll(() => progress()).toMatchObject({ next: 1 });
    await bots.statuses(ACCOUNT, [statusOf("1", "delivered")]);
    await expect.poll(() => told).toMatchObject([{ state: "answered", outcome: "template", parts: 1 }]);
    expect(said).toEqual(["TEMPLATE"]);
  });

  it("without one it is dead, and the platform is not called", async () => {
    const said = platform();
    await bots.reply(ACCOUNT, replyOf({ chat: { ...chat, id: "no-template" }, askedAtMs: long() }));
    await expect.poll(() => told).toMatchObject([{ state: "dead", outcome: expect.stringMatching(/^outside the window/) }]);
    expect(said).toEqual([]);
  });
});

describe("a failure that arrives later", () => {
  it("closes the answer", async () => {
    platform();
    await bots.reply(ACCOUNT, replyOf());
    await expect.poll(() => progress()).toMatchObject({ next: 1 });
    await bots.statuses(ACCOUNT, [statusOf("1", "failed")]);
    await expect.poll(() => told).toMatchObject([{ state: "dead", outcome: "undelivered: 131026 Message undeliverable" }]);
  });

  it("after the end it is logged and counted with its conversation, and ends nothing twice", async () => {
    const written = vi.spyOn(console, "log");
    platform();
    const reply = replyOf();
    await bots.reply(ACCOUNT, reply);
    await expect.poll(() => progress()).toMatchObject({ next: 1 });
    await bots.statuses(ACCOUNT, [statusOf("1", "delivered")]);
    await expect.poll(rowCount).toBe(0);
    const failed = statusOf("1", "failed", { note: `${reply.seq}@|${ref.key}` });
    await bots.statuses(ACCOUNT, [failed, failed]);
    const lines = written.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);
    expect(lines.filter(({ event }) => event === "reply.undelivered")).toMatchObject([
      { level: "warn", account: ACCOUNT, conversation: ref.key, seq: reply.seq, message: "1", code: 131026 },
    ]);
    expect(await metric(`replies_undelivered_total{account="${ACCOUNT}"}`)).toBe(1);
    expect(told).toHaveLength(1);
  });
});

it("statuses are counted once for each message, status and participant", async () => {
  const batch = [
    statusOf("x", "sent"),
    statusOf("x", "sent"),
    statusOf("x", "delivered"),
    statusOf("x", "delivered", { participant: "49" }),
  ];
  await bots.statuses(ACCOUNT, batch);
  await bots.statuses(ACCOUNT, batch);
  expect(await metric(`statuses_total{account="${ACCOUNT}",status="sent"}`)).toBe(1);
  expect(await metric(`statuses_total{account="${ACCOUNT}",status="delivered"}`)).toBe(2);
});

it("a conversation that cannot be told is told again by the alarm, also by the next incarnation", async () => {
  platform(() => refusal(403));
  let [isDown, refused] = [true, 0];
  vi.spyOn(Conversation.prototype, "replied").mockImplementation((seq, end) => {
    if (isDown) refused += 1;
    if (isDown) throw new Error("not now");
    told.push({ seq, ...end });
  });
  await bots.reply(ACCOUNT, replyOf());
  await expect.poll(() => progress()).toMatchObject({ refusals: 1 });
  await expect.poll(() => refused).toBeGreaterThan(0);
  await evictDurableObject(stub());
  expect(told).toEqual([]);
  isDown = false;
  await runDurableObjectAlarm(stub());
  await expect.poll(() => told).toMatchObject([{ state: "dead" }]);
  await expect.poll(rowCount).toBe(0);
});

describe("an outbox that is full", () => {
  const long = "x".repeat(1_000_000);

  it("takes no more until something of it has ended, also in the next incarnation; what it has is known", async () => {
    platform(() => refusal(401));
    const first = replyOf({ text: long });
    await bots.reply(ACCOUNT, first);
    while ((await weight()) < MAX_KEPT_CHARACTERS) await bots.reply(ACCOUNT, replyOf({ text: long }));
    await expect(bots.reply(ACCOUNT, replyOf())).rejects.toThrow("full: 34 answers of this account wait");
    expect(await bots.reply(ACCOUNT, first)).toEqual({ verdict: "kept" });
    await evictDurableObject(stub());
    await expect(bots.reply(ACCOUNT, replyOf())).rejects.toThrow("full");
    laterBy(90_000_000);
    // Whose call is out meanwhile does not end with the others.
    await expect.poll(() => runDurableObjectAlarm(stub()).then(weight)).toBe(0);
    expect(await bots.reply(ACCOUNT, replyOf())).toEqual({ verdict: "kept" });
  });

  const weight = () => runInDurableObject(stub(), (bot: Bot) => bot.rows.characters);
});

it("a presence is a courtesy: shown without a row, skipped when nothing may be said, and its failure is nobody's", async () => {
  const said = platform((words) => (words === "(presence)" ? refusal(500) : undefined));
  const rows = () => runInDurableObject(stub(), (bot: Bot) => bot.storage.rowsWritten + bot.rows.rowsWritten + bot.clock.rows);
  const before = await rows();
  await bots.present(ACCOUNT, { chat, messageId: "9" });
  await expect.poll(() => said).toEqual(["(presence)"]);
  expect(await rows()).toBe(before);
  await outboundOf(env).penalize(ACCOUNT, { pace: { bot: { perMinute: 60, burst: 1 } }, retryAfterMs: 60_000 });
  await bots.present(ACCOUNT, { chat, messageId: "9" });
  await bots.present("telegram:nobody", { chat, messageId: "9" });
  expect(said).toEqual(["(presence)"]);
});

it("an account that is not there is refused by name", async () => {
  await expect(bots.reply("telegram:nobody", replyOf())).rejects.toThrow("no account is called telegram:nobody");
});

it("the budget of the healthy path: at most 4 rows and 1 request an answer, its statuses aside", async () => {
  const said = platform();
  const cost = () =>
    runInDurableObject(stub(), (bot: Bot) => ({
      rows: bot.storage.rowsWritten + bot.rows.rowsWritten + bot.clock.rows,
      requests: bot.requests,
    }));
  await bots.reply(ACCOUNT, replyOf({ chat: { ...chat, id: "0" } }));
  const before = await cost();
  for (let index = 1; index <= 100; index += 1) {
    await bots.reply(ACCOUNT, replyOf({ chat: { ...chat, id: `${index}` } }));
    await expect.poll(() => said.length, { interval: 2 }).toBe(index + 1);
  }
  await expect.poll(async () => (await cost()).rows - before.rows).toBeGreaterThanOrEqual(200);
  await expect.poll(takenCount).toBe(101);
  laterBy(61_000);
  await runDurableObjectAlarm(stub());
  await expect.poll(() => told.length).toBe(101);
  // Told, but not heard of that by the outbox yet, is told again, and goes a little later.
  await expect
    .poll(async () => {
      laterBy(66_000);
      await runDurableObjectAlarm(stub());
      return rowCount();
    })
    .toBe(0);
  const after = await cost();
  expect((after.rows - before.rows) / 100).toBeLessThanOrEqual(4);
  expect((after.requests - before.requests) / 100).toBeLessThanOrEqual(1.1);
});
