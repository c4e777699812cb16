import { reset } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { botDesk } from "../../../durable-objects/bot/stub.ts";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import type { LogLine } from "../../../src/core/log-line.ts";
import type { SpeakVerdict } from "../../../src/ports/conversations.ts";
import { egressApp } from "../../../workers/egress/app.ts";
import { egressDeps } from "../../../workers/egress/deps.ts";
import { fakePlatform, ok } from "../../support/fake-platform.ts";
import { validDocument } from "../../support/routes-document.ts";

const env = workerEnv as unknown as Env & { readonly TG_TOKEN: string };
const ACCOUNT = "telegram:support";
const REAL = "https://telegram.test/bot123456789:AAF-real_token_of_the_bot_0123456789";

const log: LogLine[] = [];
const speaks: string[] = [];
let verdict: SpeakVerdict;
/** What asking the conversation comes to instead. */
let fails: Error | undefined;
let requests = 0;
let token: string;

/** The real objects, except for the conversation: its verdict is the test's. Requests to objects are counted. */
const app = egressApp((bindings: Env) => {
  const deps = egressDeps(bindings);
  const counted = <Args extends unknown[], Reply>(call: (...args: Args) => Reply) => {
    return (...args: Args): Reply => {
      requests += 1;
      return call(...args);
    };
  };
  const speak = counted(async ({ key }: { readonly key: string }) => {
    speaks.push(key);
    if (fails !== undefined) throw fails;
    return verdict;
  });
  const { permit, penalize, suppressed } = deps.outbound;
  const outbound = { permit: counted(permit), penalize: counted(penalize), suppressed: counted(suppressed) };
  const conversations = {
    ...deps.conversations,
    speak,
    move: async ({ key }: { key: string }, to: { key: string }) => void speaks.push(`${key} moves to ${to.key}`),
  };
  return { ...deps, conversations, outbound, log: { write: (line) => void log.push(line) } };
});

interface Call {
  readonly body?: BodyInit;
  readonly type?: string;
  readonly headers?: Record<string, string>;
  readonly token?: string;
  readonly instance?: string;
  readonly file?: boolean;
}

async function call(method: string, bent: Call = {}): Promise<Response> {
  const { body, type } = bent;
  const path = `${bent.file === true ? "file/" : ""}bot${bent.token ?? token}/${method}`;
  const url = `https://edge.test/egress/telegram/support/${bent.instance ?? "eu-1"}/${path}`;
  const headers = { ...(type === undefined ? {} : { "content-type": type }), ...bent.headers };
  return app.fetch(
    new Request(url, { method: body === undefined ? "GET" : "POST", headers, ...(body === undefined ? {} : { body }) }),
    env,
  );
}

const json = (value: unknown): Call => ({ body: JSON.stringify(value), type: "application/json" });
const hello = json({ chat_id: 777, text: "hello" });

async function issue(instance = "eu-1"): Promise<string> {
  const issued = await botDesk(env).issueToken(ACCOUNT, instance);
  if (!issued.ok) throw new Error(issued.problem.detail);
  return issued.value;
}

beforeEach(async () => {
  verdict = { verdict: "owner", epoch: 3 };
  fails = undefined;
  for (const list of [log, speaks]) list.length = 0;
  expect((await configOf(env).push(JSON.stringify(validDocument))).status).toBe("accepted");
  token = await issue();
  requests = 0;
});

afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
});

it("an owner's message reaches the platform under the real token, and its answer the owner", async () => {
  const platform = fakePlatform(() => ok({ message_id: 5 }));
  const answer = await call("sendMessage", hello);
  expect([answer.status, await answer.json()]).toEqual([200, { ok: true, result: { message_id: 5 } }]);
  expect(platform).toMatchObject([{ method: "POST", url: `${REAL}/sendMessage`, text: hello.body }]);
  expect(speaks).toEqual(["telegram:support/chat/777"]);
  expect(log).toMatchObject([
    {
      event: "egress.sent",
      account: ACCOUNT,
      conversation: "telegram:support/chat/777",
      instance: "eu-1",
      method: "sendMessage",
      class: "send",
      status: 200,
      epoch: 3,
      waitMs: 0,
    },
  ]);
});

const form = new URLSearchParams({ chat_id: "777", text: "hello" });
const multipart = () => {
  const data = new FormData();
  data.set("chat_id", "777");
  data.set("document", new File(["small"], "a.bin"));
  return data;
};

it.each([
  ["JSON", () => hello],
  ["a form", () => ({ body: form.toString(), type: "application/x-www-form-urlencoded" })],
  ["multipart", () => ({ body: multipart() })],
])("the chat is found in %s", async (_name, bent) => {
  const platform = fakePlatform();
  expect((await call("sendDocument", bent())).status).toBe(200);
  expect(speaks).toEqual(["telegram:support/chat/777"]);
  expect(platform).toHaveLength(1);
});

it("the chat is found in the query of a GET", async () => {
  const platform = fakePlatform();
  expect((await call("sendMessage?chat_id=777&text=hello%20you")).status).toBe(200);
  expect(platform).toMatchObject([{ method: "GET", url: `${REAL}/sendMessage?chat_id=777&text=hello%20you` }]);
});

it("who is not the owner is answered as if it had spoken, and nothing reaches the platform", async () => {
  verdict = { verdict: "suppressed", owner: "us-1" };
  const platform = fakePlatform();
  const answer = await call("sendMessage", hello);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ ok: true, result: { message_id: expect.any(Number), chat: { id: 777 } } });
  expect(platform).toEqual([]);
  expect(log).toMatchObject([{ event: "egress.suppressed", owner: "us-1", instance: "eu-1" }]);
  expect(await botDesk(env).readMetrics(ACCOUNT)).toMatchObject({ [`suppressed_total{account="${ACCOUNT}",instance="eu-1"}`]: 1 });
});

it.each(["setWebhook", "deleteWebhook", "setMyCommands", "deleteMyCommands", "logOut", "close"])(
  "%s is held at the edge",
  async (method) => {
    const platform = fakePlatform();
    const answer = await call(method, json({ url: "https://instance.test" }));
    expect([answer.status, await answer.json()]).toEqual([200, { ok: true, result: true }]);
    expect(platform).toEqual([]);
  },
);

it("getUpdates is a conflict, in the platform's words", async () => {
  expect(await (await call("getUpdates")).json()).toMatchObject({
    ok: false,
    error_code: 409,
    description: expect.stringMatching(/^Conflict/),
  });
});

it.each([
  ["a wrong token", { token: `123456789:${"A".repeat(35)}` }],
  ["another instance's token", { instance: "us-1" }],
  ["the real token", { token: "123456789:AAF-real_token_of_the_bot_0123456789" }],
  ["an instance that is not there", { instance: "nobody" }],
])("%s is 401 in the platform's shape", async (_name, bent) => {
  const platform = fakePlatform();
  const answer = await call("getMe", bent);
  expect([answer.status, await answer.json()]).toEqual([401, { ok: false, error_code: 401, description: "Unauthorized" }]);
  expect(platform).toEqual([]);
});

it("a revoked token is 401 from then on, and the next one works", async () => {
  fakePlatform();
  const next = await botDesk(env).revokeToken(ACCOUNT, "eu-1");
  expect((await call("getMe")).status).toBe(401);
  expect((await call("getMe", { token: next.ok ? next.value : "" })).status).toBe(200);
});

it("429 is passed on, and the chat's next message waits for as long", async () => {
  const answers = [
    Response.json({ ok: false, error_code: 429, parameters: { retry_after: 3 } }, { status: 429, headers: { "retry-after": "3" } }),
    ok(true),
  ];
  fakePlatform(() => answers.shift() ?? ok(true));
  const refused = await call("sendMessage", hello);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "3"]);
  await call("sendMessage", hello);
  const [, second] = log.filter(({ event }) => event === "egress.sent");
  expect(second?.["waitMs"]).toBeGreaterThan(500);
});

it("a pause longer than a request may last is answered at the edge", async () => {
  const platform = fakePlatform(() => Response.json({ ok: false, error_code: 429, parameters: { retry_after: 60 } }, { status: 429 }));
  await call("sendMessage", hello);
  const answer = await call("sendMessage", hello);
  expect([answer.status, Number(answer.headers.get("retry-after"))]).toEqual([429, expect.closeTo(60, -1)]);
  expect(await answer.json()).toMatchObject({ ok: false, error_code: 429, parameters: { retry_after: expect.any(Number) } });
  expect(platform).toHaveLength(1);
});

it("a chat that lives on elsewhere takes its conversation along", async () => {
  fakePlatform(() => Response.json({ ok: false, error_code: 400, parameters: { migrate_to_chat_id: -1001 } }, { status: 400 }));
  await call("sendMessage", json({ chat_id: -5, text: "x" }));
  expect(speaks).toContain("telegram:support/chat/-5 moves to telegram:support/chat/-1001");
});

it("the real token is taken out of what a platform says, and stands in no log line", async () => {
  fakePlatform(({ url }) => Response.json({ ok: false, description: `no such path: ${url}` }, { status: 404 }));
  const answer = await call("sendMessage", hello);
  expect(answer.status).toBe(404);
  expect(await answer.text()).not.toContain("AAF-real");
  expect(JSON.stringify(log)).not.toContain("AAF-real");
});

it("an exception that names the token stays here", async () => {
  fakePlatform(({ url }) => Promise.reject(new Error(`connect to ${url} failed`)));
  const answer = await call("sendMessage", hello);
  expect([answer.status, await answer.json()]).toMatchObject([502, { ok: false, error_code: 502 }]);
  expect(answer.headers.get("retry-after")).toBe("5");
  expect(log).toMatchObject([{ event: "egress.failed", method: "sendMessage" }]);
  expect(JSON.stringify(log)).not.toContain("AAF-real");
});

it("a conversation that cannot be asked lets nothing through, and the gateway is told when to try again", async () => {
  const platform = fakePlatform();
  fails = new Error("the object is overloaded");
  const answer = await call("sendMessage", hello);
  const said = { ok: false, error_code: 502, description: "Bad Gateway", parameters: { retry_after: 5 } };
  expect([answer.status, answer.headers.get("retry-after"), await answer.json()]).toEqual([502, "5", said]);
  expect(platform).toEqual([]);
  expect(log).toMatchObject([{ event: "egress.failed", detail: "Error: the object is overloaded" }]);
});

it("a redirect is not followed and not passed on", async () => {
  fakePlatform(() => new Response(null, { status: 302, headers: { location: "https://elsewhere.test/" } }));
  const answer = await call("sendMessage", hello);
  expect([answer.status, answer.headers.get("location")]).toEqual([502, null]);
});

it("an endless error is not read to its end", async () => {
  const endless = new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(32 * 1024)) });
  fakePlatform(() => new Response(endless, { status: 500 }));
  const answer = await call("sendMessage", hello);
  expect([answer.status, await answer.json()]).toMatchObject([500, { ok: false, error_code: 500 }]);
});

it("of the instance's headers the platform sees what the body is, and nothing about who sent it", async () => {
  const platform = fakePlatform();
  await call("sendMessage", {
    ...hello,
    headers: { authorization: "Bearer x", cookie: "a=b", "x-forwarded-for": "10.0.0.1", "cf-connecting-ip": "10.0.0.1" },
  });
  const names = [...(platform[0]?.headers.keys() ?? [])].filter((name) => name !== "content-length");
  expect(names).toEqual(["content-type"]);
});

it("of the platform's headers the instance sees only what it needs", async () => {
  fakePlatform(() => new Response("{}", { headers: { "content-type": "application/json", "set-cookie": "a=b", server: "nginx" } }));
  const answer = await call("getMe");
  expect([answer.headers.get("content-type"), answer.headers.get("set-cookie"), answer.headers.get("server")]).toEqual([
    "application/json",
    null,
    null,
  ]);
});

const MEBIBYTES = 20;

const upload = (): { readonly body: ReadableStream<Uint8Array>; readonly length: number } => {
  const head = new TextEncoder().encode(
    '--b\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n777\r\n--b\r\nContent-Disposition: form-data; name="document"; filename="a.bin"\r\n\r\n',
  );
  const tail = new TextEncoder().encode("\r\n--b--\r\n");
  let left = MEBIBYTES * 16;
  const body = new ReadableStream<Uint8Array>({
    start: (to) => to.enqueue(head),
    pull: (to) => {
      left -= 1;
      to.enqueue(left >= 0 ? new Uint8Array(64 * 1024) : tail);
      if (left < 0) to.close();
    },
  });
  return { body, length: head.length + MEBIBYTES * 1024 * 1024 + tail.length };
};

it("20 MiB go up in pieces, every byte of them", async () => {
  const platform = fakePlatform();
  const { body, length } = upload();
  const type = "multipart/form-data; boundary=b";
  const answer = await call("sendDocument", { body, type, headers: { "content-length": String(length) } });
  expect(answer.status).toBe(200);
  expect(platform).toMatchObject([{ bytes: length }]);
  expect(platform[0]?.largestChunk).toBeLessThan(1024 * 1024);
  expect(speaks).toEqual(["telegram:support/chat/777"]);
});

it("an upload that breaks off before its announced length breaks the call too, and is not passed on as if it were whole", async () => {
  fakePlatform();
  const { body, length } = upload();
  const answer = await call("sendDocument", {
    body,
    type: "multipart/form-data; boundary=b",
    headers: { "content-length": String(length + 1) },
  });
  expect(answer.status).toBe(502);
});

it("20 MiB come down in pieces", async () => {
  let left = MEBIBYTES * 16;
  const file = new ReadableStream<Uint8Array>({
    pull: (to) => {
      left -= 1;
      to.enqueue(new Uint8Array(64 * 1024));
      if (left === 0) to.close();
    },
  });
  const platform = fakePlatform(() => new Response(file, { headers: { "content-type": "application/octet-stream" } }));
  const answer = await call("documents/file_7.bin", { file: true });
  const produced = MEBIBYTES * 16 - left;
  expect(produced).toBeLessThan(64);
  let bytes = 0;
  for await (const chunk of answer.body ?? []) bytes += chunk.byteLength;
  expect(bytes).toBe(MEBIBYTES * 1024 * 1024);
  expect(platform).toMatchObject([
    { url: "https://telegram.test/file/bot123456789:AAF-real_token_of_the_bot_0123456789/documents/file_7.bin" },
  ]);
});

it.each([
  ["sendMessage", hello, 2],
  ["editMessageText", json({ chat_id: 777, message_id: 5, text: "x" }), 2],
  ["sendChatAction", json({ chat_id: 777, action: "typing" }), 1],
  ["getMe", {}, 1],
])("%s asks at most two objects", async (method, bent, most) => {
  fakePlatform();
  await call(method, bent);
  expect(requests).toBe(most);
});

it.each([
  ["another method of HTTP", "PUT", "/egress/telegram/support/eu-1/bot1:x/getMe"],
  ["an unknown channel", "GET", "/egress/nochannel/support/eu-1/bot1:x/getMe"],
  ["no path", "GET", "/egress/telegram/support/eu-1"],
  ["a path that is not the platform's", "GET", "/egress/telegram/support/eu-1/healthz"],
  ["broken escapes", "GET", "/egress/telegram/%E0%A4%A/eu-1/bot1:x/getMe"],
])("%s is 404", async (_name, method, path) => {
  fakePlatform();
  expect((await app.fetch(new Request(`https://edge.test${path}`, { method }), env)).status).toBe(404);
});
