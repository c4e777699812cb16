/**
 * The OpenAI-shaped half of the stand-in gateway: `POST /v1/chat/completions`, `POST /v1/responses`, `GET /v1/models`, with sessions, authority and
 * faults as a real one was seen to have them. It stands at the outermost edge only, and holds no agent. @see https://docs.openclaw.ai/gateway/openai-http-api
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { answerJson, readBody } from "./http-service.ts";
import { answerTo, delayIn, speak } from "./instance-chat-answer.ts";
import { admit, type ChatOptions, type ChatSettings, chatOptionsSchema, isAdmin } from "./instance-chat-caller.ts";
import { type ChatFault, chatFaultSchema, misbehaveBefore } from "./instance-chat-fault.ts";
import { invalid, missingScope, noSuchModel, type Refusal, refuse, tooLarge, wrongMethod } from "./instance-chat-refusal.ts";
import { type Asked, agentOf, type Endpoint, readAsked, sessionOf } from "./instance-chat-request.ts";
import { openSessions, type Run, type Sessions } from "./instance-chat-sessions.ts";
import { voiceOf } from "./instance-chat-voice.ts";
import type { TurnFacts } from "./instance-turns.ts";

/** A turn that was asked for, and what became of it. Refused requests are counted only. */
export interface ChatCall extends Asked {
  readonly atMs: number;
  readonly endpoint: Endpoint;
  readonly headers: IncomingHttpHeaders;
  /** Who asked, by the proxy's word; "owner" by token. */
  readonly caller: string;
  readonly scopes: readonly string[];
  readonly agent: string;
  /** The full key. */
  readonly session: string;
  /** Of the session; 0 while it waits for an earlier run. */
  readonly turn: number;
  readonly outcome: "waiting" | "running" | "answered" | "failed" | "aborted";
}

export interface ChatCounts {
  /** Turns asked for, whatever became of them, and whatever was refused. */
  readonly received: number;
  readonly refused: number;
  /** Ended by a fault before anything was run. */
  readonly faulted: number;
  readonly answered: number;
  readonly failed: number;
  /** The caller went away. */
  readonly aborted: number;
  /** Sessions with at least one finished turn. */
  readonly sessions: number;
}

export interface Chat {
  readonly calls: () => readonly ChatCall[];
  readonly counts: () => ChatCounts;
  /** Finished turns by full session key. */
  readonly turns: () => ReadonlyMap<string, number>;
  /** Undefined ends a fault. */
  readonly setFault: (fault: Partial<ChatFault> | undefined) => void;
  /** Undefined when the path is none of `/v1`. */
  readonly answer: (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void> | undefined;
}

export interface ChatPorts {
  readonly name: string;
  readonly replyText: (facts: TurnFacts) => string;
  readonly thinkMs: number;
  readonly historyFile: string;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

interface State {
  readonly ports: ChatPorts;
  readonly settings: ChatSettings;
  readonly sessions: Sessions;
  readonly calls: Writable<ChatCall>[];
  fault: ChatFault | undefined;
  received: number;
  refused: number;
  faulted: number;
}

const MAX_BODY_BYTES = 20 * 1024 * 1024;
const isRefusal = (value: object | string): value is Refusal => typeof value === "object" && "status" in value && "body" in value;

function takeFault(state: State): ChatFault | undefined {
  const { fault } = state;
  if (fault?.times === undefined) return fault;
  state.fault = fault.times > 1 ? { ...fault, times: fault.times - 1 } : undefined;
  return fault;
}

/** Method, caller, body, override, content, agent, session: in the order in which a gateway looks at them. */
async function readCall({ settings }: State, endpoint: Endpoint, request: IncomingMessage): Promise<Writable<ChatCall> | Refusal> {
  const { headers } = request;
  if (request.method !== "POST") return wrongMethod("POST");
  const caller = admit(headers, settings, "write");
  if (isRefusal(caller)) return caller;
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === undefined) return tooLarge;
  const asked = parse(endpoint, body.toString("utf8"));
  if (headers["x-openclaw-model"] !== undefined && !isAdmin(caller)) return missingScope("operator.admin");
  if (isRefusal(asked)) return asked;
  const agent = agentOf(asked.model, headers, settings.agents);
  if (isRefusal(agent)) return agent;
  const session = sessionOf(endpoint, headers, agent, asked.user);
  if (isRefusal(session)) return session;
  const who = { caller: caller.user, scopes: caller.scopes, agent, session };
  return { ...asked, atMs: Date.now(), endpoint, headers, ...who, turn: 0, outcome: "waiting" };
}

function parse(endpoint: Endpoint, text: string): Asked | Refusal {
  try {
    return readAsked(endpoint, JSON.parse(text));
  } catch (error) {
    return invalid(error instanceof Error ? error.message : String(error));
  }
}

/** Aborted when the caller hangs up before the answer is out. */
function untilGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  if (response.destroyed) gone.abort();
  response.once("close", () => response.writableFinished || gone.abort());
  return gone.signal;
}

interface Turn {
  readonly call: Writable<ChatCall>;
  readonly fault: ChatFault | undefined;
  readonly response: ServerResponse;
  readonly signal: AbortSignal;
}

async function runTurn({ name, replyText, thinkMs }: ChatPorts, { call, ...rest }: Turn, { turn, remember }: Run): Promise<void> {
  call.turn = turn;
  call.outcome = "running";
  const voice = voiceOf(call.endpoint, call, rest.response, rest.signal);
  const text = answerTo(call.text, (words) => replyText({ name, turn, text: words }));
  call.outcome = await speak({ ...rest, voice, text, thinkMs: thinkMs + delayIn(call.text), remember });
}

async function answerTurn(state: State, endpoint: Endpoint, request: IncomingMessage, response: ServerResponse): Promise<void> {
  state.received += 1;
  const fault = takeFault(state);
  if (fault !== undefined && (await misbehaveBefore(fault, response))) {
    state.faulted += 1;
    return;
  }
  const call = await readCall(state, endpoint, request);
  if (isRefusal(call)) {
    state.refused += 1;
    return refuse(response, call);
  }
  state.calls.push(call);
  const signal = untilGone(response);
  await state.sessions
    .run(call.session, signal, (run) => runTurn(state.ports, { call, fault, response, signal }, run))
    .catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  if (call.outcome === "waiting" || call.outcome === "running") call.outcome = "aborted";
}

async function answerModels({ settings }: State, request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  if (request.method !== "GET") return refuse(response, wrongMethod("GET"));
  const caller = admit(request.headers, settings, "read");
  if (isRefusal(caller)) return refuse(response, caller);
  const ids = ["openclaw", "openclaw/default", ...settings.agents.map((agent) => `openclaw/${agent}`)];
  const data = ids.map((id) => ({ id, object: "model", created: 0, owned_by: "openclaw", permission: [] }));
  if (path === "/v1/models") return answerJson(response, 200, { object: "list", data });
  const id = decodeURIComponent(path.slice("/v1/models/".length));
  const found = data.find((model) => model.id === id);
  return found === undefined ? refuse(response, noSuchModel(id)) : answerJson(response, 200, found);
}

function countsOf({ calls, sessions, received, refused, faulted }: State): ChatCounts {
  const ended = (outcome: ChatCall["outcome"]): number => calls.filter((call) => call.outcome === outcome).length;
  const outcomes = { answered: ended("answered"), failed: ended("failed"), aborted: ended("aborted") };
  return { received, refused, faulted, ...outcomes, sessions: sessions.turns().size };
}

/** Without options `/v1` is off, as in a gateway that was not told otherwise: every path is 404. */
export function openChat(options: ChatOptions | undefined, ports: ChatPorts): Chat {
  const settings = chatOptionsSchema.parse(options ?? { mode: "token", token: "off" });
  const sessions = openSessions(ports.historyFile);
  const state: State = { ports, settings, sessions, calls: [], fault: undefined, received: 0, refused: 0, faulted: 0 };
  return {
    calls: () => state.calls,
    counts: () => countsOf(state),
    turns: sessions.turns,
    setFault: (fault) => {
      state.fault = fault && chatFaultSchema.parse(fault);
    },
    answer: (request, response, { pathname }) => {
      if (options === undefined) return undefined;
      if (pathname === "/v1/chat/completions" || pathname === "/v1/responses") return answerTurn(state, pathname, request, response);
      if (pathname === "/v1/models" || pathname.startsWith("/v1/models/")) return answerModels(state, request, response, pathname);
      return undefined;
    },
  };
}
