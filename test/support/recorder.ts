/**
 * An instance that only takes notes: answers probes, takes updates on `/<account>` with that account's secret, writes down every one in order and
 * answers with the durable marker, unless a fault is set. It has no queue and answers nobody; for tests that compare what was sent with what arrived.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { answerJson, listen, readBody, type Service } from "../../scripts/fakes/http-service.ts";
import { type Fault, faultSchema, misbehave } from "../../scripts/fakes/instance-fault.ts";

export interface Receipt {
  readonly instance: string;
  /** The account whose listener took it. */
  readonly account: string;
  readonly atMs: number;
  readonly update: { readonly update_id: number; readonly [kind: string]: unknown };
  readonly headers: IncomingMessage["headers"];
}

/** Anything that reached the listener's port and is no probe, whatever became of it. */
export interface Knock {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
}

export interface Recorder {
  readonly name: string;
  readonly url: string;
  /** Accepted with the marker, in order. */
  readonly receipts: readonly Receipt[];
  readonly knocks: readonly Knock[];
  /** Undefined ends a fault. `refuse` closes the port and with it the probes. */
  readonly setFault: (fault: Partial<Fault> | undefined) => Promise<void>;
  /** How this instance stands in a routes document. */
  readonly config: object;
  readonly close: () => Promise<void>;
}

export interface RecorderOptions {
  readonly name: string;
  readonly accounts: readonly string[];
  /** How long it thinks before it accepts. */
  readonly thinkMs?: number;
  readonly config?: object;
}

export const INSTANCE_SECRET = "listener-secret-of-the-instance";
const MARKER = { "x-openclaw-delivery-accepted": "durable" };
const PROBES: Readonly<Record<string, object>> = {
  "/startupz": { ok: true, status: "started" },
  "/readyz": { ready: true },
  "/healthz": { ok: true },
};

interface State {
  readonly options: RecorderOptions;
  readonly receipts: Receipt[];
  readonly knocks: Knock[];
  fault: Fault | undefined;
}

function takeFault(state: State): Fault | undefined {
  const { fault } = state;
  if (fault?.times === undefined) return fault;
  state.fault = fault.times > 1 ? { ...fault, times: fault.times - 1 } : undefined;
  return fault;
}

async function answer(state: State, [request, response, path]: [IncomingMessage, ServerResponse, string]): Promise<void> {
  const { name, accounts, thinkMs } = state.options;
  state.knocks.push({ method: request.method ?? "", path, headers: request.headers });
  const fault = takeFault(state);
  if (fault !== undefined && (await misbehave(fault, response))) return;
  const account = accounts.find((each) => path === `/${each}`);
  if (account === undefined) return void response.writeHead(404).end();
  if (request.headers["x-telegram-bot-api-secret-token"] !== INSTANCE_SECRET) return void response.writeHead(401).end();
  const body = await readBody(request, 2 * 1024 * 1024);
  const update = JSON.parse(body?.toString("utf8") ?? "");
  state.receipts.push({ instance: name, account, atMs: Date.now(), update, headers: request.headers });
  if (thinkMs !== undefined) await new Promise((resolve) => setTimeout(resolve, thinkMs));
  if (fault?.kind === "mute") return;
  response.writeHead(200, fault?.kind === "unmarked" ? {} : MARKER).end();
}

export async function startRecorder(options: RecorderOptions): Promise<Recorder> {
  const state: State = { options, receipts: [], knocks: [], fault: undefined };
  const open = (port: number): Promise<Service> =>
    listen(port, (request, response, { pathname }) => {
      const probe = request.method === "GET" ? PROBES[pathname] : undefined;
      return probe === undefined ? answer(state, [request, response, pathname]) : answerJson(response, 200, probe);
    });
  const first = await open(0);
  let service: Service | undefined = first;
  const setFault = async (fault: Partial<Fault> | undefined): Promise<void> => {
    state.fault = fault && faultSchema.parse(fault);
    const isRefusing = state.fault?.kind === "refuse";
    if (isRefusing) await service?.close();
    service = isRefusing ? undefined : (service ?? (await open(first.port)));
  };
  const native = Object.fromEntries(
    options.accounts.map((account) => [account, { url: `${first.url}/${account}`, secret: "INSTANCE_SECRET" }]),
  );
  return {
    name: options.name,
    url: first.url,
    receipts: state.receipts,
    knocks: state.knocks,
    setFault,
    config: { url: first.url, probe: { intervalMs: 1_000 }, ...options.config, native },
    close: async () => service?.close(),
  };
}
