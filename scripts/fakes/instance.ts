/**
 * An OpenClaw-shaped gateway for the demo, the bench and tests: probes on the gateway port, Telegram by its listener or by polling, with the durable
 * queue behind both, answers through its own `apiRoot`. It stands at the outermost edge only, holds no agent, and is no substitute for trying a real gateway.
 */
import { mkdtempSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answerJson, listen, readBody } from "./http-service.ts";
import { type BotOptions, claimBot } from "./instance-bot.ts";
import { type Chat, openChat } from "./instance-chat.ts";
import type { ChatOptions } from "./instance-chat-caller.ts";
import { chatFaultSchema } from "./instance-chat-fault.ts";
import { refuse, unavailable } from "./instance-chat-refusal.ts";
import { type Fault, faultSchema } from "./instance-fault.ts";
import { type Counts, type Inbox, openInbox } from "./instance-inbox.ts";
import { openListener } from "./instance-listener.ts";
import { type PollCounts, startPolling } from "./instance-poll.ts";
import { type Accepted, openQueue, type Queue } from "./instance-queue.ts";
import { type AdminOptions, openSuspension, type Suspension } from "./instance-suspend.ts";
import { startTurns, type TurnFacts } from "./instance-turns.ts";

export interface InstanceOptions {
  readonly name: string;
  readonly region?: string;
  /** The gateway's own port: probes. 0 takes any free one, as for the listener. */
  readonly port?: number;
  readonly listenerPort?: number;
  /** What its listener expects; one that polls has none. */
  readonly secret?: string;
  readonly token: string;
  readonly apiRoot: string;
  /** What it gives `setWebhook` at start; default its own listener, which is how a gateway steals a bot. */
  readonly webhookUrl?: string;
  /** It asks for its updates instead of listening for them. */
  readonly poll?: boolean;
  readonly stateFile?: string;
  readonly replyText?: (facts: TurnFacts) => string;
  readonly thinkMs?: number;
  readonly fault?: Fault;
  /** An update is on disk that was not known before. */
  readonly onAccepted?: (entry: Accepted) => void;
  /** How long a turn is prepared before the model thinks: one that is suspended meanwhile is cut. */
  readonly prepareMs?: number;
  /** Switches `/v1` on, on the gateway's own port. */
  readonly chat?: ChatOptions;
  /** Switches the admin RPC on. */
  readonly admin?: AdminOptions;
}

export interface Instance {
  readonly name: string;
  readonly url: string;
  /** Empty when it polls. */
  readonly listenerUrl: string;
  readonly stateFile: string;
  /** Its `/v1`. */
  readonly chat: Omit<Chat, "answer">;
  readonly suspension: Pick<Suspension, "phase" | "asked">;
  readonly counts: () => Counts;
  /** Undefined when it listens. */
  readonly polls: () => PollCounts | undefined;
  /** Undefined ends a fault. Rejects one that means nothing to an instance that listens, or that polls. */
  readonly setFault: (fault: Partial<Fault> | undefined) => Promise<void>;
  /** `false`: the probes answer as of a gateway that is still starting. */
  readonly setStarted: (isStarted: boolean) => void;
  readonly stop: () => Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;

interface State {
  readonly options: InstanceOptions;
  readonly queue: Queue;
  readonly inbox: Inbox;
  readonly start: ReturnType<typeof startTurns>;
  readonly chat: Chat;
  readonly suspension: Suspension;
  isStarted: boolean;
}

function suspendedProbe(path: string): ReturnType<typeof probe> {
  if (path.startsWith("/startup")) return [503, { ok: false, status: "draining" }];
  return path.startsWith("/ready") ? [503, { ready: false, failing: ["gateway-draining"] }] : undefined;
}

function probe(state: State, path: string): readonly [status: number, body: unknown] | undefined {
  const { isStarted } = state;
  if (path === "/healthz" || path === "/health") return [200, { ok: true, status: "live" }];
  if (isStarted && state.suspension.phase() !== "accepting") return suspendedProbe(path);
  if (path === "/startupz" || path === "/startup") {
    return isStarted ? [200, { ok: true, status: "started", version: "stand-in" }] : [503, { ok: false, status: "starting" }];
  }
  if (path === "/readyz" || path === "/ready")
    return isStarted ? [200, { ready: true, failing: [] }] : [503, { ready: false, failing: ["starting"] }];
  return undefined;
}

type Control = Pick<Instance, "setFault" | "setStarted" | "counts" | "polls">;

function factsOf({ options, inbox, isStarted, chat }: State, { counts, polls }: Control): object {
  const { name, region } = options;
  const facts = { name, region, pid: process.pid, fault: inbox.fault() ?? null, isStarted };
  return { ...facts, ...counts(), polls: polls() ?? null, chat: chat.counts() };
}

/** `GET /__control/state`, `GET /__control/chat`, `POST /__control/fault` and `/chat-fault` (empty body ends it), `POST /__control/started`. */
async function answerControl(
  state: State,
  control: Control,
  [request, response, url]: [IncomingMessage, ServerResponse, URL],
): Promise<void> {
  const text = (await readBody(request, MAX_BODY_BYTES))?.toString("utf8") ?? "";
  const verb = `${request.method} ${url.pathname.slice("/__control/".length)}`;
  const body: unknown = text === "" ? undefined : JSON.parse(text);
  if (verb === "POST fault") await control.setFault(body === undefined ? undefined : faultSchema.parse(body));
  else if (verb === "POST chat-fault") state.chat.setFault(body === undefined ? undefined : chatFaultSchema.parse(body));
  else if (verb === "GET chat") return answerJson(response, 200, state.chat.calls());
  else if (verb === "POST started") control.setStarted(body !== false);
  else if (verb !== "GET state")
    return answerJson(response, 404, { error: "verbs: GET state, GET chat, POST fault, POST chat-fault, POST started" });
  answerJson(response, 200, factsOf(state, control));
}

function answerGateway(
  state: State,
  control: Control,
  [request, response, url]: [IncomingMessage, ServerResponse, URL],
): Promise<void> | undefined {
  if (url.pathname.startsWith("/__control/")) return answerControl(state, control, [request, response, url]);
  const administered = state.suspension.answer(request, response, url);
  if (administered !== undefined) return administered;
  if (url.pathname.startsWith("/v1/") && state.suspension.phase() !== "accepting") return void refuse(response, unavailable);
  const chatting = state.chat.answer(request, response, url);
  if (chatting !== undefined) return state.suspension.turn(() => chatting);
  const found = probe(state, url.pathname);
  if (found === undefined) return void response.writeHead(404).end();
  return void answerJson(response, ...found);
}

const defaultReply = ({ name, turn, text }: TurnFacts): string => `[${name}] turn ${turn}: you said "${text}"`;

function newState(options: InstanceOptions, bot: BotOptions, stateFile: string): State {
  const queue = openQueue(stateFile);
  const { name, replyText = defaultReply, thinkMs = 0, prepareMs = 0, fault, poll = false } = options;
  const suspension = openSuspension(options.admin);
  const start = startTurns({ name, bot, queue, replyText, thinkMs, prepareMs, suspension });
  const accepted: typeof start = (entry, turn) => {
    options.onAccepted?.(entry);
    start(entry, turn);
  };
  const inbox = openInbox({ queue, start: accepted, polls: poll });
  inbox.setFault(fault && faultSchema.parse(fault));
  const chat = openChat(options.chat, { name, replyText, thinkMs, historyFile: `${stateFile}.chat` });
  return { options, queue, inbox, start, chat, suspension, isStarted: true };
}

/** How updates come to it. */
interface Way {
  readonly listenerUrl: string;
  readonly polls: () => PollCounts | undefined;
  /** After another fault was set. */
  readonly follow: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

async function listening({ options, inbox }: State, bot: BotOptions): Promise<Way> {
  const { listenerPort = 0, secret, webhookUrl } = options;
  const { url, follow, close } = await openListener(inbox, { port: listenerPort, secret });
  claimBot(bot, { url: webhookUrl ?? url, secret: secret ?? "" }).catch((error: unknown) => console.error(error));
  return { listenerUrl: url, polls: () => undefined, follow, stop: close };
}

function polling({ inbox, queue }: State, bot: BotOptions): Way {
  const { counts, follow, stop } = startPolling({ bot, inbox, queue });
  return { listenerUrl: "", polls: counts, follow: async () => follow(), stop };
}

export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const { name, token, apiRoot } = options;
  const stateFile = options.stateFile ?? join(mkdtempSync(join(tmpdir(), "clawedge-instance-")), "queue.jsonl");
  let isStopped = false;
  const bot: BotOptions = { apiRoot, token, isStopped: () => isStopped };
  const state = newState(options, bot, stateFile);
  for (const [entry, turn] of state.queue.unanswered) state.start(entry, turn);
  const way = options.poll ? polling(state, bot) : await listening(state, bot);
  const control: Control = {
    counts: state.inbox.counts,
    polls: way.polls,
    setFault: async (fault) => {
      state.inbox.setFault(fault);
      await way.follow();
    },
    setStarted: (isStarted) => {
      state.isStarted = isStarted;
    },
  };
  const gateway = await listen(options.port ?? 0, (request, response, url) => answerGateway(state, control, [request, response, url]));
  const stop = async (): Promise<void> => {
    isStopped = true;
    await Promise.all([way.stop(), gateway.close()]);
    await state.queue.close();
  };
  return {
    name,
    url: gateway.url,
    listenerUrl: way.listenerUrl,
    stateFile,
    chat: state.chat,
    suspension: state.suspension,
    ...control,
    stop,
  };
}
