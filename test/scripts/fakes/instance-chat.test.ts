/** The stand-in gateway's `/v1` keeps to what a real gateway was seen to do: the shapes of its answers and refusals, its sessions, and what a caller who hangs up leaves behind. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Instance, type InstanceOptions, startInstance } from "../../../scripts/fakes/instance.ts";
import type { ChatOptions } from "../../../scripts/fakes/instance-chat-caller.ts";
import type { CHAT_FAULTS } from "../../../scripts/fakes/instance-chat-fault.ts";
import { longAnswer } from "../../../scripts/fakes/long-answer.ts";

const TOKEN = "gateway-token";
const COMPLETIONS = "/v1/chat/completions";
const RESPONSES = "/v1/responses";
const PROXIED = {
  mode: "trusted-proxy",
  userHeader: "x-clawedge-user",
  allowUsers: ["clawedge"],
  agents: ["main", "sales-public"],
} as const;
const NARROW = { "x-clawedge-user": "clawedge", "x-forwarded-for": "203.0.113.7", "x-openclaw-scopes": "operator.write" };

let instances: Instance[];

beforeEach(() => {
  instances = [];
});

afterEach(async () => {
  await Promise.all(instances.map((instance) => instance.stop()));
});

/** Its Telegram side has no API to talk to, and nobody looks at it. */
async function start(options: Partial<InstanceOptions> = {}, chat: ChatOptions = { mode: "token", token: TOKEN }): Promise<Instance> {
  const replyText: InstanceOptions["replyText"] = ({ name, turn, text }) => `hello from ${name}, turn ${turn}: ${text}`;
  const needed = { name: "us-1", secret: "s", token: "4242:t", apiRoot: "http://127.0.0.1:9", replyText, chat };
  const instance = await startInstance({ ...needed, ...options });
  instances.push(instance);
  return instance;
}

interface Ask {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly session?: string;
  readonly signal?: AbortSignal;
}

function ask({ url }: Instance, body: object | string, { path = COMPLETIONS, headers, session, signal }: Ask = {}): Promise<Response> {
  const authority = headers ?? { authorization: `Bearer ${TOKEN}` };
  const key = session === undefined ? {} : { "x-openclaw-session-key": session };
  return fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...authority, ...key },
    body: typeof body === "string" ? body : JSON.stringify(body),
    redirect: "manual",
    ...(signal === undefined ? {} : { signal }),
  });
}

const words = (content: unknown, more: object = {}): object => ({
  model: "openclaw/default",
  messages: [{ role: "user", content }],
  ...more,
});
const streamed = (content: unknown): object => words(content, { stream: true });

/** The frames of a stream as they stand in it. */
const framesOf = (text: string): readonly string[] => text.split("\n\n").filter((frame) => frame !== "");
const dataOf = (text: string): readonly string[] => framesOf(text).map((frame) => frame.replace(/^(?:event: .*\n)?data: /, ""));
// biome-ignore lint/suspicious/noExplicitAny: chunks of every shape
const chunksOf = (text: string): readonly any[] => dataOf(text).flatMap((data) => (data === "[DONE]" ? [] : [JSON.parse(data)]));
const contentOf = (text: string): string =>
  chunksOf(text)
    .map((chunk) => chunk.choices?.[0].delta.content ?? "")
    .join("");

/** Reads until the end or a break. */
async function readAll(response: Response): Promise<{ readonly text: string; readonly isBroken: boolean }> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    return { text, isBroken: false };
  } catch {
    return { text, isBroken: true };
  }
}

test("a completion streams the role, the words in pieces, the reason and the end mark", async () => {
  const instance = await start();
  const response = await ask(instance, streamed("what are your opening hours?"), { session: "edge:1" });
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  const { text } = await readAll(response);
  const chunks = chunksOf(text);
  expect(chunks[0]).toEqual({
    id: expect.stringMatching(/^chatcmpl_/),
    object: "chat.completion.chunk",
    created: expect.any(Number),
    model: "openclaw/default",
    choices: [{ index: 0, delta: { role: "assistant" }, finish_reason: null }],
  });
  expect(contentOf(text)).toBe("hello from us-1, turn 1: what are your opening hours?");
  expect(chunks.length).toBeGreaterThan(3);
  expect(chunks.at(-1).choices).toEqual([{ index: 0, delta: {}, finish_reason: "stop" }]);
  expect(dataOf(text).at(-1)).toBe("[DONE]");
});

test("a completion that is not streamed comes whole", async () => {
  const instance = await start();
  expect(await (await ask(instance, words("hi"))).json()).toEqual({
    id: expect.stringMatching(/^chatcmpl_/),
    object: "chat.completion",
    created: expect.any(Number),
    model: "openclaw/default",
    choices: [{ index: 0, message: { role: "assistant", content: "hello from us-1, turn 1: hi" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  });
});

test("a response streams its events in a gateway's order", async () => {
  const instance = await start();
  const body = {
    model: "openclaw",
    stream: true,
    input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] }],
  };
  const { text } = await readAll(await ask(instance, body, { path: RESPONSES }));
  const types = framesOf(text).map((frame) => /^event: (.*)$/m.exec(frame)?.[1] ?? frame);
  expect(types.filter((type, index) => type !== types[index - 1])).toEqual([
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
    "data: [DONE]",
  ]);
  const last = chunksOf(text).at(-1);
  expect(last).toMatchObject({ type: "response.completed", response: { object: "response", status: "completed", model: "openclaw" } });
  expect(last.response.output[0].content).toEqual([{ type: "output_text", text: "hello from us-1, turn 1: hi" }]);
  const whole = await (await ask(instance, { model: "openclaw", input: "hi" }, { path: RESPONSES })).json();
  expect(whole).toMatchObject({ status: "completed", output: [{ role: "assistant", content: [{ text: "hello from us-1, turn 1: hi" }] }] });
});

test("sessions go by their key: bare ones belong to the agent, full ones stand as they are, and without one each request has its own", async () => {
  const instance = await start({}, { ...PROXIED });
  const turn = async (session?: string, more: object = {}): Promise<string> =>
    contentOf(
      await (await ask(instance, { ...streamed("x"), ...more }, { headers: NARROW, ...(session === undefined ? {} : { session }) })).text(),
    );
  expect(await turn("edge:1")).toContain("turn 1:");
  expect(await turn("edge:1")).toContain("turn 2:");
  expect(await turn("agent:main:edge:1")).toContain("turn 3:");
  expect(await turn("edge:1", { model: "openclaw/sales-public" })).toContain("turn 1:");
  expect(await turn(undefined)).toContain("turn 1:");
  expect(await turn(undefined, { user: "u" })).toContain("turn 1:");
  expect(await turn(undefined, { user: "u" })).toContain("turn 2:");
  expect([...instance.chat.turns()].filter(([key]) => key.includes("edge") || key.endsWith(":u"))).toEqual([
    ["agent:main:edge:1", 3],
    ["agent:sales-public:edge:1", 1],
    ["agent:main:openai-user:u", 2],
  ]);
});

test("one session runs one turn at a time, another goes on meanwhile", async () => {
  const instance = await start();
  const first = ask(instance, streamed("[[delay:400]] slow"), { session: "a" }).then(readAll);
  await expect.poll(() => instance.chat.calls().map(({ outcome }) => outcome)).toEqual(["running"]);
  const second = ask(instance, streamed("next"), { session: "a" });
  await expect.poll(() => instance.chat.calls()[1]?.outcome).toBe("waiting");
  expect(contentOf((await readAll(await ask(instance, streamed("other"), { session: "b" }))).text)).toContain("turn 1: other");
  expect(instance.chat.calls().map(({ outcome }) => outcome)).toEqual(["running", "waiting", "answered"]);
  expect(contentOf((await first).text)).toBe("hello from us-1, turn 1: slow");
  expect(contentOf((await readAll(await second)).text)).toBe("hello from us-1, turn 2: next");
});

test("a caller who hangs up ends the run and leaves no history, also one who still waits", async () => {
  const instance = await start();
  const [running, waiting] = [new AbortController(), new AbortController()];
  const first = ask(instance, streamed("[[delay:30000]] x"), { session: "a", signal: running.signal }).then((response) => response.text());
  await expect.poll(() => instance.chat.calls()[0]?.outcome).toBe("running");
  const second = ask(instance, streamed("y"), { session: "a", signal: waiting.signal });
  await expect.poll(() => instance.chat.calls()[1]?.outcome).toBe("waiting");
  waiting.abort();
  running.abort();
  await Promise.allSettled([first, second]);
  await expect.poll(() => instance.chat.counts().aborted).toBe(2);
  expect(instance.chat.turns().size).toBe(0);
  expect(contentOf(await (await ask(instance, streamed("z"), { session: "a" })).text())).toContain("turn 1: z");
});

test("finished turns outlive the process", async () => {
  const stateFile = join(mkdtempSync(join(tmpdir(), "clawedge-chat-")), "queue.jsonl");
  const first = await start({ stateFile });
  await (await ask(first, streamed("x"), { session: "späti:1" })).text();
  await first.stop();
  instances = [];
  const second = await start({ stateFile });
  expect(contentOf(await (await ask(second, streamed("y"), { session: "späti:1" })).text())).toContain("turn 2:");
});

const UNAUTHORIZED = { error: { message: "Unauthorized", type: "unauthorized" } };
const ATTRIBUTION = {
  error: { message: expect.stringContaining("Proxy client attribution is required."), type: "proxy_attribution_required" },
};

test.each<[string, ChatOptions, Record<string, string>, readonly [status: number, body: unknown]]>([
  ["no token", { mode: "token", token: TOKEN }, {}, [401, UNAUTHORIZED]],
  ["a wrong token", { mode: "token", token: TOKEN }, { authorization: "Bearer no" }, [401, UNAUTHORIZED]],
  [
    "a forwarding header nobody expects",
    { mode: "token", token: TOKEN },
    { authorization: `Bearer ${TOKEN}`, "x-forwarded-for": "203.0.113.7" },
    [403, ATTRIBUTION],
  ],
  ["a user that may not", PROXIED, { ...NARROW, "x-clawedge-user": "mallory" }, [401, UNAUTHORIZED]],
  ["no user, even with a token", PROXIED, { authorization: `Bearer ${TOKEN}` }, [401, UNAUTHORIZED]],
  ["a proxy that names itself", PROXIED, { ...NARROW, "x-forwarded-for": "127.0.0.1" }, [403, ATTRIBUTION]],
  ["a proxy that names a scheme only", PROXIED, { "x-clawedge-user": "clawedge", "x-forwarded-proto": "https" }, [403, ATTRIBUTION]],
  ["a scope that only reads", PROXIED, { ...NARROW, "x-openclaw-scopes": "operator.read" }, [403, missing("operator.write")]],
  ["another model with narrowed scopes", PROXIED, { ...NARROW, "x-openclaw-model": "x/y" }, [403, missing("operator.admin")]],
])("%s is refused", async (_, chat, headers, [status, body]) => {
  const instance = await start({}, chat);
  const response = await ask(instance, words("hi"), { headers });
  expect(response.status).toBe(status);
  expect(await response.json()).toEqual(body);
  expect(instance.chat.counts()).toMatchObject({ received: 1, refused: 1, answered: 0 });
});

function missing(scope: string): object {
  const details = { code: "MISSING_SCOPE", missingScope: scope, requiredScopes: [scope] };
  return { ok: false, error: { type: "forbidden", message: `missing scope: ${scope}`, details } };
}

test("what a trusted proxy may and an owner may", async () => {
  const proxied = await start({}, PROXIED);
  expect((await ask(proxied, words("hi"), { headers: NARROW })).status).toBe(200);
  expect((await ask(proxied, words("hi"), { headers: { "x-clawedge-user": "clawedge", "x-openclaw-model": "x/y" } })).status).toBe(200);
  expect(proxied.chat.calls().map(({ caller, scopes }) => [caller, scopes.includes("operator.admin")])).toEqual([
    ["clawedge", false],
    ["clawedge", true],
  ]);
  const owner = await start({}, { mode: "token", token: TOKEN, trustsProxy: true });
  const headers = {
    authorization: `Bearer ${TOKEN}`,
    "x-forwarded-for": "203.0.113.7",
    "x-openclaw-scopes": "operator.read",
    "x-openclaw-model": "x/y",
  };
  expect((await ask(owner, words("hi"), { headers })).status).toBe(200);
});

const BAD: readonly [string, readonly [path: string, body: object | string, headers?: Record<string, string>], string | RegExp][] = [
  ["a model that is no agent", [COMPLETIONS, words("x", { model: "gpt-4o" })], "Invalid `model`. Use `openclaw` or `openclaw/<agentId>`."],
  ["an unknown agent", [COMPLETIONS, words("x", { model: "openclaw/nope" })], "Unknown agent 'nope'."],
  ["an unknown agent by header", [COMPLETIONS, words("x"), { "x-openclaw-agent-id": "nope" }], "Unknown agent 'nope'."],
  ["a reserved session", [COMPLETIONS, words("x"), { "x-openclaw-session-key": "cron:1" }], /reserved internal session namespaces/],
  ["no words", [COMPLETIONS, words(" ")], "Missing user message in `messages`."],
  ["no messages", [COMPLETIONS, {}], /^messages: /],
  ["an image by address", [COMPLETIONS, words([{ type: "image_url", image_url: { url: "https://x.test/a.png" } }])], /Invalid image_url/],
  ["what is no JSON", [COMPLETIONS, "{"], /JSON/],
  ["a file without words", [RESPONSES, fileInput("")], "Missing user message in `input`."],
  ["a file of a strange kind", [RESPONSES, fileInput("x", "application/zip")], "invalid request"],
];

function fileInput(text: string, mimeType = "application/pdf", data = Buffer.from("%PDF-1.7").toString("base64")): object {
  const file = { type: "input_file", source: { type: "base64", media_type: mimeType, data, filename: "offer.pdf" } };
  return { model: "openclaw", input: [{ type: "message", role: "user", content: [{ type: "input_text", text }, file] }] };
}

test.each(BAD)("%s is 400", async (_, [path, body, headers], message) => {
  const instance = await start();
  const response = await ask(instance, body, { path, headers: { authorization: `Bearer ${TOKEN}`, ...headers } });
  expect(response.status).toBe(400);
  const { error } = (await response.json()) as { error: { message: string } };
  expect(error).toEqual({ message: expect.any(String), type: "invalid_request_error" });
  expect(error.message).toMatch(message);
});

test("other methods and bodies over 20 MB are refused", async () => {
  const instance = await start();
  const get = await fetch(`${instance.url}${COMPLETIONS}`, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect([get.status, get.headers.get("allow"), await get.text()]).toEqual([405, "POST", "Method Not Allowed"]);
  const large = await ask(instance, " ".repeat(20 * 1024 * 1024 + 1));
  expect([large.status, await large.json()]).toEqual([413, { error: { message: "Payload too large", type: "invalid_request_error" } }]);
});

test("models are the agents", async () => {
  const { url } = await start({}, PROXIED);
  const headers = { "x-clawedge-user": "clawedge", "x-openclaw-scopes": "operator.read" };
  const list = (await (await fetch(`${url}/v1/models`, { headers })).json()) as { data: { id: string }[] };
  expect(list.data.map(({ id }) => id)).toEqual(["openclaw", "openclaw/default", "openclaw/main", "openclaw/sales-public"]);
  expect((await fetch(`${url}/v1/models/openclaw%2Fsales-public`, { headers })).status).toBe(200);
  expect((await fetch(`${url}/v1/models/openclaw%2Fnope`, { headers })).status).toBe(404);
});

test("a gateway that was not told so has no /v1", async () => {
  const instance = await startInstance({ name: "us-1", secret: "s", token: "4242:t", apiRoot: "http://127.0.0.1:9" });
  instances.push(instance);
  expect((await ask(instance, words("hi"))).status).toBe(404);
});

test("it remembers what it was asked: headers, words, and the sizes of images and files", async () => {
  const instance = await start();
  const png = Buffer.alloc(1234, 7).toString("base64");
  const content = [
    { type: "text", text: "look" },
    { type: "image_url", image_url: { url: `data:image/png;base64,${png}` } },
  ];
  const headers = { authorization: `Bearer ${TOKEN}`, "x-openclaw-message-channel": "whatsapp" };
  expect((await ask(instance, words(content), { headers, session: "edge:1" })).status).toBe(200);
  expect((await ask(instance, fileInput("read this"), { path: RESPONSES })).status).toBe(200);
  expect(instance.chat.calls()).toMatchObject([
    {
      text: "look",
      messages: 1,
      images: [{ mimeType: "image/png", bytes: 1234 }],
      files: [],
      session: "agent:main:edge:1",
      headers: { "x-openclaw-message-channel": "whatsapp" },
    },
    { endpoint: RESPONSES, text: "read this", images: [], files: [{ mimeType: "application/pdf", bytes: 8, name: "offer.pdf" }] },
  ]);
});

type Kind = (typeof CHAT_FAULTS)[number];

test.each<[Kind, object, readonly [status: number, body: unknown, retryAfter: string | null]]>([
  ["unavailable", {}, [503, { error: { message: expect.any(String), type: "service_unavailable", code: "gateway_unavailable" } }, "1"]],
  ["limited", { retryAfter: 7 }, [429, { error: { message: expect.stringContaining("Too many"), type: "rate_limited" } }, "7"]],
  ["early", {}, [502, { error: { message: "upstream provider error", type: "api_error" } }, null]],
  ["early", { status: 401 }, [401, { error: { message: "upstream provider error", type: "api_error" } }, null]],
])("fault %s %o answers before anything is run, as often as it is told", async (kind, more, expected) => {
  const instance = await start();
  instance.chat.setFault({ kind, times: 1, ...more });
  const response = await ask(instance, streamed("x"));
  expect([response.status, await response.json(), response.headers.get("retry-after")]).toEqual(expected);
  expect(contentOf(await (await ask(instance, streamed("y"))).text())).toContain("turn 1: y");
  expect(instance.chat.counts()).toMatchObject({ received: 2, faulted: 1, answered: 1 });
});

const WHOLE = "hello from us-1, turn 1: the quick brown fox";

/** What arrives: the words, the last frame, and whether the stream broke. */
test.each<[Kind, string, RegExp, readonly [isBroken: boolean, outcome: "answered" | "failed"]]>([
  [
    "late",
    WHOLE.slice(0, 22),
    /\{"error":\{"message":"upstream provider error","type":"api_error"\}\}\n\ndata: \[DONE\]\n\n$/,
    [false, "failed"],
  ],
  ["cut", WHOLE.slice(0, 22), /"finish_reason":null\}\]\}\n\n$/, [true, "failed"]],
  ["unfinished", WHOLE.slice(0, 22), /"finish_reason":null\}\]\}\n\n$/, [false, "failed"]],
  ["empty", "", /"finish_reason":"stop"\}\]\}\n\ndata: \[DONE\]\n\n$/, [false, "answered"]],
  ["speechless", "No response from OpenClaw.", /\[DONE\]\n\n$/, [false, "answered"]],
  ["length", WHOLE.slice(0, 22), /"finish_reason":"length"\}\]\}\n\ndata: \[DONE\]\n\n$/, [false, "answered"]],
])("fault %s", async (kind, said, end, [isBroken, outcome]) => {
  const instance = await start();
  instance.chat.setFault({ kind });
  const response = await ask(instance, streamed("the quick brown fox"), { session: "a" });
  expect(response.status).toBe(200);
  const read = await readAll(response);
  expect(read.isBroken).toBe(isBroken);
  expect(read.text).toMatch(end);
  expect(
    chunksOf(read.text)
      .map((chunk) => chunk.choices?.[0].delta.content ?? "")
      .join(""),
  ).toBe(said);
  await expect.poll(() => instance.chat.calls()[0]?.outcome).toBe(outcome);
  expect(instance.chat.turns().size).toBe(outcome === "answered" ? 1 : 0);
});

test("a response fails and stops short in words of its own", async () => {
  const instance = await start();
  const last = async (kind: Kind): Promise<unknown> => {
    instance.chat.setFault({ kind });
    return chunksOf(await (await ask(instance, { model: "openclaw", stream: true, input: "hi" }, { path: RESPONSES })).text()).at(-1);
  };
  expect(await last("late")).toMatchObject({ type: "response.failed", response: { status: "failed", error: { code: "server_error" } } });
  expect(await last("length")).toMatchObject({
    type: "response.incomplete",
    response: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
  });
});

test.each<[Kind, object]>([
  ["stuck", {}],
  ["drip", { ms: 1 }],
  ["hang", {}],
])("fault %s has no end until the caller leaves", async (kind, more) => {
  const instance = await start();
  instance.chat.setFault({ kind, ...more });
  const leave = new AbortController();
  const reading = ask(instance, streamed("x"), { signal: leave.signal }).then((response) => response.text());
  const isReached = (): boolean => instance.chat.counts().received === 1;
  await expect.poll(isReached).toBe(true);
  if (kind !== "hang") await expect.poll(() => instance.chat.calls()[0]?.outcome).toBe("running");
  leave.abort();
  await expect(reading).rejects.toThrow();
  if (kind !== "hang") await expect.poll(() => instance.chat.calls()[0]?.outcome).toBe("aborted");
  expect(instance.chat.turns().size).toBe(0);
});

test("fault flood is 100 MB of answer, and stops when nobody reads it", async () => {
  const instance = await start();
  instance.chat.setFault({ kind: "flood" });
  const response = await ask(instance, streamed("x"));
  let bytes = 0;
  for await (const chunk of response.body ?? []) bytes += chunk.length;
  expect(bytes).toBeGreaterThan(100 * 1024 * 1024);
  const leave = new AbortController();
  await ask(instance, streamed("x"), { signal: leave.signal });
  leave.abort();
  await expect.poll(() => instance.chat.calls()[1]?.outcome).toBe("aborted");
});

test.each([1_000, 4_096, 9_000, 30_000])("an answer of %i characters has a table, links and a closed fence", (characters) => {
  const text = longAnswer("hello from us-1", characters);
  expect(text).toHaveLength(characters);
  expect(text.startsWith("hello from us-1\n\n")).toBe(true);
  expect(text.match(/^```/gm)).toHaveLength(2);
  expect(text).toMatch(/\| --- \|/);
  expect(text).toMatch(/\[status\]\(https:\/\/status\.example\.com\/us-east\?view=full\)/);
});

test("a directive in the words makes the answer long", async () => {
  const instance = await start();
  const content = contentOf(await (await ask(instance, streamed("[[long:9000]] tell me everything"))).text());
  expect(content).toHaveLength(9_000);
  expect(content.startsWith("hello from us-1, turn 1: tell me everything\n")).toBe(true);
});

test("another process sees the counts and calls, and sets faults", async () => {
  const instance = await start();
  const control = async (verb: string, body?: object): Promise<unknown> =>
    (await fetch(`${instance.url}/__control/${verb}`, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) })).json();
  await control("chat-fault", { kind: "unavailable", times: 1 });
  expect((await ask(instance, words("a"))).status).toBe(503);
  await (await ask(instance, words("b"))).text();
  expect(await control("state")).toMatchObject({ name: "us-1", chat: { received: 2, faulted: 1, answered: 1, sessions: 1 } });
  expect(await control("chat")).toMatchObject([{ text: "b", outcome: "answered" }]);
});
