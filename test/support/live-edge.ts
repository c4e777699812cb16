/**
 * The real bundle in workerd for one test: a folder of its own, one port over all restarts, every log line of every incarnation,
 * and the few calls tests make. Whatever it started is gone after `close`.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBundle } from "../../scripts/edge/build.ts";
import { type Edge, type EdgeOptions, startEdge } from "../../scripts/edge/run.ts";
import { INSTANCE_SECRET, type Recorder } from "./recorder.ts";

export const SECRET = "webhook-secret-of-the-bot";
export const ADMIN_TOKEN = "admin-token-for-tests-0123456789";
export const SECRET_HEADER = "x-telegram-bot-api-secret-token";
const TOKEN = "123456789:AAF-real_token_of_the_bot_0123456789";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface LogEntry {
  readonly event: string;
  readonly [fact: string]: unknown;
}

export interface LiveEdge {
  readonly dir: string;
  readonly url: string;
  readonly options: EdgeOptions;
  /** What the Worker logged so far, over all incarnations. */
  readonly log: () => readonly LogEntry[];
  readonly start: () => Promise<Edge>;
  readonly stop: () => Promise<void>;
  readonly kill: () => Promise<void>;
  readonly writeRoutes: (document: object | string) => void;
  /** The webhook of an account, called as Telegram does; headers as pairs, so that one can stand there twice. */
  readonly post: (account: string, body: Body, headers?: Headers) => Promise<Answer>;
  readonly call: (method: string, path: string, body?: Body, headers?: Headers) => Promise<Answer>;
  readonly admin: (method: string, path: string, body?: object | string) => Promise<{ readonly status: number; readonly json: AdminJson }>;
  readonly close: () => Promise<void>;
}

export type Body = string | Buffer | undefined;
export type Headers = readonly (readonly [name: string, value: string])[];
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into by the tests that know them
export type AdminJson = any;

/** Sends the path as it is written: URL parsers tidy up what a test wants to keep untidy. */
export function send(port: number, method: string, path: string, options: { body?: Body; headers?: Headers } = {}): Promise<Answer> {
  const headers = ["host", `127.0.0.1:${port}`, ...(options.headers ?? []).flat()];
  const isSized = options.headers?.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  if (options.body !== undefined && isSized !== true) headers.push("content-length", String(Buffer.byteLength(options.body)));
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    sent.on("error", reject);
    sent.end(options.body);
  });
}

function parseLine(line: string): readonly LogEntry[] {
  try {
    return [JSON.parse(line) as LogEntry];
  } catch {
    return [];
  }
}

export async function liveEdge(routes: object, vars: Readonly<Record<string, string>> = {}): Promise<LiveEdge> {
  const dir = mkdtempSync(join(tmpdir(), "clawedge-live-"));
  const routesFile = join(dir, "routes.jsonc");
  const writeRoutes = (document: object | string): void =>
    writeFileSync(routesFile, typeof document === "string" ? document : JSON.stringify(document));
  writeRoutes(routes);
  const lines: string[] = [];
  const options: EdgeOptions = {
    bundle: await ensureBundle(),
    routesFile,
    stateDir: join(dir, "state"),
    vars: {
      ...{ ADMIN_TOKEN, TG_SECRET: SECRET, TG_TOKEN: TOKEN, INSTANCE_SECRET, CONFIG_TTL_MS: "200" },
      TELEGRAM_API_BASE: "http://127.0.0.1:9",
      ...vars,
    },
    onLine: (line) => lines.push(line),
  };
  let port = 0;
  let edge: Edge | undefined;
  const start = async (): Promise<Edge> => {
    edge = await startEdge({ ...options, port });
    port = edge.port;
    return edge;
  };
  await start();
  const call: LiveEdge["call"] = (method, path, body, headers = []) => send(port, method, path, { body, headers });
  return {
    dir,
    url: `http://127.0.0.1:${port}`,
    options: { ...options, port },
    log: () => lines.flatMap(parseLine),
    start,
    stop: async () => edge?.stop(),
    kill: async () => edge?.kill(),
    writeRoutes,
    call,
    post: (account, body, headers = [[SECRET_HEADER, SECRET]]) =>
      call("POST", `/webhooks/telegram/${account}`, body, [["content-type", "application/json"], ...headers]),
    admin: async (method, path, body) => {
      const text = typeof body === "object" ? JSON.stringify(body) : body;
      const answer = await call(method, path, text, [["authorization", `Bearer ${ADMIN_TOKEN}`]]);
      return { status: answer.status, json: answer.body === "" ? undefined : JSON.parse(answer.body) };
    },
    close: async () => {
      await edge?.kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** One account and one pool of all recorders, to be bent by a test. */
export function routesFor(recorders: readonly Recorder[], more: { readonly pool?: object; readonly accounts?: readonly string[] } = {}) {
  const { pool = {}, accounts = ["telegram:support"] } = more;
  return {
    accounts: Object.fromEntries(accounts.map((id) => [id, { pool: "support", secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } }])),
    instances: Object.fromEntries(recorders.map(({ name, config }) => [name, config])),
    pools: { support: { instances: recorders.map(({ name }) => name), strategy: "rendezvous", ...pool } },
  };
}

/** A text message as Telegram sends it. */
export function textUpdate(updateId: number, chat: number, text: string, from = chat > 0 ? chat : 777): string {
  const message = {
    message_id: updateId,
    from: { id: from, is_bot: false, first_name: "Test" },
    chat: { id: chat, type: chat > 0 ? "private" : "supergroup" },
    date: Math.floor(Date.now() / 1000),
    text,
  };
  return JSON.stringify({ update_id: updateId, message });
}

/** Waits until `isSo` holds; fails with what it looked at last. Generous, because two cores may be busy. */
export async function until<T>(look: () => T | Promise<T>, isSo: (value: T) => boolean, withinMs = 30_000): Promise<T> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const value = await look();
    if (isSo(value)) return value;
    if (Date.now() > deadlineMs) throw new Error(`not so within ${withinMs} ms: ${JSON.stringify(value)?.slice(0, 2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
