/** The HTTP side of the stand-in for Meta's Graph API: versions, bearer tokens, objects by id, injected failures. Outermost edge only. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { setCallback, showNumber } from "./graph-callback.ts";
import { badParameter, type GraphAnswer, graphError, type Json, noSuchObject } from "./graph-error.ts";
import type { MediaStore } from "./graph-media.ts";
import { callMessages, kindOf, type MessagePorts, subjectOf, type Taken } from "./graph-methods.ts";
import type { BusinessNumber, Callback, SentMessage } from "./graph-numbers.ts";
import { answerJson, readBody, sleep } from "./http-service.ts";

export type CallKind = "message" | "read" | "media" | "settings";

export interface GraphCall {
  readonly arrivedAtMs: number;
  readonly atMs: number;
  readonly kind: CallKind;
  readonly method: string;
  readonly path: string;
  /** Whose token it came with. */
  readonly number: string;
  readonly body: Json;
  readonly headers: IncomingMessage["headers"];
  /** 0: the connection was dropped. */
  readonly status: number;
}

/** What to do to the next calls that match; `code` is one of Meta's. */
export interface GraphFailure {
  /** Default `message`. */
  readonly kind?: CallKind | undefined;
  readonly number?: string | undefined;
  readonly to?: string | undefined;
  /** How many calls; default 1. */
  readonly times?: number | undefined;
  readonly code?: number | undefined;
  readonly status?: number | undefined;
  readonly details?: string | undefined;
  readonly retryAfterS?: number | undefined;
  readonly delayMs?: number | undefined;
  /** The connection breaks instead of an answer. */
  readonly drop?: boolean | undefined;
  /** The message is taken and sent all the same. */
  readonly afterTaking?: boolean | undefined;
  /** The message is taken and answered with success; that it failed, with `code`, comes later as a status. */
  readonly asStatus?: boolean | undefined;
}

export interface GraphState {
  readonly numbers: ReadonlyMap<string, BusinessNumber>;
  readonly calls: GraphCall[];
  /** Bearer tokens that no number has, one for each call. */
  readonly strangers: string[];
  readonly failures: { readonly failure: GraphFailure; left: number }[];
  readonly media: MediaStore;
  readonly ports: MessagePorts;
  readonly appCallback: () => Callback | undefined;
  /** A message was taken; with a code it is going to fail. */
  readonly onTaken: (number: BusinessNumber, sent: SentMessage, failsWith: number | undefined) => void;
}

const MAX_BODY_BYTES = 1024 * 1024;
const PATH = /^(?:\/v\d+(?:\.\d+)?)\/([^/]+)\/?(messages)?$/;
const UNKNOWN_ERROR = 131000;

export const bearerOf = (header: string | undefined): string => /^Bearer (.+)$/.exec(header ?? "")?.[1] ?? "";

function takeFailure({ failures }: GraphState, kind: CallKind, number: string, to: string): GraphFailure | undefined {
  const match = failures.find(
    ({ failure, left }) =>
      left > 0 &&
      (failure.kind ?? "message") === kind &&
      (failure.number === undefined || failure.number === number) &&
      (failure.to === undefined || failure.to === to),
  );
  if (match !== undefined) match.left -= 1;
  return match?.failure;
}

/** Undefined: only late, or only later. */
function failureAnswer({ code, status, details, retryAfterS, asStatus }: GraphFailure): GraphAnswer | undefined {
  if (asStatus || (code === undefined && status === undefined)) return undefined;
  return graphError(code ?? UNKNOWN_ERROR, details ?? "asked to fail", { status, retryAfterS });
}

interface Call {
  readonly kind: CallKind;
  readonly number: BusinessNumber;
  readonly body: Json;
  readonly to: string;
  readonly perform: () => Promise<Taken> | Taken;
}

function write(response: ServerResponse, { status, body, headers }: GraphAnswer): void {
  answerJson(response, status, body, headers);
}

/** Performs the call unless a failure comes before it. */
async function performWith(failure: GraphFailure | undefined, { perform }: Call): Promise<Taken> {
  if (failure?.delayMs !== undefined) await sleep(failure.delayMs);
  const instead = failure && failureAnswer(failure);
  const isBefore = failure !== undefined && !failure.afterTaking && (instead !== undefined || failure.drop === true);
  if (isBefore) return { answer: instead ?? graphError(UNKNOWN_ERROR, undefined) };
  const taken = await perform();
  return instead === undefined || taken.answer.status !== 200 ? taken : { ...taken, answer: instead };
}

async function answerCall(state: GraphState, call: Call, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { kind, number, body } = call;
  const arrivedAtMs = state.ports.nowMs();
  const failure = takeFailure(state, kind, number.id, call.to);
  const { answer, sent } = await performWith(failure, call);
  const status = failure?.drop ? 0 : answer.status;
  const facts = { arrivedAtMs, atMs: state.ports.nowMs(), kind, method: request.method ?? "", path: request.url ?? "", number: number.id };
  state.calls.push({ ...facts, body, headers: request.headers, status });
  if (failure?.drop) request.socket.resetAndDestroy();
  else write(response, answer);
  if (sent !== undefined) state.onTaken(number, sent, failure?.asStatus ? (failure.code ?? UNKNOWN_ERROR) : undefined);
}

async function readJson(request: IncomingMessage): Promise<Json | undefined> {
  const text = (await readBody(request, MAX_BODY_BYTES))?.toString("utf8");
  try {
    const json: unknown = JSON.parse(text || "{}");
    return typeof json === "object" && json !== null ? (json as Json) : undefined;
  } catch {
    return undefined;
  }
}

const answered = (answer: GraphAnswer): Taken => ({ answer });

/** Undefined: nothing is there, or not with this method. */
function callOf(state: GraphState, caller: BusinessNumber, body: Json, { method = "", url = "" }: IncomingMessage): Call | undefined {
  const { pathname, searchParams } = new URL(url, "http://graph");
  const [, id = "", edge] = PATH.exec(pathname) ?? [];
  const number = state.numbers.get(id);
  const isOwn = number?.token === caller.token;
  const settings = { kind: "settings" as const, number: number ?? caller, body, to: "" };
  if (number !== undefined && isOwn && edge === "messages" && method === "POST") {
    const perform = (): Taken => callMessages(number, body, state.ports);
    return { kind: kindOf(body), number, body, to: subjectOf(body), perform };
  }
  if (number !== undefined && isOwn && edge === undefined && method === "POST") {
    return { ...settings, perform: async () => answered(await setCallback(number, body)) };
  }
  if (number !== undefined && isOwn && edge === undefined && method === "GET") {
    return { ...settings, perform: () => answered(showNumber(number, state.appCallback(), searchParams.get("fields"))) };
  }
  const info = edge === undefined && method === "GET" ? state.media.infoOf(id) : undefined;
  return info && { kind: "media", number: caller, body, to: id, perform: () => answered({ status: 200, body: info }) };
}

export async function answerGraph(state: GraphState, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const bearer = bearerOf(request.headers.authorization);
  const caller = [...state.numbers.values()].find(({ token }) => token === bearer);
  const body = await readJson(request);
  if (caller === undefined) {
    state.strangers.push(bearer);
    return write(response, graphError(190, undefined));
  }
  if (body === undefined) return write(response, badParameter("The body is not valid JSON"));
  const call = callOf(state, caller, body, request);
  if (call === undefined) return write(response, noSuchObject(PATH.exec(url.pathname)?.[1] ?? url.pathname));
  await answerCall(state, call, request, response);
}
