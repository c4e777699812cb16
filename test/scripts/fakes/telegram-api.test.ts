/** The stand-in for Telegram's servers keeps to what the real one is known to do; everything tested through it is only as true as this. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTelegramApi, type TelegramApi } from "../../../scripts/fakes/telegram-api.ts";

const TOKEN = "4242:AAE-test_token";
const OTHER = "4343:AAE-other_token";

let api: TelegramApi;
let closers: (() => void)[];

beforeEach(async () => {
  api = await startTelegramApi({ tokens: [TOKEN, OTHER], secondMs: 20 });
  closers = [];
});

afterEach(async () => {
  await api.stop();
  for (const close of closers) close();
});

interface Hit {
  readonly headers: IncomingMessage["headers"];
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly atMs: number;
}

/** A webhook that answers as told, in order, and then 200. */
async function webhook(answers: ((response: ServerResponse) => void)[] = []): Promise<{ readonly url: string; readonly hits: Hit[] }> {
  const hits: Hit[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    hits.push({ headers: request.headers, rawHeaders: request.rawHeaders, body, atMs: Date.now() });
    (answers.shift() ?? ((ok) => ok.end()))(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/hook`, hits };
}

/** What these tests look at in an answer of the API. */
interface ApiBody {
  readonly description?: string;
  readonly result: {
    readonly url?: string;
    readonly message_id?: number;
    readonly file_path?: string;
    readonly last_error_message?: string;
  };
}

async function call(method: string, params: object, token = TOKEN): Promise<{ status: number; retryAfter: string | null; body: ApiBody }> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(params) };
  const response = await fetch(`${api.url}/bot${token}/${method}`, init);
  return { status: response.status, retryAfter: response.headers.get("retry-after"), body: (await response.json()) as ApiBody };
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(code, headers).end();

test("an unknown token is 401, an unknown method 404", async () => {
  expect(await call("getMe", {}, "1:nobody")).toMatchObject({
    status: 401,
    body: { ok: false, error_code: 401, description: "Unauthorized" },
  });
  expect(await call("sendNonsense", {})).toMatchObject({ status: 404, body: { ok: false } });
});

test("a webhook is remembered, an identical one changes nothing, and a change within a second is 429", async () => {
  const claim = { url: "http://127.0.0.1:9/a", secret_token: "s-1", max_connections: 7, allowed_updates: ["message"] };
  expect((await call("setWebhook", claim)).body).toEqual({ ok: true, result: true, description: "Webhook was set" });
  expect((await call("setWebhook", claim)).body.description).toBe("Webhook is already set");
  expect(await call("setWebhook", { ...claim, url: "http://127.0.0.1:9/b" })).toMatchObject({ status: 429, retryAfter: "1" });
  expect((await call("getWebhookInfo", {})).body.result).toMatchObject({
    url: claim.url,
    max_connections: 7,
    allowed_updates: ["message"],
    pending_update_count: 0,
  });
  await call("deleteWebhook", {});
  expect((await call("getWebhookInfo", {})).body.result.url).toBe("");
});

test("an update goes out with the secret and Telegram's few headers, the id first", async () => {
  const { url, hits } = await webhook();
  await call("setWebhook", { url, secret_token: "s-1" });
  const record = await api.say({ chat: 42, text: "hello" });
  expect(record).toMatchObject({ outcome: "delivered", attempts: [{ status: 200 }], lane: "chat:42" });
  expect(hits[0]?.headers).toMatchObject({ "content-type": "application/json", "x-telegram-bot-api-secret-token": "s-1" });
  expect(hits[0]?.headers["user-agent"]).toBeUndefined();
  expect(hits[0]?.body).toMatch(/^\{"update_id":\d+,\n"message":\{/);
});

test("a lane waits for its head while other lanes go on", async () => {
  const { url, hits } = await webhook([status(500), status(500), status(500)]);
  await call("setWebhook", { url });
  const first = api.say({ chat: 1, text: "one" });
  const second = api.say({ chat: 1, text: "two" });
  await first;
  await Promise.all([second, api.say({ chat: 2, text: "three" })]);
  expect((await first)?.attempts.map((attempt) => attempt.status)).toEqual([500, 500, 500, 200]);
  const texts = hits.map(({ body }) => JSON.parse(body).message.text);
  expect(texts.slice(0, 4)).toEqual(["one", "one", "one", "one"]);
  expect(texts.indexOf("two")).toBe(texts.lastIndexOf("one") + 1);
});

test("all topics of a forum share a lane, button presses have one per person", async () => {
  const { url } = await webhook();
  await call("setWebhook", { url });
  const topic = await api.say({ chat: -100123, text: "a", topic: 5 });
  const other = await api.say({ chat: -100123, text: "b", topic: 6 });
  expect(topic?.lane).toBe(other?.lane);
  const press = { update_id: api.ids.nextUpdateId(), callback_query: { id: "1", from: { id: 9 }, message: { chat: { id: -100123 } } } };
  expect((await api.deliver(press))?.lane).toBe("user:9");
});

test("after a failure it tries at once, then after 2 and 4 seconds", async () => {
  const { url } = await webhook([status(503), status(503), status(503)]);
  await call("setWebhook", { url });
  const record = await api.say({ chat: 1, text: "x" });
  const times = record?.attempts.map((attempt) => attempt.atMs) ?? [];
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(gaps).toHaveLength(3);
  expect(gaps[1]).toBeGreaterThanOrEqual(39);
  expect(gaps[2]).toBeGreaterThanOrEqual(79);
});

test("Retry-After of an error is obeyed", async () => {
  const { url } = await webhook([status(503, { "retry-after": "10" })]);
  await call("setWebhook", { url });
  const [first, second] = (await api.say({ chat: 1, text: "x" }))?.attempts ?? [];
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(199);
});

test("a broken connection is tried again, and getWebhookInfo names the error", async () => {
  const { url } = await webhook([(response) => response.req.socket.resetAndDestroy()]);
  await call("setWebhook", { url });
  expect((await api.say({ chat: 1, text: "x" }))?.attempts.map((attempt) => attempt.status)).toEqual([undefined, 200]);
  expect((await call("getWebhookInfo", {})).body.result.last_error_message).toMatch(/Connection failed/);
});

test("a button press that nobody takes expires after 150 seconds", async () => {
  const { url } = await webhook(Array.from({ length: 50 }, () => status(500)));
  await call("setWebhook", { url });
  const record = await api.deliver({ update_id: api.ids.nextUpdateId(), callback_query: { id: "1", from: { id: 9 } } });
  expect(record?.outcome).toBe("expired");
});

test("no more connections than max_connections are open at once", async () => {
  let open = 0;
  let most = 0;
  const slow = (response: ServerResponse): void => {
    open += 1;
    most = Math.max(most, open);
    // However slow they come: nobody is let go before as many as may be are there.
    const end = (): unknown => {
      if (most < 3) return setTimeout(end, 20);
      open -= 1;
      return response.end();
    };
    setTimeout(end, 20);
  };
  const { url } = await webhook(Array.from({ length: 12 }, () => slow));
  await call("setWebhook", { url, max_connections: 3 });
  await Promise.all(Array.from({ length: 12 }, (_, index) => api.say({ chat: index + 1, text: "x" })));
  expect(most).toBe(3);
});

test("a 2xx body that names a method is executed, and recorded as a violation", async () => {
  const echo = (response: ServerResponse): void =>
    void response.writeHead(200, { "content-type": "application/json" }).end('{"method":"sendMessage","chat_id":42,"text":"echo"}');
  const { url } = await webhook([echo]);
  await call("setWebhook", { url });
  await api.say({ chat: 42, text: "x" });
  expect(api.violations()).toMatchObject([{ method: "sendMessage" }]);
  expect(api.sent(42).map(({ text }) => text)).toEqual(["echo"]);
});

test("an update without a webhook waits for one", async () => {
  const { url, hits } = await webhook();
  expect(await api.say({ chat: 1, text: "early" })).toBeUndefined();
  await call("setWebhook", { url });
  await expect.poll(() => hits.length).toBe(1);
});

test("kinds that were not asked for are not delivered", async () => {
  const { url, hits } = await webhook();
  await call("setWebhook", { url });
  expect(await api.deliver({ update_id: api.ids.nextUpdateId(), message_reaction: { chat: { id: 1 } } })).toBeUndefined();
  expect(hits).toEqual([]);
});

test("sent messages have ids of their own and follow edits and deletions", async () => {
  const first = (await call("sendMessage", { chat_id: "42", text: "a" })).body.result;
  const second = (await call("sendMessage", { chat_id: 42, text: "<b>b</b> &amp; c", parse_mode: "HTML", message_thread_id: 3 })).body
    .result;
  expect(second.message_id).not.toBe(first.message_id);
  await call("editMessageText", { chat_id: 42, message_id: first.message_id, text: "a2" });
  expect(api.sent(42)).toMatchObject([
    { text: "a2", edits: 1 },
    { text: "b & c", threadId: 3 },
  ]);
  await call("deleteMessage", { chat_id: 42, message_id: second.message_id });
  expect(api.sent(42)).toHaveLength(1);
});

test("injected failures come in Telegram's words, for the calls they name", async () => {
  api.fail({ method: "sendMessage", chat: 42, retryAfter: 7 });
  api.fail({ method: "sendMessage", migrateTo: -100500 });
  expect(await call("sendMessage", { chat_id: 42, text: "x" })).toMatchObject({
    status: 429,
    retryAfter: "7",
    body: { description: "Too Many Requests: retry after 7", parameters: { retry_after: 7 } },
  });
  expect(await call("sendMessage", { chat_id: -5, text: "x" })).toMatchObject({
    status: 400,
    body: { parameters: { migrate_to_chat_id: -100500 } },
  });
  expect((await call("sendMessage", { chat_id: 42, text: "x" })).status).toBe(200);
  expect(api.calls().map((each) => each.status)).toEqual([429, 400, 200]);
});

test("an uploaded document is counted and hashed as it passes", async () => {
  const form = new FormData();
  const bytes = new Uint8Array(3 * 1024 * 1024).fill(13);
  form.set("chat_id", "42");
  form.set("caption", "a file\r\nwith lines");
  form.set("document", new Blob([bytes]), "big.bin");
  const response = await fetch(`${api.url}/some/prefix/bot${TOKEN}/sendDocument`, { method: "POST", body: form });
  expect(response.status).toBe(200);
  const digest = Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
  expect(api.sent(42)).toMatchObject([
    { text: "a file\r\nwith lines", files: [{ field: "document", name: "big.bin", bytes: bytes.length, sha256: digest }] },
  ]);
});

test("a file can be downloaded by its path, up to 20 MB", async () => {
  const { result } = (await call("getFile", { file_id: api.addFile(200_001) })).body;
  const file = await fetch(`${api.url}/file/bot${TOKEN}/${result.file_path}`);
  expect((await file.arrayBuffer()).byteLength).toBe(200_001);
  expect((await call("getFile", { file_id: api.addFile(20 * 1024 * 1024 + 1) })).body.description).toBe("Bad Request: file is too big");
});

test("another process steers it by the control paths", async () => {
  const { url, hits } = await webhook();
  await call("setWebhook", { url, secret_token: "right" });
  const say = await fetch(`${api.url}/__control/say`, {
    method: "POST",
    body: JSON.stringify({ chat: 42, text: "/start now", secret: "wrong" }),
  });
  expect(await say.json()).toMatchObject({ outcome: "delivered" });
  expect(hits[0]?.headers["x-telegram-bot-api-secret-token"]).toBe("wrong");
  expect(JSON.parse(hits[0]?.body ?? "").message.entities).toEqual([{ offset: 0, length: 6, type: "bot_command" }]);
  expect((await fetch(`${api.url}/__control/say`, { method: "POST", body: "{}" })).status).toBe(400);
});

test("a token that no bot has is refused, and remembered", async () => {
  expect((await call("getMe", {}, "4242:somebody_elses")).status).toBe(401);
  expect(api.strangers()).toEqual(["4242:somebody_elses"]);
});
