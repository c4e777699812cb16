/**
 * A gateway's Telegram listeners that only take notes: what came, by which account's path, and how the hand-over ended. It forgets nothing and
 * absorbs nothing, so that every repeat is seen. Misbehaves on demand.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { answerJson, listen, readBody, type Service, sleep } from "../fakes/http-service.ts";
import { type Fault, faultSchema, misbehave } from "../fakes/instance-fault.ts";
import type { Receipt } from "./facts.ts";
import { readQuestion } from "./texts.ts";

export interface Native {
  readonly name: string;
  readonly url: string;
  readonly receipts: readonly Receipt[];
  /** Requests that met a fault. */
  readonly hits: () => number;
  /** Undefined ends it. `share`: of the requests it hits. `refuse` closes the port, and with it the probes. */
  readonly setFault: (fault: (Partial<Fault> & { readonly share?: number }) | undefined) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface NativeOptions {
  readonly name: string;
  readonly secret: string;
  /** In [0, 1). */
  readonly dice: () => number;
  /** After so long nobody waits for an answer any more. */
  readonly patienceMs: number;
}

interface State {
  readonly options: NativeOptions;
  readonly receipts: Receipt[];
  hits: number;
  fault: (Fault & { readonly share: number }) | undefined;
}

const THINK_MS = 5;
const MAX_BODY_BYTES = 1024 * 1024;
const MARKER = { "x-openclaw-delivery-accepted": "durable" };
const PROBES: Readonly<Record<string, object>> = {
  "/startupz": { ok: true, status: "started" },
  "/readyz": { ready: true },
  "/healthz": { ok: true },
};

/** Resolves when it was said to the end, or the caller had gone. */
function said(response: ServerResponse, headers: Readonly<Record<string, string>>): Promise<boolean> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve(false);
    response.once("close", () => resolve(response.writableFinished));
    response.writeHead(200, headers).end();
  });
}

async function take(state: State, account: string, [request, response]: [IncomingMessage, ServerResponse]): Promise<void> {
  const { name: instance, secret, dice, patienceMs } = state.options;
  const arrivedAtMs = Date.now();
  const fault = state.fault !== undefined && dice() < state.fault.share ? state.fault : undefined;
  if (fault !== undefined) state.hits += 1;
  if (fault !== undefined && (await misbehave(fault, response))) return;
  if (request.headers["x-telegram-bot-api-secret-token"] !== secret) return void response.writeHead(401).end();
  const text = (await readBody(request, MAX_BODY_BYTES))?.toString("utf8") ?? "";
  const name = readQuestion(text)?.name ?? `unknown#${text.slice(0, 100)}`;
  const at = state.receipts.push({ name, account, instance, atMs: Date.now(), answer: "otherwise" }) - 1;
  await sleep(THINK_MS);
  if (fault?.kind === "mute") return;
  const isMarked = fault?.kind !== "unmarked";
  const isHeard = await said(response, isMarked ? MARKER : {});
  const receipt = state.receipts[at];
  const isInTime = Date.now() - arrivedAtMs < patienceMs;
  if (receipt !== undefined && isMarked && isHeard && isInTime) state.receipts[at] = { ...receipt, answer: "durable" };
}

export async function startNative(options: NativeOptions): Promise<Native> {
  const state: State = { options, receipts: [], hits: 0, fault: undefined };
  const open = (port: number): Promise<Service> =>
    listen(port, (request, response, { pathname }) => {
      const probe = request.method === "GET" ? PROBES[pathname] : undefined;
      return probe === undefined ? take(state, pathname.slice(1), [request, response]) : answerJson(response, 200, probe);
    });
  const { port, url, ...first } = await open(0);
  let close: (() => Promise<void>) | undefined = first.close;
  const setFault: Native["setFault"] = async (wanted) => {
    const { share = 1, ...fault } = wanted ?? {};
    state.fault = wanted && { ...faultSchema.parse(fault), share };
    const isRefusing = state.fault?.kind === "refuse";
    const closing = close;
    if (isRefusing) {
      close = undefined;
      await closing?.();
    } else if (closing === undefined) ({ close } = await open(port));
  };
  return { name: options.name, url, receipts: state.receipts, hits: () => state.hits, setFault, close: async () => close?.() };
}
