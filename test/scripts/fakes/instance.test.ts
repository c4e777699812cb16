/** The OpenClaw-shaped stand-in keeps to what a real gateway was seen to do at its edges. */
import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Instance, type InstanceOptions, startInstance } from "../../../scripts/fakes/instance.ts";
import { openQueue } from "../../../scripts/fakes/instance-queue.ts";
import { startTelegramApi, type TelegramApi } from "../../../scripts/fakes/telegram-api.ts";
import { messageUpdate, type Said } from "../../../scripts/fakes/telegram-updates.ts";

const TOKEN = "4242:AAE-test_token";
/** How long a test waits for an answer, and for one that must not come. */
const PATIENCE_MS = { sure: 30_000, vain: 2_000 };
const SECRET = "listener-secret";

let api: TelegramApi;
let instances: Instance[];
let children: ChildProcess[];

beforeEach(async () => {
  api = await startTelegramApi({ tokens: [TOKEN] });
  instances = [];
  children = [];
});

afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(instances.map((instance) => instance.stop()));
  await api.stop();
});

async function start(options: Partial<InstanceOptions> = {}): Promise<Instance> {
  const instance = await startInstance({ name: "support-eu-1", secret: SECRET, token: TOKEN, apiRoot: api.url, ...options });
  instances.push(instance);
  return instance;
}

const update = (said: Said): object => messageUpdate(said, api.ids);

const post = (url: string, body: object | string, secret = SECRET, withinMs = PATIENCE_MS.sure): Promise<Response> =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "x-telegram-bot-api-secret-token": secret },
    body: typeof body === "string" ? body : JSON.stringify(body),
    redirect: "manual",
    signal: AbortSignal.timeout(withinMs),
  });

const texts = (chat: number): readonly string[] => api.sent(chat).map(({ text }) => text);

test("an update is accepted with the marker and an empty body, and answered through the API", async () => {
  const { listenerUrl } = await start();
  const response = await post(listenerUrl, update({ chat: 42, text: "hello <b>" }));
  expect(response.status).toBe(200);
  expect(response.headers.get("x-openclaw-delivery-accepted")).toBe("durable");
  expect(await response.text()).toBe("");
  await expect.poll(() => texts(42)).toEqual(['[support-eu-1] turn 1: you said "hello <b>"']);
  const chatCalls = api.calls().filter((call) => call.params["chat_id"] === "42");
  expect(chatCalls.map((call) => call.method)).toEqual(["sendChatAction", "sendMessage"]);
});

test("turns are counted per chat and per topic, and answered in order", async () => {
  const { listenerUrl } = await start({ replyText: ({ turn, text }) => `${turn}:${text}`, thinkMs: 5 });
  for (const text of ["a", "b"]) await post(listenerUrl, update({ chat: 42, text }));
  await post(listenerUrl, update({ chat: -100123, topic: 5, text: "t5" }));
  await post(listenerUrl, update({ chat: -100123, topic: 6, text: "t6" }));
  await expect.poll(() => texts(42)).toEqual(["1:a", "2:b"]);
  await expect
    .poll(() =>
      api
        .sent(-100123)
        .map(({ threadId, text }) => `${threadId}/${text}`)
        .sort(),
    )
    .toEqual(["5/1:t5", "6/1:t6"]);
});

test("a repeat, by update or by message, is accepted again and answered once", async () => {
  const { listenerUrl, counts } = await start();
  const once = update({ chat: 42, text: "x", messageId: 7 });
  await post(listenerUrl, once);
  expect((await post(listenerUrl, once)).headers.get("x-openclaw-delivery-accepted")).toBe("durable");
  await post(listenerUrl, update({ chat: 42, text: "x", messageId: 7 }));
  await post(listenerUrl, update({ chat: 42, text: "last" }));
  await expect.poll(() => texts(42)).toHaveLength(2);
  expect(counts()).toMatchObject({ received: 4, repeated: 2, accepted: 2 });
});

test.each([
  ["a wrong secret", "x", "wrong", 401],
  ["what is not JSON", "{", SECRET, 400],
  ["what is no update", "{}", SECRET, 400],
  ["a body over 1 MiB", " ".repeat(1024 * 1024 + 1), SECRET, 413],
])("%s is refused and not stored", async (_, body, secret, expected) => {
  const { listenerUrl, counts } = await start();
  expect((await post(listenerUrl, body, secret)).status).toBe(expected);
  expect(counts().accepted).toBe(0);
});

test("it claims the bot at start, as a real gateway does", async () => {
  const { listenerUrl } = await start();
  await expect.poll(() => api.calls().map((call) => call.method)).toEqual(["getMe", "getMe", "setWebhook", "deleteMyCommands"]);
  expect(api.bots.get(TOKEN)?.webhook).toMatchObject({ url: listenerUrl, secret: SECRET });
});

test("the probes answer in a gateway's words", async () => {
  const { url, listenerUrl, setStarted } = await start();
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ ok: true, status: "live" });
  expect(await (await fetch(`${url}/startupz`)).json()).toMatchObject({ ok: true, status: "started" });
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ ready: true });
  expect(await (await fetch(new URL("/healthz", listenerUrl))).text()).toBe("ok");
  setStarted(false);
  expect((await fetch(`${url}/startupz`)).status).toBe(503);
});

test("after a refused answer it says so at the next message, and a 429 it waits out", async () => {
  const { listenerUrl } = await start({ replyText: ({ text }) => text });
  api.fail({ method: "sendMessage", status: 403, description: "Forbidden: bot was blocked by the user" });
  await post(listenerUrl, update({ chat: 42, text: "first" }));
  await expect.poll(() => api.calls().filter((call) => call.status === 403)).toHaveLength(1);
  await post(listenerUrl, update({ chat: 42, text: "second" }));
  await expect.poll(() => texts(42)).toEqual([expect.stringContaining("couldn't confirm"), "second"]);
  api.fail({ method: "sendMessage", retryAfter: 1 });
  await post(listenerUrl, update({ chat: 43, text: "third" }));
  await expect.poll(() => texts(43)).toEqual(["third"]);
});

test.each([
  [
    "status",
    { kind: "status", status: 503, retryAfter: 1 } as const,
    (answer: Response) => [answer.status, answer.headers.get("retry-after")],
    [503, "1"],
  ],
  ["redirect", { kind: "redirect" } as const, (answer: Response) => [answer.status], [307]],
  [
    "garbage",
    { kind: "garbage" } as const,
    (answer: Response) => [answer.status, answer.headers.get("x-openclaw-delivery-accepted")],
    [200, null],
  ],
  [
    "unmarked",
    { kind: "unmarked" } as const,
    (answer: Response) => [answer.status, answer.headers.get("x-openclaw-delivery-accepted")],
    [200, null],
  ],
])("fault %s answers as it says, and ends with `times`", async (_, fault, read, expected) => {
  const { listenerUrl, setFault } = await start();
  await setFault({ ...fault, times: 1 });
  expect(read(await post(listenerUrl, update({ chat: 1, text: "x" })))).toEqual(expected);
  expect((await post(listenerUrl, update({ chat: 1, text: "y" }))).headers.get("x-openclaw-delivery-accepted")).toBe("durable");
});

test.each(["refuse", "hang", "mute", "reset"] as const)("fault %s gives no answer; only mute stores the update", async (kind) => {
  const { listenerUrl, setFault, counts } = await start();
  await setFault({ kind });
  await expect(post(listenerUrl, update({ chat: 1, text: "x" }), SECRET, PATIENCE_MS.vain)).rejects.toThrow();
  expect(counts().accepted).toBe(kind === "mute" ? 1 : 0);
  await setFault(undefined);
  expect((await post(listenerUrl, update({ chat: 1, text: "y" }))).status).toBe(200);
});

test("fault endless never finishes its body", async () => {
  const { listenerUrl, setFault } = await start();
  await setFault({ kind: "endless" });
  const response = await post(listenerUrl, update({ chat: 1, text: "x" }), SECRET, PATIENCE_MS.vain);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
});

test("killed with an accepted update in hand, it answers it once after the restart", async () => {
  const stateFile = join(mkdtempSync(join(tmpdir(), "clawedge-instance-test-")), "queue.jsonl");
  const args = [
    "scripts/fakes/main-instance.ts",
    "--name",
    "killed",
    "--secret",
    SECRET,
    "--token",
    TOKEN,
    "--api-root",
    api.url,
    "--state",
    stateFile,
  ];
  const child = spawn(process.execPath, [...args, "--think-ms", "60000"], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const line = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once("line", resolve));
  const { pid, listenerUrl } = JSON.parse(line);
  await post(listenerUrl, update({ chat: 42, text: "survives" }));
  process.kill(pid, "SIGKILL");
  expect(texts(42)).toEqual([]);

  const { listenerUrl: restarted } = await start({ stateFile, replyText: ({ turn, text }) => `${turn}:${text}` });
  await expect.poll(() => texts(42)).toEqual(["1:survives"]);
  await post(restarted, update({ chat: 42, text: "next" }));
  await expect.poll(() => texts(42)).toEqual(["1:survives", "2:next"]);
});

test("a line that a kill cut short is forgotten, and the file stays readable", async () => {
  const stateFile = join(mkdtempSync(join(tmpdir(), "clawedge-queue-")), "queue.jsonl");
  const entry = { updateId: 1, messageKey: "1:1", session: "1", chatId: 1, text: "x" };
  const first = openQueue(stateFile);
  await first.accept(entry);
  await first.close();
  appendFileSync(stateFile, '{"fact":"accepted","entry":{"updateId":2,');
  const second = openQueue(stateFile);
  await second.accept({ ...entry, updateId: 3, messageKey: "1:3" });
  await second.close();
  const third = openQueue(stateFile);
  expect(third.unanswered.map(([each, turn]) => [each.updateId, turn])).toEqual([
    [1, 1],
    [3, 2],
  ]);
  await third.close();
});
