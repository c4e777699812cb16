/** The HTTP side of the stand-in for Telegram's servers: `/bot<token>/<method>`, file downloads, injected failures. Outermost edge only. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { answerJson, readBody, sleep } from "./http-service.ts";
import { boundaryOf, type FormFile, readForm } from "./multipart.ts";
import type { Bot, Json } from "./telegram-bot.ts";
import { type ApiAnswer, callMethod, type MethodPorts, refuse } from "./telegram-methods.ts";

export interface ApiCall {
  readonly atMs: number;
  readonly token: string;
  readonly method: string;
  readonly params: Json;
  readonly files: readonly FormFile[];
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly status: number;
}

/** What to do to the next calls that match: an error in Telegram's words, a delay, or a broken connection. */
export interface Failure {
  readonly method?: string | undefined;
  readonly token?: string | undefined;
  readonly chat?: string | number | undefined;
  /** How many calls; default 1. */
  readonly times?: number | undefined;
  readonly status?: number | undefined;
  readonly description?: string | undefined;
  readonly retryAfter?: number | undefined;
  readonly migrateTo?: number | undefined;
  readonly delayMs?: number | undefined;
  readonly isReset?: boolean | undefined;
}

export interface ServerState {
  readonly bots: ReadonlyMap<string, Bot>;
  readonly calls: ApiCall[];
  /** Tokens that no bot has, one for each call. */
  readonly strangers: string[];
  readonly failures: { readonly failure: Failure; left: number }[];
  readonly files: ReadonlyMap<string, { readonly path: string; readonly bytes: number }>;
  readonly ports: MethodPorts;
}

const MAX_JSON_BYTES = 4 * 1024 * 1024;
const PATH = /\/(file\/)?bot([^/]+)\/(.+)$/;

interface Read {
  readonly params: Json;
  readonly files: readonly FormFile[];
}

async function readParams(request: IncomingMessage, url: URL): Promise<Read | undefined> {
  const query = Object.fromEntries(url.searchParams);
  const type = request.headers["content-type"] ?? "";
  const boundary = type.startsWith("multipart/") ? boundaryOf(type) : undefined;
  if (boundary !== undefined) {
    const { fields, files } = await readForm(request, boundary);
    return { params: { ...query, ...fields }, files };
  }
  const body = (await readBody(request, MAX_JSON_BYTES))?.toString("utf8");
  if (body === undefined) return undefined;
  if (type.includes("urlencoded")) return { params: { ...query, ...Object.fromEntries(new URLSearchParams(body)) }, files: [] };
  return { params: { ...query, ...(body === "" ? {} : JSON.parse(body)) }, files: [] };
}

function takeFailure({ failures }: ServerState, token: string, method: string, params: Json): Failure | undefined {
  const match = failures.find(
    ({ failure, left }) =>
      left > 0 &&
      (failure.method === undefined || failure.method.toLowerCase() === method.toLowerCase()) &&
      (failure.token === undefined || failure.token === token) &&
      (failure.chat === undefined || String(failure.chat) === String(params["chat_id"])),
  );
  if (match !== undefined) match.left -= 1;
  return match?.failure;
}

function failureAnswer({ status, description, retryAfter, migrateTo }: Failure): ApiAnswer | undefined {
  if (migrateTo !== undefined) {
    return refuse(400, "Bad Request: group chat was upgraded to a supergroup chat", { migrate_to_chat_id: migrateTo });
  }
  if (retryAfter !== undefined) return refuse(429, `Too Many Requests: retry after ${retryAfter}`, { retry_after: retryAfter });
  return status === undefined ? undefined : refuse(status, description ?? "Internal Server Error");
}

/** Telegram repeats `retry_after` as a header. */
function write(response: ServerResponse, { status, body }: ApiAnswer): void {
  const parameters = body["parameters"];
  const retryAfter: unknown = typeof parameters === "object" && parameters !== null ? Reflect.get(parameters, "retry_after") : undefined;
  answerJson(response, status, body, typeof retryAfter === "number" ? { "retry-after": String(retryAfter) } : {});
}

/** A file of so many bytes, made up as it is sent. */
function* content(bytes: number): Generator<Buffer> {
  const block = Buffer.alloc(64 * 1024, "claw");
  for (let left = bytes; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length));
}

async function download(state: ServerState, path: string, response: ServerResponse): Promise<void> {
  const file = [...state.files.values()].find((each) => each.path === path);
  if (file === undefined) return answerJson(response, 404, refuse(404, "Not Found").body);
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": file.bytes });
  await pipeline(Readable.from(content(file.bytes)), response);
}

async function answerMethod(
  state: ServerState,
  bot: Bot,
  method: string,
  [request, response, url]: [IncomingMessage, ServerResponse, URL],
): Promise<void> {
  const read = await readParams(request, url);
  if (read === undefined) return write(response, refuse(413, "Request Entity Too Large"));
  const failure = takeFailure(state, bot.token, method, read.params);
  if (failure?.delayMs !== undefined) await sleep(failure.delayMs);
  const answer = (failure && failureAnswer(failure)) ?? callMethod({ bot, method, ...read }, state.ports);
  const status = failure?.isReset ? 0 : answer.status;
  state.calls.push({ atMs: state.ports.nowMs(), token: bot.token, method, ...read, headers: request.headers, status });
  if (failure?.isReset) request.socket.resetAndDestroy();
  else write(response, answer);
}

/** Anything under the API's own paths, with or without a prefix before them. */
export async function answerApi(state: ServerState, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const [, isFile, token = "", rest = ""] = PATH.exec(url.pathname) ?? [];
  if (token === "") return write(response, refuse(404, "Not Found"));
  const bot = state.bots.get(decodeURIComponent(token));
  if (bot === undefined) {
    state.strangers.push(token);
    return write(response, refuse(401, "Unauthorized"));
  }
  if (isFile !== undefined) return download(state, rest, response);
  await answerMethod(state, bot, rest, [request, response, url]);
}
