/** The stand-in for Meta's servers keeps to what the real ones are known to do; everything tested through it is only as true as this. */
import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type GraphApi, type GraphOptions, startGraphApi } from "../../../scripts/fakes/graph-api.ts";
import { changedNumber, userIdUpdate } from "../../../scripts/fakes/graph-payload.ts";

const SECRET = "app-secret";
const FIRST = { id: "1001", token: "EAA-first", waba: "waba-1", display: "15550001001" };
const SECOND = { id: "1002", token: "EAA-second", waba: "waba-1", display: "15550001002" };
const THIRD = { id: "2001", token: "EAA-third", waba: "waba-2", display: "15550002001" };
const PERSON = "16505551234";

let apis: GraphApi[];
let closers: (() => void)[];

beforeEach(() => {
  apis = [];
  closers = [];
});

afterEach(async () => {
  await Promise.all(apis.map((api) => api.stop()));
  for (const close of closers) close();
});

async function start(options: Partial<GraphOptions> = {}): Promise<GraphApi> {
  const api = await startGraphApi({ appSecret: SECRET, numbers: [FIRST, SECOND, THIRD], secondMs: 20, ...options });
  apis.push(api);
  return api;
}

interface Hit {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A callback that answers as told, in order, and then 200. */
async function callback(
  answers: ((response: ServerResponse, hit: Hit) => void)[] = [],
): Promise<{ readonly url: string; readonly hits: Hit[] }> {
  const hits: Hit[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? "", "http://callback");
    const hit = { method: request.method ?? "", url, headers: request.headers, body: Buffer.concat(chunks).toString("utf8") };
    hits.push(hit);
    (answers.shift() ?? ((ok) => ok.end()))(response, hit);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/hook?kept=1`, hits };
}

const status = (code: number) => (response: ServerResponse) => void response.writeHead(code).end();
const echo = (response: ServerResponse, { url }: Hit): void => void response.end(url.searchParams.get("hub.challenge"));

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape are compared as a whole
  readonly body: any;
}

async function call(api: GraphApi, path: string, body?: unknown, token = FIRST.token): Promise<Answer> {
  const post = { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) };
  const response = await fetch(`${api.url}${path}`, {
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : post),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const MESSAGES = `/v23.0/${FIRST.id}/messages`;
const text = (words: string, to = PERSON): object => ({ messaging_product: "whatsapp", to, type: "text", text: { body: words } });

test("a text is taken, and answered with its wamid", async () => {
  const api = await start();
  const { status, body } = await call(api, MESSAGES, { ...text("hello"), context: { message_id: "wamid.A" } });
  expect(status).toBe(200);
  expect(body).toEqual({
    messaging_product: "whatsapp",
    contacts: [{ input: PERSON, wa_id: PERSON }],
    messages: [{ id: expect.stringMatching(/^wamid\../) }],
  });
  expect(api.sent(PERSON)).toMatchObject([{ id: body.messages[0].id, number: FIRST.id, by: "to", text: "hello", replyTo: "wamid.A" }]);
});

test("a person without a phone is written to by user id", async () => {
  const api = await start();
  const { body } = await call(api, MESSAGES, { messaging_product: "whatsapp", recipient: "US.123", text: { body: "hi" } });
  expect(body.contacts).toEqual([{ input: "US.123", user_id: "US.123" }]);
  expect(api.sent("US.123")).toMatchObject([{ by: "recipient", type: "text" }]);
});

test("a token that no number has is 401 with Meta's code 190, and remembered", async () => {
  const api = await start();
  const { status, body } = await call(api, MESSAGES, text("x"), "EAA-nobody");
  expect(status).toBe(401);
  expect(body.error).toEqual({
    message: expect.stringContaining("access token"),
    type: "OAuthException",
    code: 190,
    fbtrace_id: expect.any(String),
  });
  expect(api.strangers()).toEqual(["EAA-nobody"]);
});

test("another number's token does not reach this number", async () => {
  const api = await start();
  expect(await call(api, MESSAGES, text("x"), SECOND.token)).toMatchObject({
    status: 400,
    body: { error: { code: 100, error_subcode: 33 } },
  });
  expect(api.sent()).toEqual([]);
});

test.each([
  ["no product", { to: PERSON, text: { body: "x" } }, "The parameter messaging_product is required."],
  ["nobody to write to", { messaging_product: "whatsapp", text: { body: "x" } }, "The parameter to is required."],
  ["an empty text", text(""), "The parameter text['body'] is required."],
  ["a text over 4096", text("x".repeat(4097)), "Param text['body'] must be at most 4096 characters long."],
  ["an unknown type", { ...text("x"), type: "hologram" }, /^Param type must be one of/],
  ["a template without a language", { ...text("x"), type: "template", template: { name: "t" } }, /language/],
  ["buttons without words", { ...text("x"), type: "interactive", interactive: { type: "button" } }, /interactive\['body'\]\['text'\]/],
  ["what is no JSON", "{", /JSON/],
])("%s is refused with code 100", async (_, body, details) => {
  const api = await start();
  const { status, body: answer } = await call(api, MESSAGES, body);
  expect(status).toBe(400);
  expect(answer.error).toMatchObject({ code: 100, error_data: { messaging_product: "whatsapp" } });
  expect(answer.error.error_data.details).toMatch(details);
  expect(api.sent()).toEqual([]);
});

test("a text of exactly 4096, a template and buttons are taken", async () => {
  const api = await start();
  const template = { ...text("x"), type: "template", template: { name: "welcome", language: { code: "en" } } };
  const buttons = { ...text("x"), type: "interactive", interactive: { type: "button", body: { text: "Which?" }, action: {} } };
  for (const body of [text("x".repeat(4096)), template, buttons]) expect((await call(api, MESSAGES, body)).status).toBe(200);
  expect(api.sent().map((sent) => sent.text.slice(0, 10))).toEqual(["xxxxxxxxxx", "welcome", "Which?"]);
});

test("a read mark with typing is success, sends nothing, and is remembered", async () => {
  const api = await start();
  const mark = { messaging_product: "whatsapp", status: "read", message_id: "wamid.X" };
  expect((await call(api, MESSAGES, { ...mark, typing_indicator: { type: "text" } })).body).toEqual({ success: true });
  await call(api, MESSAGES, mark);
  expect((await call(api, MESSAGES, { ...mark, message_id: "X" })).body.error.code).toBe(131009);
  expect(api.reads()).toMatchObject([
    { number: FIRST.id, messageId: "wamid.X", isTyping: true },
    { messageId: "wamid.X", isTyping: false },
  ]);
  expect(api.sent()).toEqual([]);
});

test("a pair has its own pace, with a burst borrowed from the future", async () => {
  const api = await start({ pairPerMs: 60_000, pairBurst: 2 });
  const codes = [];
  for (const to of [PERSON, PERSON, PERSON, "4915112345678"]) codes.push((await call(api, MESSAGES, text("x", to))).body.error?.code);
  expect(codes).toEqual([undefined, undefined, 131056, undefined]);
});

test("outside the window only a template goes, and a person's words open it", async () => {
  const { url } = await callback();
  const api = await start({ windowMs: 60_000 });
  api.setCallback(url);
  const template = { ...text("x"), type: "template", template: { name: "t", language: { code: "en" } } };
  expect((await call(api, MESSAGES, text("x"))).body.error).toMatchObject({ code: 131047, message: "(#131047) Re-engagement message" });
  expect((await call(api, MESSAGES, template)).status).toBe(200);
  await api.say({ from: PERSON, userId: "US.9", text: "hello" });
  expect((await call(api, MESSAGES, text("x"))).status).toBe(200);
  expect((await call(api, MESSAGES, { messaging_product: "whatsapp", recipient: "US.9", text: { body: "x" } })).status).toBe(200);
  expect((await call(api, `/v23.0/${SECOND.id}/messages`, text("x"), SECOND.token)).body.error.code).toBe(131047);
});

test("scripted failures come in Meta's words, for the calls they name and so many times", async () => {
  const api = await start();
  api.fail({ code: 130429, times: 2, to: PERSON });
  api.fail({ kind: "read", status: 503, code: 131016, retryAfterS: 3 });
  const answers = [];
  for (const to of ["4915112345678", PERSON, PERSON, PERSON]) answers.push((await call(api, MESSAGES, text("x", to))).body.error?.code);
  expect(answers).toEqual([undefined, 130429, 130429, undefined]);
  const read = await call(api, MESSAGES, { messaging_product: "whatsapp", status: "read", message_id: "wamid.X" });
  expect([read.status, read.headers.get("retry-after"), read.body.error.message]).toEqual([503, "3", "(#131016) Service unavailable"]);
  expect(api.calls().map((each) => each.status)).toEqual([200, 400, 400, 200, 503]);
});

test.each([
  ["an error before the message is taken", { code: 131000 }, 500, 0],
  ["an error after it", { code: 131000, afterTaking: true }, 500, 1],
  ["a broken connection before", { drop: true }, undefined, 0],
  ["a broken connection after", { drop: true, afterTaking: true }, undefined, 1],
])("%s", async (_, failure, expected, taken) => {
  const api = await start();
  api.fail(failure);
  const answer = await call(api, MESSAGES, text("x")).catch(() => undefined);
  expect(answer?.status).toBe(expected);
  expect(api.sent()).toHaveLength(taken);
  expect(api.calls().map((each) => each.status)).toEqual([expected ?? 0]);
  expect((await call(api, MESSAGES, text("next"))).status).toBe(200);
});

test("statuses of what was taken follow, and a failure can come as one", async () => {
  const { url, hits } = await callback();
  const api = await start({ statuses: true });
  api.setCallback(url, FIRST.id);
  const first = await call(api, MESSAGES, text("x"));
  await expect.poll(() => hits.length).toBe(2);
  api.fail({ asStatus: true, code: 131026 });
  const second = await call(api, MESSAGES, text("y"));
  expect(second.status).toBe(200);
  await expect.poll(() => hits.length).toBe(3);
  const statuses = hits.map(({ body }) => JSON.parse(body).entry[0].changes[0].value.statuses[0]);
  expect(statuses).toMatchObject([
    { id: first.body.messages[0].id, status: "sent", recipient_id: PERSON },
    { id: first.body.messages[0].id, status: "delivered" },
    { id: second.body.messages[0].id, status: "failed", errors: [{ code: 131026, title: "Message undeliverable" }] },
  ]);
  expect(api.statusesSent().map((each) => each.status)).toEqual(["sent", "delivered", "failed"]);
});

test("a callback is set by its handshake, shown, used before the app's own, and removed", async () => {
  const own = await callback([echo]);
  const app = await callback();
  const api = await start();
  api.setCallback(app.url);
  const set = { webhook_configuration: { override_callback_uri: own.url, verify_token: "v-1" } };
  expect((await call(api, `/v23.0/${FIRST.id}`, set)).body).toEqual({ success: true });
  expect(Object.fromEntries(own.hits[0]?.url.searchParams ?? [])).toEqual({
    kept: "1",
    "hub.mode": "subscribe",
    "hub.challenge": expect.stringMatching(/^\d+$/),
    "hub.verify_token": "v-1",
  });
  const shown = await call(api, `/v23.0/${FIRST.id}?fields=webhook_configuration,display_phone_number`);
  expect(shown.body).toEqual({
    webhook_configuration: { phone_number: own.url, application: app.url },
    display_phone_number: FIRST.display,
    id: FIRST.id,
  });
  await api.say({ text: "to the number" });
  await call(api, `/v23.0/${FIRST.id}`, { webhook_configuration: { override_callback_uri: "" } });
  await api.say({ text: "to the app" });
  expect([own.hits.length, app.hits.length]).toEqual([2, 1]);
});

test.each([
  ["refuses", status(403), "HTTP Status Code = 403; HTTP Message = Forbidden"],
  ["does not echo", (response: ServerResponse) => void response.end("ok"), "does not match challenge"],
  ["cannot be reached", (response: ServerResponse) => response.req.socket.resetAndDestroy(), "Could not connect"],
])("a callback that %s is not set", async (_, answer, words) => {
  const { url } = await callback([answer]);
  const api = await start();
  const set = { webhook_configuration: { override_callback_uri: url, verify_token: "v-1" } };
  const { status, body } = await call(api, `/v23.0/${FIRST.id}`, set);
  expect([status, body.error.code]).toEqual([400, 2200]);
  expect(body.error.message).toContain(words);
  expect(api.numbers.get(FIRST.id)?.callback).toBeUndefined();
});

test("a message goes out as Meta writes it, signed over those bytes", async () => {
  const { url, hits } = await callback();
  const api = await start();
  api.setCallback(url);
  const record = await api.say({
    from: PERSON,
    userId: "US.1",
    name: "Zoë",
    text: "käse/brot <b> 5% @home 😀",
    id: "wamid.1",
    atMs: 1_790_000_000_000,
  });
  expect(record).toMatchObject({ outcome: "delivered", attempts: [{ status: 200 }] });
  const body = hits[0]?.body ?? "";
  expect(body).toContain("k\\u00e4se\\/brot \\u003Cb> 5\\u0025 \\u0040home \\ud83d\\ude00");
  expect(hits[0]?.headers["x-hub-signature-256"]).toBe(`sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`);
  expect(JSON.parse(body)).toEqual({
    object: "whatsapp_business_account",
    entry: [
      {
        id: "waba-1",
        changes: [
          {
            field: "messages",
            value: {
              messaging_product: "whatsapp",
              metadata: { display_phone_number: FIRST.display, phone_number_id: FIRST.id },
              contacts: [{ profile: { name: "Zoë" }, wa_id: PERSON, user_id: "US.1" }],
              messages: [
                {
                  from: PERSON,
                  from_user_id: "US.1",
                  id: "wamid.1",
                  timestamp: "1790000000",
                  type: "text",
                  text: { body: "käse/brot <b> 5% @home 😀" },
                },
              ],
            },
          },
        ],
      },
    ],
  });
});

test("with a user id alone there is no phone anywhere", async () => {
  const { url, hits } = await callback();
  const api = await start();
  api.setCallback(url);
  await api.say({ userId: "US.1", text: "hi" });
  const { contacts, messages } = JSON.parse(hits[0]?.body ?? "").entry[0].changes[0].value;
  expect(contacts).toEqual([{ profile: { name: "Test Person" }, user_id: "US.1" }]);
  expect(messages[0]).not.toHaveProperty("from");
});

test("a batch holds several numbers, accounts, messages and statuses in one POST", async () => {
  const { url, hits } = await callback();
  const api = await start();
  api.setCallback(url);
  await api.deliverBatch([
    { kind: "said", text: "one" },
    { kind: "said", text: "two", from: "4915112345678" },
    { kind: "status", id: "wamid.S", status: "read", to: PERSON },
    { kind: "said", text: "three", number: SECOND.id },
    { kind: "said", text: "four", number: THIRD.id },
    { kind: "field", field: "account_update", value: { event: "VERIFIED_ACCOUNT" } },
    changedNumber({ from: PERSON, to: "16505559999", userId: "US.1" }),
    userIdUpdate({ previous: "US.1", current: "US.2", atMs: 1_790_000_000_000 }),
  ]);
  expect(hits).toHaveLength(1);
  const { entry } = JSON.parse(hits[0]?.body ?? "");
  const seen = entry.flatMap(({ id, changes }: { id: string; changes: { field: string; value: Record<string, unknown[]> }[] }) =>
    changes.map(({ field, value }) => [
      id,
      field,
      value["messages"]?.length ?? 0,
      value["statuses"]?.length ?? 0,
      value["contacts"]?.length ?? 0,
    ]),
  );
  expect(seen).toEqual([
    ["waba-1", "messages", 3, 1, 2],
    ["waba-1", "account_update", 0, 0, 0],
    ["waba-1", "user_id_update", 0, 0, 1],
    ["waba-1", "messages", 1, 0, 1],
    ["waba-2", "messages", 1, 0, 1],
  ]);
});

const signed = (body: string): string => `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`;
const unicode = (body: string): string => body.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

test.each([
  ["an older sender: UTF-8 signed in its escaped form", { encoding: "utf8", signing: "escaped" }, (body: string) => signed(unicode(body))],
  ["signed over what a receiver would serialise", { signing: "plain" }, (body: string) => signed(JSON.stringify(JSON.parse(body)))],
  ["unescaped and signed as it is", { encoding: "plain" }, signed],
  ["unsigned", { signing: "none" }, () => undefined],
] as const)("%s", async (_, to, expected) => {
  const { url, hits } = await callback();
  const api = await start();
  await api.say({ text: "naïve / path" }, { url, ...to });
  const { headers, body = "" } = hits[0] ?? {};
  expect(JSON.parse(body).entry[0].changes[0].value.messages[0].text.body).toBe("naïve / path");
  expect(headers?.["x-hub-signature-256"]).toBe(expected(body));
});

test("a forged signature is none of the app's", async () => {
  const { url, hits } = await callback();
  const api = await start();
  await api.say({ text: "x" }, { url, signing: "forged" });
  const { headers, body = "" } = hits[0] ?? {};
  expect(headers?.["x-hub-signature-256"]).toMatch(/^sha256=[0-9a-f]{64}$/);
  expect(headers?.["x-hub-signature-256"]).not.toBe(signed(body));
});

test("after anything but a 2xx it delivers the same bytes again, also to a callback that moved", async () => {
  const first = await callback([status(500), status(302), (response) => response.req.socket.resetAndDestroy()]);
  const moved = await callback();
  const api = await start();
  api.setCallback(first.url);
  const delivery = api.say({ text: "x" });
  await expect.poll(() => first.hits.length).toBe(3);
  api.setCallback(moved.url);
  const record = await delivery;
  expect(record?.attempts.map((attempt) => attempt.status)).toEqual([500, 302, undefined, 200]);
  expect([...first.hits, ...moved.hits].map(({ body }) => body)).toEqual(Array.from({ length: 4 }, () => record?.body));
  expect(api.pending()).toBe(0);
});

test("without a callback a webhook has nowhere to go", async () => {
  const api = await start();
  expect(await api.say({ text: "x" })).toBeUndefined();
});

test("what nobody takes expires after seven days", async () => {
  const { url } = await callback(Array.from({ length: 600 }, () => status(500)));
  const api = await start({ secondMs: 0.001 });
  expect((await api.say({ text: "x" }, { url }))?.outcome).toBe("expired");
});

test("a file is mentioned, described and downloaded with a number's token only", async () => {
  const { url, hits } = await callback();
  const api = await start();
  api.setCallback(url);
  const media = api.addMedia({ content: "a picture", mimeType: "image/png" });
  await api.say({ type: "image", media, text: "look" });
  const sha256 = createHash("sha256").update("a picture").digest();
  const { image } = JSON.parse(hits[0]?.body ?? "").entry[0].changes[0].value.messages[0];
  expect(image).toMatchObject({ id: media, mime_type: "image/png", sha256: sha256.toString("base64"), caption: "look" });
  const { body } = await call(api, `/v23.0/${media}`);
  expect(body).toEqual({
    id: media,
    url: image.url,
    mime_type: "image/png",
    sha256: sha256.toString("hex"),
    file_size: 9,
    messaging_product: "whatsapp",
  });
  expect(new URL(body.url).origin).toBe(api.url);
  expect((await fetch(body.url)).status).toBe(401);
  expect(await (await fetch(body.url, { headers: { authorization: `Bearer ${FIRST.token}` } })).text()).toBe("a picture");
  expect((await call(api, "/v23.0/404404")).body.error).toMatchObject({ code: 100, error_subcode: 33 });
});

async function download(api: GraphApi, media: string): Promise<Response> {
  const { body } = await call(api, `/v23.0/${media}`);
  return fetch(body.url, { headers: { authorization: `Bearer ${FIRST.token}` }, redirect: "manual", signal: AbortSignal.timeout(20_000) });
}

test("scripted files are missing, too large, or lead astray, and who follows with a token is seen", async () => {
  const api = await start();
  expect((await download(api, api.addMedia({ bytes: 5, fault: "missing" }))).status).toBe(404);
  const redirect = await download(api, api.addMedia({ bytes: 5, fault: "redirect" }));
  expect(redirect.status).toBe(302);
  await fetch(redirect.headers.get("location") ?? "");
  await download(api, api.addMedia({ bytes: 5, fault: "wrong-host" }));
  expect(api.strays()).toEqual([
    { path: "/redirected", authorization: undefined },
    { path: "/whatsapp_business/attachments/", authorization: `Bearer ${FIRST.token}` },
  ]);
  const huge = await download(api, api.addMedia({ bytes: 5, fault: "huge" }));
  let bytes = 0;
  for await (const chunk of huge.body ?? []) bytes += chunk.length;
  expect(bytes).toBe(100 * 1024 * 1024);
});

test("an endless file goes on until its reader leaves", async () => {
  const api = await start();
  const endless = await download(api, api.addMedia({ bytes: 5, fault: "endless" }));
  let bytes = 0;
  for await (const chunk of endless.body ?? []) {
    bytes += chunk.length;
    if (bytes > 1024 * 1024) break;
  }
  expect(endless.headers.get("content-length")).toBeNull();
  expect(bytes).toBeGreaterThan(1024 * 1024);
});

test("another process steers it by the control paths", async () => {
  const { url, hits } = await callback();
  const api = await start();
  const control = async (verb: string, body?: object): Promise<{ status: number; json: unknown }> => {
    const answer = await fetch(`${api.url}/__control/${verb}`, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) });
    return { status: answer.status, json: await answer.json() };
  };
  await control("callback", { url });
  const media = (await control("media", { content: "x", mimeType: "application/pdf", fileName: "a.pdf" })).json;
  expect((await control("say", { type: "document", media, to: { signing: "none" } })).json).toMatchObject({ outcome: "delivered" });
  expect(hits[0]?.headers["x-hub-signature-256"]).toBeUndefined();
  expect(JSON.parse(hits[0]?.body ?? "").entry[0].changes[0].value.messages[0].document.filename).toBe("a.pdf");
  const items = [
    { kind: "said", text: "a" },
    { kind: "status", id: "wamid.1", status: "sent", to: PERSON },
  ];
  expect((await control("batch", { items })).json).toMatchObject({ outcome: "delivered" });
  await control("deliver", { payload: { object: "whatsapp_business_account", entry: [] } });
  expect(hits[2]?.body).toBe('{"object":"whatsapp_business_account","entry":[]}');
  await control("fail", { code: 131056 });
  expect((await call(api, MESSAGES, text("x"))).body.error.code).toBe(131056);
  await call(api, MESSAGES, text("heard"));
  expect((await control(`sent?to=${PERSON}`)).json).toMatchObject([{ text: "heard" }]);
  expect((await control("say", { nonsense: 1 })).status).toBe(400);
  expect((await control("nonsense")).status).toBe(404);
});
