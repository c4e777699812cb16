/**
 * An OpenClaw-shaped gateway for the demo, the bench and tests: probes on the gateway port, Telegram's listener with the durable queue and its marker,
 * answers through its own `apiRoot`. It stands at the outermost edge only, holds no agent, and is no substitute for trying a real gateway.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { mkdtempSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answerJson, listen, readBody, type Service } from "./http-service.ts";
import { type BotOptions, claimBot } from "./instance-bot.ts";
import { type Chat, openChat } from "./instance-chat.ts";
import type { ChatOptions } from "./instance-chat-caller.ts";
import { chatFaultSchema } from "./instance-chat-fault.ts";
import { type Fault, faultSchema, misbehave } from "./instance-fault.ts";
import { openQueue, type Queue } from "./instance-queue.ts";
import { startTurns, type TurnFacts } from "./instance-turns.ts";
import { readUpdate } from "./instance-update.ts";

export interface InstanceOptions {
  readonly name: string;
  readonly region?: string;
  /** The gateway's own port: probes. 0 takes any free one, as for the listener. */
  readonly port?: number;
  readonly listenerPort?: number;
  readonly secret: string;
  readonly token: string;
  readonly apiRoot: string;
  /** What it gives `setWebhook` at start; default its own listener, which is how a gateway steals a bot. */
  readonly webhookUrl?: string;
  readonly stateFile?: string;
  readonly replyText?: (facts: TurnFacts) => string;
  readonly thinkMs?: number;
  readonly fault?: Fault;
  /** Switches `/v1` on, on the gateway's own port. */
  readonly chat?: ChatOptions;
}

export interface Counts {
  /** Genuine POSTs to the listener, repeats included. */
  readonly received: number;
  readonly repeated: number;
  readonly unauthorized: number;
  readonly accepted: number;
  readonly answered: number;
}

export interface Instance {
  readonly name: string;
  readonly url: string;
  readonly listenerUrl: string;
  readonly stateFile: string;
  /** Its `/v1`. */
  readonly chat: Omit<Chat, "answer">;
  readonly counts: () => Counts;
  /** Undefined ends a fault. */
  readonly setFault: (fault: Partial<Fault> | undefined) => Promise<void>;
  /** `false`: the probes answer as of a gateway that is still starting. */
  readonly setStarted: (isStarted: boolean) => void;
  readonly stop: () => Promise<void>;
}

export const WEBHOOK_PATH = "/telegram-webhook";
const MARKER = { "content-type": "text/plain", "x-openclaw-delivery-accepted": "durable" };
const MAX_BODY_BYTES = 1024 * 1024;

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
const isSecret = (given: unknown, expected: string): boolean =>
  typeof given === "string" && timingSafeEqual(sha256(given), sha256(expected));

interface State {
  readonly options: InstanceOptions;
  readonly queue: Queue;
  readonly start: ReturnType<typeof startTurns>;
  readonly chat: Chat;
  fault: Fault | undefined;
  isStarted: boolean;
  received: number;
  repeated: number;
  unauthorized: number;
}

const countsOf = ({ queue, received, repeated, unauthorized }: State): Counts => ({ received, repeated, unauthorized, ...queue.counts() });

/** The fault that holds for this request, counted. */
function takeFault(state: State): Fault | undefined {
  const { fault } = state;
  if (fault?.times === undefined) return fault;
  state.fault = fault.times > 1 ? { ...fault, times: fault.times - 1 } : undefined;
  return fault;
}

async function parseJson(request: IncomingMessage): Promise<{ readonly status: 413 | 400 } | { readonly json: unknown }> {
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === undefined) return { status: 413 };
  try {
    return { json: JSON.parse(body.toString("utf8")) };
  } catch {
    return { status: 400 };
  }
}

/** Secret, then JSON, then the queue, then 200 with the marker and nothing else; the turn starts after the answer. */
async function takeUpdate(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const fault = takeFault(state);
  if (fault !== undefined && (await misbehave(fault, response))) return;
  if (!isSecret(request.headers["x-telegram-bot-api-secret-token"], state.options.secret)) {
    state.unauthorized += 1;
    return void response.writeHead(401).end("unauthorized");
  }
  const read = await parseJson(request);
  if ("status" in read) return void response.writeHead(read.status).end();
  const entry = readUpdate(read.json);
  if (entry === undefined) return void response.writeHead(400).end();
  state.received += 1;
  const turn = await state.queue.accept(entry);
  if (turn === undefined) state.repeated += 1;
  else state.start(entry, turn);
  if (fault?.kind === "mute") return;
  response.writeHead(200, fault?.kind === "unmarked" ? { "content-type": "text/plain" } : MARKER).end();
}

function answerListener(state: State, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> | undefined {
  if (url.pathname === "/healthz") return void response.end("ok");
  if (url.pathname === WEBHOOK_PATH && request.method === "POST") return takeUpdate(state, request, response);
  return void response.writeHead(404).end();
}

function probe(state: State, path: string): readonly [status: number, body: unknown] | undefined {
  const { isStarted } = state;
  if (path === "/healthz" || path === "/health") return [200, { ok: true, status: "live" }];
  if (path === "/startupz" || path === "/startup") {
    return isStarted ? [200, { ok: true, status: "started", version: "stand-in" }] : [503, { ok: false, status: "starting" }];
  }
  if (path === "/readyz" || path === "/ready")
    return isStarted ? [200, { ready: true, failing: [] }] : [503, { ready: false, failing: ["starting"] }];
  return undefined;
}

type Control = Pick<Instance, "setFault" | "setStarted" | "counts">;

/** `GET /__control/state`, `GET /__control/chat`, `POST /__control/fault` and `/chat-fault` (empty body ends it), `POST /__control/started`. */
async function answerControl(
  state: State,
  control: Control,
  [request, response, url]: [IncomingMessage, ServerResponse, URL],
): Promise<void> {
  const text = (await readBody(request, MAX_BODY_BYTES))?.toString("utf8") ?? "";
  const verb = `${request.method} ${url.pathname.slice("/__control/".length)}`;
  const body: unknown = text === "" ? undefined : JSON.parse(text);
  if (verb === "POST fault") await control.setFault(body === undefined ? undefined : faultSchema.parse(body));
  else if (verb === "POST chat-fault") state.chat.setFault(body === undefined ? undefined : chatFaultSchema.parse(body));
  else if (verb === "GET chat") return answerJson(response, 200, state.chat.calls());
  else if (verb === "POST started") control.setStarted(body !== false);
  else if (verb !== "GET state")
    return answerJson(response, 404, { error: "verbs: GET state, GET chat, POST fault, POST chat-fault, POST started" });
  const { name, region } = state.options;
  const facts = { name, region, pid: process.pid, fault: state.fault ?? null, isStarted: state.isStarted };
  answerJson(response, 200, { ...facts, ...countsOf(state), chat: state.chat.counts() });
}

function answerGateway(
  state: State,
  control: Control,
  [request, response, url]: [IncomingMessage, ServerResponse, URL],
): Promise<void> | undefined {
  if (url.pathname.startsWith("/__control/")) return answerControl(state, control, [request, response, url]);
  const chatting = state.chat.answer(request, response, url);
  if (chatting !== undefined) return chatting;
  const found = probe(state, url.pathname);
  if (found === undefined) return void response.writeHead(404).end();
  return void answerJson(response, ...found);
}

const defaultReply = ({ name, turn, text }: TurnFacts): string => `[${name}] turn ${turn}: you said "${text}"`;

function newState(options: InstanceOptions, bot: BotOptions, stateFile: string): State {
  const queue = openQueue(stateFile);
  const { name, replyText = defaultReply, thinkMs = 0, fault } = options;
  const start = startTurns({ name, bot, queue, replyText, thinkMs });
  const chat = openChat(options.chat, { name, replyText, thinkMs, historyFile: `${stateFile}.chat` });
  return { options, queue, start, chat, fault, isStarted: true, received: 0, repeated: 0, unauthorized: 0 };
}

/** The Telegram listener, which a fault can close and open again on the same port. */
async function openListener(
  state: State,
): Promise<{ readonly url: string; readonly follow: () => Promise<void>; readonly close: () => Promise<void> }> {
  const open = (port: number): Promise<Service> => listen(port, (request, response, url) => answerListener(state, request, response, url));
  const { port, url, ...first } = await open(state.options.listenerPort ?? 0);
  let close: (() => Promise<void>) | undefined = first.close;
  const follow = async (): Promise<void> => {
    const isRefusing = state.fault?.kind === "refuse";
    const closing = close;
    if (isRefusing && closing !== undefined) {
      close = undefined;
      await closing();
    }
    if (!isRefusing && close === undefined) ({ close } = await open(port));
  };
  await follow();
  return { url, follow, close: async () => close?.() };
}

export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const { name, secret, token, apiRoot } = options;
  const stateFile = options.stateFile ?? join(mkdtempSync(join(tmpdir(), "clawedge-instance-")), "queue.jsonl");
  let isStopped = false;
  const bot: BotOptions = { apiRoot, token, isStopped: () => isStopped };
  const state = newState(options, bot, stateFile);
  const listener = await openListener(state);
  const control: Control = {
    counts: () => countsOf(state),
    setFault: async (fault) => {
      state.fault = fault && faultSchema.parse(fault);
      await listener.follow();
    },
    setStarted: (isStarted) => {
      state.isStarted = isStarted;
    },
  };
  const gateway = await listen(options.port ?? 0, (request, response, url) => answerGateway(state, control, [request, response, url]));
  claimBot(bot, { url: options.webhookUrl ?? `${listener.url}${WEBHOOK_PATH}`, secret }).catch((error: unknown) => console.error(error));
  for (const [entry, turn] of state.queue.unanswered) state.start(entry, turn);
  const stop = async (): Promise<void> => {
    isStopped = true;
    await Promise.all([listener.close(), gateway.close()]);
    await state.queue.close();
  };
  return { name, url: gateway.url, listenerUrl: `${listener.url}${WEBHOOK_PATH}`, stateFile, chat: state.chat, ...control, stop };
}
