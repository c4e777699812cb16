/** The stand-in gateway's Telegram listener: secret, JSON, queue, then 200 with the marker of durable acceptance. A fault can close it, and open it again on the same port. Outermost edge only. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { listen, readBody, type Service } from "./http-service.ts";
import { misbehave } from "./instance-fault.ts";
import type { Inbox } from "./instance-inbox.ts";
import { readUpdate } from "./instance-update.ts";

export interface Listener {
  readonly url: string;
  /** Closes or opens, as the fault of the inbox says. */
  readonly follow: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface ListenerOptions {
  readonly port: number;
  /** Without one nobody is let in. */
  readonly secret: string | undefined;
}

const WEBHOOK_PATH = "/telegram-webhook";
const MARKER = { "content-type": "text/plain", "x-openclaw-delivery-accepted": "durable" };
const MAX_BODY_BYTES = 1024 * 1024;

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
const isSecret = (given: unknown, expected: string | undefined): boolean =>
  typeof given === "string" && expected !== undefined && timingSafeEqual(sha256(given), sha256(expected));

async function parseJson(request: IncomingMessage): Promise<{ readonly status: 413 | 400 } | { readonly json: unknown }> {
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === undefined) return { status: 413 };
  try {
    return { json: JSON.parse(body.toString("utf8")) };
  } catch {
    return { status: 400 };
  }
}

/** 200 with the marker and nothing else; the turn starts after the answer. */
async function takeUpdate(inbox: Inbox, secret: string | undefined, [request, response]: [IncomingMessage, ServerResponse]): Promise<void> {
  const fault = inbox.takeFault();
  if (fault !== undefined && (await misbehave(fault, response))) return;
  if (!isSecret(request.headers["x-telegram-bot-api-secret-token"], secret)) {
    inbox.turnAway();
    return void response.writeHead(401).end("unauthorized");
  }
  const read = await parseJson(request);
  if ("status" in read) return void response.writeHead(read.status).end();
  const entry = readUpdate(read.json);
  if (entry === undefined) return void response.writeHead(400).end();
  await inbox.take(entry);
  if (fault?.kind === "mute") return;
  response.writeHead(200, fault?.kind === "unmarked" ? { "content-type": "text/plain" } : MARKER).end();
}

export async function openListener(inbox: Inbox, { port: wanted, secret }: ListenerOptions): Promise<Listener> {
  const open = (port: number): Promise<Service> =>
    listen(port, (request, response, { pathname }) => {
      if (pathname === "/healthz") return void response.end("ok");
      if (pathname === WEBHOOK_PATH && request.method === "POST") return takeUpdate(inbox, secret, [request, response]);
      return void response.writeHead(404).end();
    });
  const { port, url, ...first } = await open(wanted);
  let close: (() => Promise<void>) | undefined = first.close;
  const follow = async (): Promise<void> => {
    const isRefusing = inbox.fault()?.kind === "refuse";
    const closing = close;
    if (isRefusing && closing !== undefined) {
      close = undefined;
      await closing();
    }
    if (!isRefusing && close === undefined) ({ close } = await open(port));
  };
  await follow();
  return { url: `${url}${WEBHOOK_PATH}`, follow, close: async () => close?.() };
}
