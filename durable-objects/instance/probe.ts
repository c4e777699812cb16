/**
 * Asks a gateway how it is. Started and its listeners up is what counts: `/readyz` is only recorded, because one broken channel
 * account makes it 503 while all others work. Bodies are checked, because a gateway's catch-all page answers 200 to anything.
 * @see https://docs.openclaw.ai/gateway/health
 */
import type { InstanceConfig } from "../../src/config/schema.ts";
import { type Exchange, exchange } from "../../src/links/exchange.ts";
import type { LinkPorts } from "../../src/links/link.ts";
import type { ProbeResult } from "./machine.ts";

export interface ProbeReport extends ProbeResult {
  /** Undefined when it did not say. */
  readonly isReady?: boolean;
  /** Only told to local or authenticated callers. */
  readonly version?: string;
  /** What its listeners said that an operator should know, and that takes it out for nobody. */
  readonly notes?: readonly string[];
}

/** Gateways before 2026.8.1 have no `/startupz`. */
const NOT_FOUND = 404;

/** A proxy that publishes only the webhook's path answers so; somebody listens there, and deliveries find out whether it is the listener. */
const UNPUBLISHED: ReadonlySet<number> = new Set([401, 403, 404, 405]);

type Ask = (url: string) => Promise<Exchange>;

/** An instance that only polls has no address. */
export const isProbed = (config: InstanceConfig): boolean => config.url !== undefined || Object.keys(config.native).length > 0;

/** Undefined when nothing of the instance can be asked: it only polls. */
export async function probe(config: InstanceConfig, ports: LinkPorts): Promise<ProbeReport | undefined> {
  const forwarded: Record<string, string> = config.forwardedFor === "none" ? {} : { "x-forwarded-for": config.forwardedFor };
  const headers = { accept: "application/json", ...forwarded };
  const ask: Ask = (url) => exchange({ url, method: "GET", headers, deadlineMs: config.probe.timeoutMs, readsBody: () => true }, ports);
  const base = config.url?.replace(/\/+$/, "");
  if (!isProbed(config)) return undefined;
  const [gateway, listeners, readiness] = await Promise.all([
    base === undefined ? UNASKED : askGateway(ask, base),
    Promise.all(listenersOf(config).map((origin) => askListener(ask, origin))),
    base === undefined ? {} : ask(`${base}/readyz`).then(readyOf),
  ]);
  return { ...withListeners(gateway, listeners), ...readiness };
}

/** Its listeners are all that is known of it. */
const UNASKED: ProbeReport = { verdict: "up", reason: "its listeners answer" };

/** One broken listener is its own account's trouble, and deliveries find that out; with none left the instance takes no messages. */
function withListeners(gateway: ProbeReport, listeners: readonly Listener[]): ProbeReport {
  const [first] = listeners.filter((listener) => !listener.isListening);
  if (gateway.verdict === "up" && first !== undefined && listeners.every((listener) => !listener.isListening)) {
    return { ...gateway, verdict: "down", reason: first.note ?? "" };
  }
  const notes = listeners.flatMap((listener) => listener.note ?? []);
  return notes.length === 0 ? gateway : { ...gateway, notes };
}

const listenersOf = (config: InstanceConfig): readonly string[] => [
  ...new Set(Object.values(config.native).map((native) => new URL(native.url).origin)),
];

async function askGateway(ask: Ask, base: string): Promise<ProbeReport> {
  const startup = await ask(`${base}/startupz`);
  if (startup.kind === "answered" && startup.status === NOT_FOUND) return askOlderGateway(ask, base);
  const body = bodyOf(startup);
  const said = textIn(body, "status");
  if (startup.kind === "answered" && startup.status === 200 && said === "started") {
    const version = textIn(body, "version");
    return { verdict: "up", reason: "started", ...(version === undefined ? {} : { version }) };
  }
  if (startup.kind === "answered" && startup.status === 503 && said === "draining") return { verdict: "draining", reason: "draining" };
  return { verdict: "down", reason: `/startupz: ${wordsOf(startup, said)}` };
}

async function askOlderGateway(ask: Ask, base: string): Promise<ProbeReport> {
  const health = await ask(`${base}/healthz`);
  if (isOk(health)) return { verdict: "up", reason: "healthy (no /startupz)" };
  return { verdict: "down", reason: `/startupz: http 404, /healthz: ${wordsOf(health)}` };
}

interface Listener {
  readonly isListening: boolean;
  readonly note?: string;
}

/** A listener of its own says `ok`; behind one proxy with the gateway the gateway answers, in JSON. */
async function askListener(ask: Ask, origin: string): Promise<Listener> {
  const health = await ask(`${origin}/healthz`);
  if (isOk(health) || (health.kind === "answered" && health.status === 200 && health.text.trim() === "ok")) return { isListening: true };
  const isListening = health.kind === "answered" && UNPUBLISHED.has(health.status);
  return { isListening, note: `listener ${origin}/healthz: ${wordsOf(health)}` };
}

const isOk = (answer: Exchange): boolean => answer.kind === "answered" && answer.status === 200 && memberOf(bodyOf(answer), "ok") === true;

function readyOf(answer: Exchange): { readonly isReady?: boolean } {
  const isReady = memberOf(bodyOf(answer), "ready");
  return typeof isReady === "boolean" ? { isReady } : {};
}

/** A few words for the log: never a body, but the one word of a contract that it keeps. */
function wordsOf(answer: Exchange, said?: string): string {
  if (answer.kind === "not-sent") return answer.detail;
  if (answer.kind !== "answered") return answer.kind === "timeout" ? "no answer in time" : "connection lost";
  if (answer.status === 403) return "http 403: the gateway wants forwardedFor and trustedProxies to agree, or refuses us";
  if (answer.status !== 200) return said === "starting" ? "starting" : `http ${answer.status}`;
  return answer.isLate === true ? "200, but the body came too late" : "200, but not the expected body";
}

function bodyOf(answer: Exchange): unknown {
  if (answer.kind !== "answered") return undefined;
  try {
    return JSON.parse(answer.text) as unknown;
  } catch {
    return undefined;
  }
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;

function textIn(value: unknown, name: string): string | undefined {
  const member = memberOf(value, name);
  // A version or status of a well-behaved gateway is short; nothing longer goes into a log.
  return typeof member === "string" ? member.slice(0, 64) : undefined;
}
