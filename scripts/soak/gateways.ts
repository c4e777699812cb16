/** The instances of a soak, running: native listeners that take notes, agents over `/v1`, and one that polls. What each received, in one order. */
import { join } from "node:path";
import type { GraphApi } from "../fakes/graph-api.ts";
import type { GraphCall } from "../fakes/graph-server.ts";
import { type Instance, startInstance } from "../fakes/instance.ts";
import { AGENT, AGENTS, ASKED, MIXED, NATIVE_ATTEMPT_MS, NATIVES, POLLER, TOKENS, VARS } from "./cast.ts";
import type { Chance } from "./chance.ts";
import type { Receipt } from "./facts.ts";
import { type Native, startNative } from "./native.ts";
import { answerTo, readQuestion } from "./texts.ts";

const THINK_MS = 20;
const NOWHERE = "http://127.0.0.1:9";

export interface Poller {
  readonly instance: Instance;
  readonly receipts: readonly Receipt[];
}

export async function startNatives(chance: Chance): Promise<readonly Native[]> {
  const options = { secret: VARS.LISTENER_SECRET, patienceMs: NATIVE_ATTEMPT_MS * 0.9 };
  return Promise.all(NATIVES.map((name) => startNative({ name, ...options, dice: chance.fork().next })));
}

/** Their Telegram side is idle: nothing listens where they look for it. */
export const startAgents = (dir: string): Promise<readonly Instance[]> =>
  Promise.all(
    AGENTS.map((name) =>
      startInstance({
        ...{ name, secret: "unused", token: "1:unused", apiRoot: NOWHERE, stateFile: join(dir, `${name}.jsonl`), thinkMs: THINK_MS },
        chat: { mode: "trusted-proxy", userHeader: "x-clawedge-user", agents: [AGENT] },
        replyText: ({ text }) => answerTo(text),
      }),
    ),
  );

export async function startPoller(dir: string, issued: { readonly token: string; readonly apiRoot: string }): Promise<Poller> {
  const receipts: Receipt[] = [];
  const instance = await startInstance({
    ...{ name: POLLER, poll: true, ...issued, stateFile: join(dir, `${POLLER}.jsonl`), thinkMs: THINK_MS },
    replyText: ({ text }) => answerTo(text),
    onAccepted: ({ text }) => {
      const name = readQuestion(text)?.name ?? `unknown#${text.slice(0, 100)}`;
      receipts.push({ name, account: MIXED, instance: POLLER, atMs: Date.now(), answer: "durable" });
    },
  });
  return { instance, receipts };
}

/** A turn that began counts as received, however it ended. */
const turnsOf = ({ name: instance, chat }: Instance): readonly Receipt[] =>
  chat.calls().map(({ text, atMs, outcome }) => ({
    ...{ name: readQuestion(text)?.name ?? `unknown#${text.slice(0, 100)}`, account: ASKED, instance, atMs },
    answer: outcome === "answered" ? "durable" : "otherwise",
  }));

export const receiptsOf = (natives: readonly Native[], agents: readonly Instance[], poller: Poller): readonly Receipt[] =>
  [...natives.flatMap(({ receipts }) => receipts), ...agents.flatMap(turnsOf), ...poller.receipts].toSorted(
    (left, right) => left.atMs - right.atMs,
  );

/** The account a bot's token belongs to. */
export const accountOfToken = (token: string): string => Object.entries(TOKENS).find(([, each]) => each === token)?.[0] ?? "";

/** The call that sent this, by its body. */
export const callsByBody = (graph: GraphApi): ReadonlyMap<unknown, GraphCall> => new Map(graph.calls().map((call) => [call.body, call]));
