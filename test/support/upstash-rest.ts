/**
 * Upstash's REST API in front of a real Redis, for tests: what its clients send and expect, with faults on demand. It never
 * leaves loopback, and it answers nothing Redis did not say, unless a fault is set.
 * @see https://upstash.com/docs/redis/features/restapi
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Redis } from "ioredis";
import { ScriptBook } from "./upstash-scripts.ts";

export interface Fault {
  readonly latencyMs?: number;
  readonly status?: number;
  /** Sent instead of an answer, as it is. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection ends without an answer. */
  readonly isDropping?: boolean;
}

export interface UpstashRest {
  readonly url: string;
  readonly token: string;
  /** Names of the commands asked for since the last call. */
  takeCommands(): readonly string[];
  setFault(fault: Fault): void;
  close(): Promise<void>;
}

type Reply = { readonly result: unknown } | { readonly error: string };
type Command = readonly [name: string, ...args: string[]];

/** They hold a connection, which HTTP has not, or they are the operator's. */
const BLOCKED = new Set(
  "MULTI EXEC DISCARD WATCH UNWATCH SUBSCRIBE PSUBSCRIBE SSUBSCRIBE MONITOR BLPOP BRPOP BLMOVE BRPOPLPUSH BZPOPMIN BZPOPMAX WAIT SELECT AUTH CLIENT SHUTDOWN CONFIG DEBUG".split(
    " ",
  ),
);
const MAX_REQUEST_BYTES = 10 * 1024 * 1024;

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function startUpstashRest(redisUrl: string, token = "test-upstash-token"): Promise<UpstashRest> {
  // RESP2, whose replies have the types that Upstash's JSON has
  const redis = new Redis(redisUrl, { lazyConnect: true, protocol: 2, maxRetriesPerRequest: 0 });
  await redis.connect();
  const front = new Front(redis, token);
  const server = createServer((request, response) => void front.answer(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    takeCommands: () => front.commands.splice(0),
    setFault: (fault) => {
      front.fault = fault;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      redis.disconnect();
    },
  };
}

class Front {
  fault: Fault = {};
  readonly commands: string[] = [];
  readonly #scripts = new ScriptBook();
  readonly #redis: Redis;
  readonly #token: string;
  #writes = 0;

  constructor(redis: Redis, token: string) {
    this.#redis = redis;
    this.#token = token;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { latencyMs = 0, isDropping = false, status, body, headers } = this.fault;
    await new Promise((resolve) => setTimeout(resolve, latencyMs));
    if (isDropping) return void request.socket.destroy();
    if (status !== undefined || body !== undefined)
      return void response.writeHead(status ?? 200, headers).end(body ?? '{"error":"ERR fault"}');

    const { status: code, json } = await this.#reply(request);
    this.#writes += 1;
    response.writeHead(code, { "content-type": "application/json", "upstash-sync-token": String(this.#writes) }).end(JSON.stringify(json));
  }

  async #reply(request: IncomingMessage): Promise<{ readonly status: number; readonly json: unknown }> {
    try {
      return { status: 200, json: await this.#route(request) };
    } catch (error) {
      return {
        status: error instanceof Refusal ? error.status : 500,
        json: { error: error instanceof Error ? error.message : String(error) },
      };
    }
  }

  async #route(request: IncomingMessage): Promise<unknown> {
    const url = new URL(request.url ?? "/", "http://front");
    const isKnown = request.headers.authorization === `Bearer ${this.#token}` || url.searchParams.get("_token") === this.#token;
    if (!isKnown) throw new Refusal(401, "Unauthorized");

    const encode = request.headers["upstash-encoding"] === "base64" ? this.#base64 : this.#plain;
    const body = await bodyOf(request);
    switch (url.pathname) {
      case "/":
        return this.#single(this.#command(parse(body)), encode);
      case "/pipeline":
        return this.#many(parse(body), this.#redis.pipeline(), encode);
      case "/multi-exec":
        return this.#many(parse(body), this.#redis.multi(), encode);
      default:
        return this.#single(this.#command(pathCommand(url, body)), encode);
    }
  }

  /** A single command that fails is a 400; inside a list its error stands in its place. */
  async #single([name, ...args]: Command, encode: (value: unknown) => unknown): Promise<Reply> {
    try {
      return { result: encode(await this.#redis.callBuffer(name, ...args)) };
    } catch (error) {
      throw new Refusal(400, error instanceof Error ? error.message : String(error));
    }
  }

  async #many(list: unknown, batch: ReturnType<Redis["pipeline"]>, encode: (value: unknown) => unknown): Promise<readonly Reply[]> {
    if (!Array.isArray(list) || list.length === 0) throw new Refusal(400, "ERR empty pipeline request");
    for (const [name, ...args] of list.map((command) => this.#command(command))) batch.callBuffer(name, ...args);
    const replies = await batch.exec().catch((error: Error) => {
      throw new Refusal(400, error.message);
    });
    return (replies ?? []).map(([error, result]) => (error === null ? { result: encode(result) } : { error: error.message }));
  }

  /** In capitals, which also keeps the Redis client from reshaping replies of the commands it knows. */
  #command(given: unknown): Command {
    if (!Array.isArray(given) || given.length === 0) throw new Refusal(400, "ERR failed to parse command");
    const [first = "", ...args] = given.map(argument);
    const name = first.toUpperCase();
    if (BLOCKED.has(name)) throw new Refusal(400, `ERR Command is not available: '${name}'`);
    this.commands.push(name);
    return [name, ...this.#translated(name, args)];
  }

  #translated(name: string, args: readonly string[]): readonly string[] {
    const [first = "", ...rest] = args;
    if (name === "EVAL" || name === "EVAL_RO") return [this.#scripts.toStock(first), ...rest];
    if (name === "EVALSHA" || name === "EVALSHA_RO") return [this.#scripts.stockHash(first), ...rest];
    if (name !== "SCRIPT") return args;
    const isLoad = first.toUpperCase() === "LOAD";
    return [first, ...rest.map((arg) => (isLoad ? this.#scripts.toStock(arg) : this.#scripts.stockHash(arg)))];
  }

  readonly #plain = (value: unknown): unknown => {
    if (Buffer.isBuffer(value)) return this.#scripts.clientHash(value.toString());
    if (Array.isArray(value)) return value.map(this.#plain);
    return value instanceof Error ? value.message : value;
  };

  /** Every text but the bare status OK. */
  readonly #base64 = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(this.#base64);
    if (!Buffer.isBuffer(value) || value.toString() === "OK") return this.#plain(value);
    const text = value.toString();
    const known = this.#scripts.clientHash(text);
    return (known === text ? value : Buffer.from(known)).toString("base64");
  };
}

function argument(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** `/set/name/value?EX=5`, a body coming after the path. */
function pathCommand(url: URL, body: string): readonly string[] {
  const path = url.pathname.split("/").filter(Boolean).map(decodeURIComponent);
  const options = [...url.searchParams]
    .filter(([key]) => key !== "_token")
    .flatMap(([key, value]) => (value === "" ? [key] : [key, value]));
  return [...path, ...(body === "" ? [] : [body]), ...options];
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_REQUEST_BYTES) throw new Refusal(413, "ERR max request size exceeded");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, "ERR failed to parse request");
  }
}
