/**
 * Delivers updates as Telegram's servers do: in lanes with one in flight each, again at once and then after 2, 4, 8 … seconds, honouring Retry-After,
 * until the update expires; a 2xx body that names a method is executed. Stand-in at the outermost edge; leaves out how slowly Telegram opens connections after errors.
 * @see https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/WebhookActor.cpp
 */
import { sleep } from "./http-service.ts";
import { kindOf, type Update, type Webhook } from "./telegram-bot.ts";
import { type Answer, gate, type Post, poster } from "./telegram-post.ts";

export interface Attempt {
  readonly atMs: number;
  readonly tookMs: number;
  /** Undefined: no answer. */
  readonly status: number | undefined;
  readonly error?: string;
}

export interface DeliveryRecord {
  readonly update: Update;
  readonly lane: string;
  readonly attempts: readonly Attempt[];
  readonly outcome: "delivered" | "expired" | "stopped";
}

export interface SenderPorts {
  readonly nowMs: () => number;
  /** Where the update goes now: a webhook may move between two attempts. Undefined: nowhere. */
  readonly target: () => Pick<Webhook, "url" | "secret" | "maxConnections"> | undefined;
  readonly onBody: (update: Update, body: string) => void;
  readonly onFailure: (message: string) => void;
  /** How long a second of the retry rule lasts; a test may shorten it. */
  readonly secondMs: number;
}

export interface Sender {
  readonly send: (update: Update) => Promise<DeliveryRecord>;
  readonly pending: () => number;
  readonly stop: () => void;
}

const MAX_RETRY_AFTER_S = 3_600;
const FIRST_DELAY_S = 2;
const MAX_DELAY_S = 60;
/** How long each kind is worth delivering, in seconds; everything else a day. */
const EXPIRY_S: Readonly<Record<string, number>> = {
  callback_query: 150,
  shipping_query: 150,
  pre_checkout_query: 150,
  chosen_inline_result: 600,
  inline_query: 30,
};
const DAY_S = 86_400;

const idAt = (value: unknown, ...path: readonly string[]): string => {
  let found: unknown = value;
  for (const key of path) found = typeof found === "object" && found !== null ? Reflect.get(found, key) : undefined;
  return String(found ?? "");
};

/** All topics of a forum share a lane, and everything a person does to buttons and inline queries shares another. */
export function laneOf(update: Update): string {
  const kind = kindOf(update);
  const content = update[kind];
  if (["message", "edited_message", "channel_post", "edited_channel_post"].includes(kind)) return `chat:${idAt(content, "chat", "id")}`;
  if (["callback_query", "inline_query", "chosen_inline_result", "shipping_query", "pre_checkout_query"].includes(kind)) {
    return `user:${idAt(content, "from", "id")}`;
  }
  return `${kind}:${idAt(content, "chat", "id")}`;
}

/** The server writes the id, a newline, then the one content field. */
const wireOf = (update: Update): string => {
  const { update_id, ...content } = update;
  return `{"update_id":${update_id},\n${JSON.stringify(content).slice(1)}`;
};

/** Seconds until the next try: what the server asks for, else at once, 2, 4, 8 … 60. */
function delayS(failures: number, retryAfter: string | undefined): number {
  if (retryAfter !== undefined && /^\d+$/.test(retryAfter)) return Math.min(Number(retryAfter), MAX_RETRY_AFTER_S);
  return failures <= 1 ? 0 : Math.min(FIRST_DELAY_S * 2 ** (failures - 2), MAX_DELAY_S);
}

interface Running extends SenderPorts {
  readonly post: Post;
  readonly door: ReturnType<typeof gate>;
  readonly isStopped: () => boolean;
}

async function tryOnce(running: Running, update: Update): Promise<{ readonly record: Attempt; readonly answer?: Answer }> {
  await running.door.enter();
  const target = running.target();
  const atMs = running.nowMs();
  const tookMs = (): number => running.nowMs() - atMs;
  try {
    if (target === undefined) throw new Error("no webhook");
    const answer = await running.post(target, wireOf(update));
    return { record: { atMs, tookMs: tookMs(), status: answer.status }, answer };
  } catch (error) {
    return { record: { atMs, tookMs: tookMs(), status: undefined, error: String(error) } };
  } finally {
    running.door.leave();
  }
}

async function settle(running: Running, update: Update, lane: string): Promise<DeliveryRecord> {
  const attempts: Attempt[] = [];
  const expiresAtMs = running.nowMs() + (EXPIRY_S[kindOf(update)] ?? DAY_S) * running.secondMs;
  while (!running.isStopped()) {
    const { record, answer } = await tryOnce(running, update);
    attempts.push(record);
    if (answer !== undefined && answer.status >= 200 && answer.status <= 299) {
      running.onBody(update, answer.body);
      return { update, lane, attempts, outcome: "delivered" };
    }
    running.onFailure(answer === undefined ? `Connection failed: ${record.error}` : `Wrong response from the webhook: ${answer.status}`);
    const waitMs = delayS(attempts.length, answer?.retryAfter) * running.secondMs;
    if (running.nowMs() + waitMs > expiresAtMs) return { update, lane, attempts, outcome: "expired" };
    await sleep(waitMs);
  }
  return { update, lane, attempts, outcome: "stopped" };
}

export function startSender(ports: SenderPorts): Sender {
  const { post, close } = poster();
  const lanes = new Map<string, Promise<unknown>>();
  let isStopped = false;
  let pending = 0;
  const running: Running = { ...ports, post, door: gate(() => ports.target()?.maxConnections ?? 1), isStopped: () => isStopped };

  const send = async (update: Update): Promise<DeliveryRecord> => {
    const lane = laneOf(update);
    pending += 1;
    const turn = (lanes.get(lane) ?? Promise.resolve()).then(() => settle(running, update, lane));
    lanes.set(lane, turn);
    try {
      return await turn;
    } finally {
      pending -= 1;
      if (lanes.get(lane) === turn) lanes.delete(lane);
    }
  };

  return {
    send,
    pending: () => pending,
    stop: () => {
      isStopped = true;
      close();
    },
  };
}
