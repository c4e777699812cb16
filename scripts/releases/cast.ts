/**
 * Who takes part when a release is recorded, and when what it left behind is opened again: two gateways that listen, one that is asked over
 * `/v1`, one that polls, the platforms, and people who write. Stand-ins at the outermost edge only. Names never change: they are in the fixtures.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bundle } from "../edge/manifest.ts";
import { type Edge, startEdge } from "../edge/run.ts";
import { type GraphApi, startGraphApi } from "../fakes/graph-api.ts";
import { type Instance, startInstance } from "../fakes/instance.ts";
import { startTelegramApi, type TelegramApi } from "../fakes/telegram-api.ts";
import { messageUpdate } from "../fakes/telegram-updates.ts";
import { type Native, startNative } from "../soak/native.ts";
import { question } from "../soak/texts.ts";

const NATIVE = "telegram:native";
const POLLED = "telegram:polled";
const ASKED = "whatsapp:asked";
const NUMBER = "106540352242922";
const NATIVES = ["n-1", "n-2"];
export const POLLER = "p-1";
const AGENT = "public";

const VARS = {
  ADMIN_TOKEN: "admin-token-of-a-release-0123456789",
  TG_SECRET: "webhook-secret-of-the-bots",
  TG_NATIVE: "123456789:AAF-token_of_the_first_bot_0123456789",
  TG_POLLED: "223456789:AAF-token_of_the_other_bot_0123456789",
  LISTENER_SECRET: "secret-of-the-listeners",
  WA_APP: "app-secret",
  WA_VERIFY: "verify-token",
  WA_TOKEN: "token-of-the-number",
  CONFIG_TTL_MS: "200",
} as const;

const FAILOVER = { policy: "hold", holdMs: 60_000, attemptMs: 5_000 };

function documentFor(natives: readonly Native[], agent: Instance): object {
  const telegram = (pool: string, token: string): object => ({ pool, secrets: { webhook: "TG_SECRET", token } });
  const listening = natives.map(({ name, url }) => [
    name,
    { url, probe: { intervalMs: 1_000 }, native: { [NATIVE]: { url: `${url}/${NATIVE}`, secret: "LISTENER_SECRET" } } },
  ]);
  return {
    accounts: {
      [NATIVE]: telegram("native", "TG_NATIVE"),
      [POLLED]: telegram("polled", "TG_POLLED"),
      [ASKED]: { pool: "asked", phoneNumberId: NUMBER, secrets: { app: "WA_APP", verify: "WA_VERIFY", token: "WA_TOKEN" } },
    },
    instances: { ...Object.fromEntries(listening), [POLLER]: { poll: [POLLED] }, "a-1": { url: agent.url } },
    pools: {
      native: { instances: NATIVES, failover: FAILOVER },
      polled: { instances: [POLLER], failover: { policy: "hold" } },
      asked: { instances: ["a-1"], agent: AGENT, failover: FAILOVER },
    },
  };
}

/** What whoever opens the storage must know. */
export interface Facts {
  /** Chat to the instance that has it. */
  readonly owners: Readonly<Record<string, string>>;
  readonly pollToken: string;
  /** Given to the poller, and not confirmed. */
  readonly openUpdate: number;
}

/** Who writes to the bot whose gateways listen; what the last one says nobody takes. */
export const CHATS = [501, 502, 503, 504];
export const DEAD_CHAT = 505;

export interface Cast {
  readonly natives: readonly Native[];
  readonly agent: Instance;
  readonly graph: GraphApi;
  readonly telegram: TelegramApi;
  /** On the same state each time; `front`: another release's Worker before this bundle's objects. */
  readonly start: (bundle: Bundle, front?: Bundle) => Promise<Edge>;
  readonly stop: () => Promise<void>;
}

export async function startCast(dir: string): Promise<Cast> {
  const options = { secret: VARS.LISTENER_SECRET, patienceMs: 4_000, dice: () => 0.5 };
  const natives = await Promise.all(NATIVES.map((name) => startNative({ name, ...options })));
  const agent = await startInstance({
    ...{ name: "a-1", secret: "unused", token: "1:unused", apiRoot: "http://127.0.0.1:9", stateFile: join(dir, "a-1.jsonl"), thinkMs: 5 },
    chat: { mode: "trusted-proxy", userHeader: "x-clawedge-user", agents: [AGENT] },
    replyText: ({ text }) => `answer to ${text}`,
  });
  const telegram = await startTelegramApi({ tokens: [VARS.TG_NATIVE, VARS.TG_POLLED] });
  const graph = await startGraphApi({ appSecret: VARS.WA_APP, numbers: [{ id: NUMBER, token: VARS.WA_TOKEN }], secondMs: 50 });
  const routesFile = join(dir, "routes.jsonc");
  writeFileSync(routesFile, JSON.stringify(documentFor(natives, agent)));
  let edge: Edge | undefined;
  const start: Cast["start"] = async (bundle, front) => {
    const bases = { TELEGRAM_API_BASE: telegram.url, WHATSAPP_API_BASE: graph.url };
    edge = await startEdge({ bundle, front, routesFile, stateDir: join(dir, "state"), vars: { ...VARS, ...bases } });
    graph.setCallback(`${edge.url}/webhooks/whatsapp/asked`);
    return edge;
  };
  const stop = async (): Promise<void> => {
    await edge?.kill();
    await Promise.all([agent.stop(), telegram.stop(), graph.stop(), ...natives.map((native) => native.close())]);
  };
  return { natives, agent, graph, telegram, start, stop };
}

const IDS = { nextUpdateId: () => 0, nextMessageId: () => 0, nowMs: Date.now };

/** One delivery of Telegram's; the status it was answered with. */
export async function write(
  edge: Edge,
  bot: "native" | "polled",
  said: { readonly chat: number; readonly id: number; readonly name: string },
) {
  const update = messageUpdate({ chat: said.chat, text: question(said.name, 1), updateId: said.id, messageId: said.id }, IDS);
  const headers = { "content-type": "application/json", "x-telegram-bot-api-secret-token": VARS.TG_SECRET };
  const answer = await fetch(`${edge.url}/webhooks/telegram/${bot}`, {
    method: "POST",
    headers,
    body: JSON.stringify(update),
    redirect: "manual",
  });
  await answer.body?.cancel();
  return answer.status;
}

/** What `/admin` answers. */
export async function admin(edge: Edge, method: "GET" | "POST", path: string, body?: object): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${VARS.ADMIN_TOKEN}`, "content-type": "application/json" };
  const init: RequestInit = { method, headers, redirect: "manual" };
  const answer = await fetch(`${edge.url}/admin/${path}`, body === undefined ? init : { ...init, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: http ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

export const listOf = (answer: Readonly<Record<string, unknown>>, name: string): readonly unknown[] => answer[name] as readonly unknown[];

/** A question for updates, as a gateway that polls asks it: without waiting. */
export async function poll(edge: Edge, token: string, offset?: number): Promise<readonly { readonly update_id: number }[]> {
  const body = JSON.stringify({ timeout: 0, ...(offset === undefined ? {} : { offset }) });
  const headers = { "content-type": "application/json" };
  const url = `${edge.url}/egress/telegram/polled/${POLLER}/bot${token}/getUpdates`;
  const answer = await fetch(url, { method: "POST", headers, body, redirect: "manual" });
  if (!answer.ok) throw new Error(`getUpdates: http ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { readonly result: readonly { readonly update_id: number }[] }).result;
}
