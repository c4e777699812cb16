/**
 * Delivers webhooks as Meta's servers do: at once and all in parallel, again with growing pauses after anything but a 2xx, for up to seven days.
 * Stand-in at the outermost edge; follows no redirects. @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Json } from "./graph-error.ts";
import type { Attempt } from "./telegram-sender.ts";

export interface DeliveryRecord {
  readonly payload: Json;
  /** As it went over the wire. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the last attempt. */
  readonly url: string;
  readonly attempts: readonly Attempt[];
  readonly outcome: "delivered" | "expired" | "stopped";
}

export interface Parcel {
  readonly payload: Json;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Where it goes now: a callback may move between two attempts. Undefined: nowhere. */
  readonly target: () => string | undefined;
}

export interface WebhookSender {
  readonly send: (parcel: Parcel) => Promise<DeliveryRecord>;
  readonly pending: () => number;
  readonly stop: () => void;
}

export interface SenderPorts {
  readonly nowMs: () => number;
  /** How long a second of the redelivery rule lasts. */
  readonly secondMs: number;
  /** The longest pause, in such seconds. */
  readonly mostDelayS?: number | undefined;
}

/** Sources differ, from 5 to 20 seconds. */
const ANSWER_WITHIN_MS = 20_000;
const MAX_DELAY_S = 3_600;
const EXPIRY_S = 7 * 86_400;

const HEADERS = { "Content-Type": "application/json", Accept: "*/*", "User-Agent": "facebookexternalua" };

/** Seconds until the next try: 1, 2, 4 … an hour. */
const delayS = (failures: number, mostS: number): number => Math.min(2 ** (failures - 1), mostS);

/** Undefined: it is tried again. */
function outcomeOf(status: number | undefined, isLate: boolean): "delivered" | "expired" | undefined {
  if (status !== undefined && status >= 200 && status <= 299) return "delivered";
  return isLate ? "expired" : undefined;
}

export function startWebhookSender({ nowMs, secondMs, mostDelayS = MAX_DELAY_S }: SenderPorts): WebhookSender {
  const stopped = new AbortController();
  let pending = 0;

  const tryOnce = async ({ body, headers }: Parcel, url: string): Promise<Attempt> => {
    const atMs = nowMs();
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
    try {
      const response = await fetch(url, { method: "POST", headers: { ...HEADERS, ...headers }, body, redirect: "manual", signal });
      await response.arrayBuffer();
      return { atMs, tookMs: nowMs() - atMs, status: response.status };
    } catch (error) {
      return { atMs, tookMs: nowMs() - atMs, status: undefined, error: String(error) };
    }
  };

  const settle = async (parcel: Parcel): Promise<DeliveryRecord> => {
    const { payload, body, headers } = parcel;
    const attempts: Attempt[] = [];
    const expiresAtMs = nowMs() + EXPIRY_S * secondMs;
    for (let url = parcel.target() ?? ""; ; url = parcel.target() ?? url) {
      const attempt = await tryOnce(parcel, url);
      attempts.push(attempt);
      const waitMs = delayS(attempts.length, mostDelayS) * secondMs;
      const outcome = stopped.signal.aborted ? "stopped" : outcomeOf(attempt.status, nowMs() + waitMs > expiresAtMs);
      if (outcome !== undefined) return { payload, body, headers, url, attempts, outcome };
      await sleep(waitMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };

  const send = async (parcel: Parcel): Promise<DeliveryRecord> => {
    pending += 1;
    return settle(parcel).finally(() => {
      pending -= 1;
    });
  };
  return { send, pending: () => pending, stop: () => stopped.abort() };
}
