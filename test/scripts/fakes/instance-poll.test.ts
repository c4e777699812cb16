/** The stand-in gateway in its default mode: what it asks for, when it confirms, and what it knows after a kill. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answerJson, listen, readBody, type Service } from "../../../scripts/fakes/http-service.ts";
import { type Instance, type InstanceOptions, startInstance } from "../../../scripts/fakes/instance.ts";
import type { TurnFacts } from "../../../scripts/fakes/instance-turns.ts";
import { messageUpdate, type Said } from "../../../scripts/fakes/telegram-updates.ts";

const TOKEN = "4242:AAE-test_token";

interface Call {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A server of the Bot API with the updates a test puts there: a question waits until one is due, and confirms what is below its offset. */
interface BotApi extends Service {
  readonly calls: Call[];
  readonly waiting: () => number;
  readonly put: (...updates: readonly { readonly update_id: number }[]) => void;
  /** What the next questions are answered with instead. */
  readonly refusals: { readonly status: number; readonly retryAfter?: number }[];
  /** So many answers to messages break off after their head. */
  cuts: number;
  /** Called with each offset, before the question is answered. */
  onOffset: (offset: number) => void;
  readonly texts: () => readonly string[];
}

async function startApi(): Promise<BotApi> {
  const calls: Call[] = [];
  const refusals: BotApi["refusals"] = [];
  let updates: readonly { readonly update_id: number }[] = [];
  let waiting: { readonly response: ServerResponse; readonly offset: number }[] = [];
  const answer = (response: ServerResponse, result: unknown) => answerJson(response, 200, { ok: true, result });
  const settle = (): void => {
    waiting = waiting.filter(({ response, offset }) => {
      const due = updates.filter((update) => update.update_id >= offset);
      if (due.length > 0 && !response.destroyed) answer(response, due);
      return due.length === 0 && !response.destroyed;
    });
  };
  const service = await listen(0, async (request, response, { pathname }) => {
    const method = pathname.split("/").at(-1) ?? "";
    const params = JSON.parse((await readBody(request, 1_000_000))?.toString("utf8") ?? "{}");
    calls.push({ method, params });
    if (method === "sendMessage" && api.cuts > 0) {
      api.cuts -= 1;
      response.writeHead(200, { "content-length": 100 }).write('{"ok":true');
      return void setTimeout(() => response.destroy(), 50);
    }
    if (method !== "getUpdates") return answer(response, true);
    api.onOffset(params.offset);
    const refusal = refusals.shift();
    if (refusal !== undefined) {
      const parameters = refusal.retryAfter === undefined ? {} : { parameters: { retry_after: refusal.retryAfter } };
      return answerJson(response, refusal.status, { ok: false, error_code: refusal.status, description: "no", ...parameters });
    }
    updates = updates.filter((update) => update.update_id >= params.offset);
    waiting.push({ response, offset: params.offset });
    response.once("close", settle);
    settle();
  });
  const api: BotApi = {
    ...service,
    calls,
    refusals,
    cuts: 0,
    waiting: () => waiting.length,
    put: (...more) => {
      updates = [...updates, ...more];
      settle();
    },
    onOffset: () => undefined,
    texts: () => calls.filter(({ method }) => method === "sendMessage").map(({ params }) => String(params["text"])),
  };
  return api;
}

let api: BotApi;
let instances: Instance[];
let children: ChildProcess[];
let stateFile: string;

beforeEach(async () => {
  api = await startApi();
  instances = [];
  children = [];
  stateFile = join(mkdtempSync(join(tmpdir(), "clawedge-poll-test-")), "queue.jsonl");
});

afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(instances.map((instance) => instance.stop()));
  await api.close();
});

const replyText = ({ turn, text }: TurnFacts): string => `${turn}:${text}`;

async function start(options: Partial<InstanceOptions> = {}): Promise<Instance> {
  const instance = await startInstance({ name: "eu-3", poll: true, token: TOKEN, apiRoot: api.url, stateFile, replyText, ...options });
  instances.push(instance);
  return instance;
}

let messageId = 0;
const update = (updateId: number, said: Omit<Said, "updateId">) =>
  messageUpdate({ ...said, updateId }, { nextUpdateId: () => updateId, nextMessageId: () => (messageId += 1), nowMs: Date.now });

const offsets = (): readonly unknown[] => api.calls.filter(({ method }) => method === "getUpdates").map(({ params }) => params["offset"]);

test("it starts as a gateway does, listens nowhere, and waits for updates", async () => {
  const instance = await start();
  await expect.poll(api.waiting).toBe(1);
  expect(api.calls.map(({ method }) => method)).toEqual(["getMe", "deleteWebhook", "deleteMyCommands", "getUpdates"]);
  expect(api.calls.at(-1)?.params).toMatchObject({ offset: 0, timeout: 30, allowed_updates: expect.arrayContaining(["message"]) });
  expect(instance.listenerUrl).toBe("");
  expect(instance.polls()).toMatchObject({ answered: 0, offset: 0, isAsking: true });
});

test("what it was given is on disk before the next question confirms it, and is answered in order", async () => {
  const inFile: boolean[] = [];
  api.onOffset = (offset) => {
    if (offset > 0) inFile.push(readFileSync(stateFile, "utf8").includes(`"updateId":${offset - 1}`));
  };
  const { polls, counts } = await start();
  api.put(update(7, { chat: 42, text: "a" }), update(8, { chat: 42, text: "b" }));
  await expect.poll(api.texts).toEqual(["1:a", "2:b"]);
  api.put(update(9, { chat: 43, text: "c" }));
  await expect.poll(offsets).toEqual([0, 9, 10]);
  expect(inFile).toEqual([true, true]);
  await expect.poll(() => counts().answered).toBe(3);
  expect(polls()).toMatchObject({ answered: 2, updates: 3, ignored: 0, offset: 10 });
});

test("409, 5xx and a token that is refused are asked again, and Retry-After is waited for", async () => {
  api.refusals.push({ status: 409 }, { status: 502 }, { status: 401 }, { status: 429, retryAfter: 0 });
  const { polls } = await start();
  api.put(update(1, { chat: 42, text: "a" }));
  await expect.poll(api.texts).toEqual(["1:a"]);
  expect(polls()).toMatchObject({ conflicts: 1, failures: 3, updates: 1 });
});

test("over a restart it goes on where it was, and does not take again what is below", async () => {
  const first = await start();
  api.put(update(5, { chat: 42, text: "a" }));
  await expect.poll(() => first.counts().answered).toBe(1);
  await expect.poll(() => first.polls()?.offset).toBe(6);
  await instances.pop()?.stop();
  const second = await start();
  await expect.poll(offsets).toEqual([0, 6, 6]);
  expect(second.polls()?.offset).toBe(6);
});

test("the same message under another id is stored once, and its id confirmed", async () => {
  const { polls, counts } = await start();
  const once = update(5, { chat: 42, text: "a" });
  api.put(once);
  await expect.poll(offsets).toEqual([0, 6]);
  api.put({ ...once, update_id: 6 }, update(7, { chat: 42, text: "b" }));
  await expect.poll(api.texts).toEqual(["1:a", "2:b"]);
  expect(polls()).toMatchObject({ offset: 8, ignored: 0 });
  expect(counts()).toMatchObject({ received: 3, repeated: 1, accepted: 2 });
});

test("an answer that breaks off is no refusal: it says the same again, and nothing else", async () => {
  api.cuts = 1;
  const instance = await start();
  api.put(update(10, { chat: 7, text: "one" }));
  await expect.poll(() => instance.counts().answered).toBe(1);
  api.put(update(11, { chat: 7, text: "two" }));
  await expect.poll(api.texts).toEqual(["1:one", "1:one", "2:two"]);
});

test("an update below its offset is ignored: a server that forgets offsets makes it answer nothing twice", async () => {
  const stubborn = await listen(0, async (request, response, { pathname }) => {
    await readBody(request, 1_000_000);
    const result = pathname.endsWith("getUpdates") ? [update(3, { chat: 42, text: "again" })] : true;
    setTimeout(() => answerJson(response, 200, { ok: true, result }), 5);
  });
  const { polls, counts } = await start({ apiRoot: stubborn.url });
  await expect.poll(() => polls()?.ignored ?? 0).toBeGreaterThan(2);
  expect(counts()).toMatchObject({ received: 1, accepted: 1 });
  await stubborn.close();
});

test("fault deaf: it gives up the question it waits with and asks no more, until the fault ends", async () => {
  const { setFault, polls } = await start();
  await expect.poll(api.waiting).toBe(1);
  await setFault({ kind: "deaf" });
  await expect.poll(api.waiting).toBe(0);
  api.put(update(1, { chat: 42, text: "a" }));
  const asked = offsets().length;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([offsets().length, polls()?.isAsking]).toEqual([asked, false]);
  await setFault(undefined);
  await expect.poll(api.texts).toEqual(["1:a"]);
});

test("faults of a listener mean nothing to it, nor its own to one that listens", async () => {
  const poller = await start();
  await expect(poller.setFault({ kind: "refuse" })).rejects.toThrow("polls");
  const listener = await startInstance({ name: "eu-1", secret: "s", token: TOKEN, apiRoot: api.url });
  instances.push(listener);
  await expect(listener.setFault({ kind: "deaf" })).rejects.toThrow("listens");
});

test("killed with an update in hand, it answers it once after the restart, and its state says how it polls", async () => {
  const args = ["--name", "killed", "--poll", "true", "--token", TOKEN, "--api-root", api.url, "--state", stateFile];
  const child = spawn(process.execPath, ["scripts/fakes/main-instance.ts", ...args, "--think-ms", "60000"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const line = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once("line", resolve));
  const { pid, url } = JSON.parse(line);
  api.put(update(1, { chat: 42, text: "survives" }));
  await expect.poll(offsets).toEqual([0, 2]);
  const state = await (await fetch(`${url}/__control/state`)).json();
  expect(state).toMatchObject({ accepted: 1, answered: 0, polls: { updates: 1, offset: 2, isAsking: true } });
  process.kill(pid, "SIGKILL");
  expect(api.texts()).toEqual([]);

  await start();
  await expect.poll(api.texts).toEqual(["1:survives"]);
  await expect.poll(offsets).toEqual([0, 2, 2]);
});
