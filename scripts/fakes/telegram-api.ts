/**
 * A stand-in for Telegram's servers, for the demo, the bench and tests: the Bot API, and the sender that delivers updates to the bot's webhook.
 * It stands at the outermost edge only: everything of ClawEdge between it and an instance is real. Unlike Telegram it takes webhooks on http.
 */
import { listen, type Service } from "./http-service.ts";
import { type Bot, idCounter, isWanted, newBot, type SentMessage, type Update, type Webhook } from "./telegram-bot.ts";
import { answerControl } from "./telegram-control.ts";
import { callMethod, type MethodPorts } from "./telegram-methods.ts";
import { type DeliveryRecord, type Sender, startSender } from "./telegram-sender.ts";
import { type ApiCall, answerApi, type Failure, type ServerState } from "./telegram-server.ts";
import { messageUpdate, type Said, type UpdateIds } from "./telegram-updates.ts";

export interface TelegramOptions {
  readonly tokens: readonly string[];
  readonly port?: number;
  /** How long a second of the redelivery rule lasts. Default 1000. */
  readonly secondMs?: number;
}

/** Instead of what `setWebhook` said: another bot, a wrong secret, another address. */
export interface DeliverTo {
  readonly token?: string | undefined;
  readonly secret?: string | undefined;
  readonly url?: string | undefined;
}

/** A webhook's answer named a Bot API method, and Telegram executed it. */
export interface Violation {
  readonly updateId: number;
  readonly method: string;
  readonly body: string;
}

export interface TelegramApi {
  readonly url: string;
  readonly ids: UpdateIds;
  readonly bots: ReadonlyMap<string, Bot>;
  readonly calls: () => readonly ApiCall[];
  /** Tokens that no bot has, one for each call that came with one. */
  readonly strangers: () => readonly string[];
  /** What the bots said, oldest first, after edits and without what they deleted. */
  readonly sent: (chat?: number | string) => readonly SentMessage[];
  readonly deliveries: () => readonly DeliveryRecord[];
  readonly violations: () => readonly Violation[];
  /** Updates that were not acknowledged yet. */
  readonly pending: () => number;
  /** Resolves when the update was acknowledged, expired, or had nowhere to go (`undefined`: it waits for a webhook, or is not wanted). */
  readonly deliver: (update: Update, to?: DeliverTo) => Promise<DeliveryRecord | undefined>;
  /** Plays a person. */
  readonly say: (said: Said, to?: DeliverTo) => Promise<DeliveryRecord | undefined>;
  readonly fail: (failure: Failure) => void;
  /** A file that bots can download; returns its `file_id`. */
  readonly addFile: (bytes: number) => string;
  readonly stop: () => Promise<void>;
}

interface Senders {
  readonly of: (bot: Bot, to: DeliverTo) => Sender;
  readonly all: () => readonly Sender[];
}

const METHOD_IN_BODY = /"method"\s*:\s*"([A-Za-z]+)"|(?:^|&)method=([A-Za-z]+)/;

/** Telegram runs the method that a webhook's answer names, except the ones that would make no sense there. */
function executeBody(state: ServerState, bot: Bot, body: string): string | undefined {
  const [, inJson, inForm] = METHOD_IN_BODY.exec(body) ?? [];
  const method = inJson ?? inForm;
  if (method === undefined) return undefined;
  const params = inJson === undefined ? Object.fromEntries(new URLSearchParams(body)) : JSON.parse(body);
  if (!/^(get|setwebhook|deletewebhook|close|logout)/i.test(method)) callMethod({ bot, method, params, files: [] }, state.ports);
  return method;
}

/** One sender per bot, and one more for each other address, so that a stray delivery never holds up the bot's own lanes. */
function sendersOf(state: ServerState, secondMs: number, violations: Violation[]): Senders {
  const senders = new Map<string, Sender>();
  const start = (bot: Bot, { secret, url }: DeliverTo): Sender =>
    startSender({
      nowMs: Date.now,
      secondMs,
      target: () => {
        const webhook: Webhook | undefined = bot.webhook;
        const address = url ?? webhook?.url;
        return address === undefined
          ? undefined
          : { url: address, secret: secret ?? webhook?.secret ?? "", maxConnections: webhook?.maxConnections ?? 1 };
      },
      onBody: (update, body) => {
        const method = executeBody(state, bot, body);
        if (method !== undefined) violations.push({ updateId: update.update_id, method, body });
      },
      onFailure: (message) => {
        bot.lastError = { atMs: Date.now(), message };
      },
    });
  const of = (bot: Bot, to: DeliverTo): Sender => {
    const key = JSON.stringify([bot.token, to.secret, to.url]);
    const sender = senders.get(key) ?? start(bot, to);
    senders.set(key, sender);
    return sender;
  };
  return { of, all: () => [...senders.values()] };
}

const botOf = ({ bots }: ServerState, token: string | undefined): Bot => {
  const bot = token === undefined ? [...bots.values()][0] : bots.get(token);
  if (bot === undefined) throw new Error("no bot has this token");
  return bot;
};

function deliverer(state: ServerState, senders: Senders, deliveries: DeliveryRecord[]) {
  return async (update: Update, to: DeliverTo = {}): Promise<DeliveryRecord | undefined> => {
    const bot = botOf(state, to.token);
    if (bot.webhook === undefined && to.url === undefined) {
      bot.waiting.push(update);
      return undefined;
    }
    if (bot.webhook !== undefined && !isWanted(bot.webhook, update)) return undefined;
    const record = await senders.of(bot, to).send(update);
    deliveries.push(record);
    return record;
  };
}

function newState(
  tokens: readonly string[],
  ports: Omit<MethodPorts, "fileOf">,
): ServerState & { readonly addFile: (bytes: number) => string } {
  const files = new Map<string, { readonly path: string; readonly bytes: number }>();
  const bots = new Map(tokens.map((token) => [token, newBot(token)]));
  const addFile = (bytes: number): string => {
    const id = `file-${files.size + 1}-${bytes}`;
    files.set(id, { path: `documents/${id}.bin`, bytes });
    return id;
  };
  return { bots, calls: [], strangers: [], failures: [], files, addFile, ports: { ...ports, fileOf: (id) => files.get(id) } };
}

export async function startTelegramApi(options: TelegramOptions): Promise<TelegramApi> {
  const ids: UpdateIds = { nextUpdateId: idCounter(Date.now()), nextMessageId: idCounter(Date.now()), nowMs: Date.now };
  const deliveries: DeliveryRecord[] = [];
  const violations: Violation[] = [];
  const flush = (bot: Bot): void => {
    for (const update of bot.waiting.splice(0)) deliver(update, { token: bot.token }).catch(() => undefined);
  };
  const state = newState(options.tokens, { nowMs: Date.now, nextMessageId: ids.nextMessageId, onWebhook: flush });
  const senders = sendersOf(state, options.secondMs ?? 1_000, violations);
  const deliver = deliverer(state, senders, deliveries);
  const api: Omit<TelegramApi, "url" | "stop"> = {
    ids,
    bots: state.bots,
    calls: () => state.calls,
    strangers: () => state.strangers,
    sent: (chat) =>
      [...state.bots.values()]
        .flatMap(({ sent }) => sent)
        .filter((each) => !each.isDeleted && (chat === undefined || each.chat === String(chat))),
    deliveries: () => deliveries,
    violations: () => violations,
    pending: () => senders.all().reduce((sum, sender) => sum + sender.pending(), 0),
    deliver,
    say: (said, to) => deliver(messageUpdate(said, ids), to),
    fail: (failure) => void state.failures.push({ failure, left: failure.times ?? 1 }),
    addFile: state.addFile,
  };
  const service: Service = await listen(options.port ?? 0, (request, response, url) =>
    url.pathname.startsWith("/__control/") ? answerControl(api, request, response, url) : answerApi(state, request, response, url),
  );
  const stop = async (): Promise<void> => {
    for (const sender of senders.all()) sender.stop();
    await service.close();
  };
  return { ...api, url: service.url, stop };
}
