/** When and how instances and the platform's API misbehave: each by itself, quiet for some seconds, then broken for a few. */
import type { GraphApi } from "../fakes/graph-api.ts";
import type { GraphFailure } from "../fakes/graph-server.ts";
import { sleep } from "../fakes/http-service.ts";
import type { Instance } from "../fakes/instance.ts";
import type { ChatFault } from "../fakes/instance-chat-fault.ts";
import type { Fault } from "../fakes/instance-fault.ts";
import type { Chance } from "./chance.ts";
import type { Trouble } from "./facts.ts";
import type { Native } from "./native.ts";

/** `hang` and `mute` cost an attempt's whole deadline: they are rarer than the rest by being short. */
const NATIVE_FAULTS: readonly (Partial<Fault> & { readonly kind: Fault["kind"]; readonly share?: number })[] = [
  { kind: "refuse" },
  { kind: "hang", share: 0.3 },
  { kind: "mute", share: 0.3 },
  { kind: "slow", ms: 1_500 },
  { kind: "status", status: 500, share: 0.3 },
  { kind: "status", status: 503, retryAfter: 1 },
  { kind: "status", status: 429, retryAfter: 1, share: 0.5 },
  { kind: "reset", share: 0.5 },
  { kind: "garbage", share: 0.5 },
  { kind: "redirect", share: 0.5 },
  { kind: "unmarked", share: 0.5 },
];

const CHAT_FAULTS: readonly (Partial<ChatFault> & { readonly kind: ChatFault["kind"] })[] = [
  { kind: "late", times: 2 },
  { kind: "cut", times: 2 },
  { kind: "unfinished", times: 1 },
  { kind: "empty", times: 3 },
  { kind: "speechless", times: 2 },
  { kind: "unavailable" },
  { kind: "limited", retryAfter: 1 },
  { kind: "early", status: 502, times: 2 },
  { kind: "reset", times: 2 },
  { kind: "slow", ms: 1_500 },
  { kind: "stuck", times: 1 },
];

const POLL_FAULTS: readonly (Partial<Fault> & { readonly kind: Fault["kind"] })[] = [{ kind: "deaf" }, { kind: "slow", ms: 800 }];

const GRAPH_FAILURES: readonly GraphFailure[] = [
  { code: 131000, times: 2 },
  { code: 131016, times: 2 },
  { code: 130429, times: 2 },
  { delayMs: 1_500, times: 3 },
  { delayMs: 1_500, times: 2, afterTaking: true },
  { drop: true },
  { drop: true, afterTaking: true },
];

export interface Breaking {
  readonly troubles: readonly Trouble[];
  /** Resolves when everything is mended. */
  readonly stop: () => Promise<void>;
}

export interface Breakable {
  readonly natives: readonly Native[];
  readonly agents: readonly Instance[];
  readonly poller: Instance;
  readonly graph: GraphApi;
}

const QUIET_MS = [3_000, 10_000] as const;
const BROKEN_MS = [800, 3_500] as const;
const GRAPH_EVERY_MS = [1_500, 5_000] as const;
const LOOK_MS = 100;

export function startBreaking({ natives, agents, poller, graph }: Breakable, chance: Chance): Breaking {
  const troubles: Trouble[] = [];
  let isOver = false;
  const rest = async (ms: number): Promise<void> => {
    for (const endMs = Date.now() + ms; !isOver && Date.now() < endMs; ) await sleep(LOOK_MS);
  };
  const breakAgain = async <F extends { readonly kind: string }>(
    where: string,
    faults: readonly F[],
    set: (fault: F | undefined) => Promise<void> | void,
  ): Promise<void> => {
    const own = chance.fork();
    while (!isOver) {
      await rest(own.between(...QUIET_MS));
      if (isOver) return;
      const fault = own.pick(faults);
      const fromMs = Date.now();
      await set(fault);
      await rest(own.between(...BROKEN_MS));
      await set(undefined);
      troubles.push({ where, kind: fault.kind, fromMs, toMs: Date.now() });
    }
  };
  const annoy = async (): Promise<void> => {
    const own = chance.fork();
    while (!isOver) {
      await rest(own.between(...GRAPH_EVERY_MS));
      if (!isOver) graph.fail(own.pick(GRAPH_FAILURES));
    }
  };
  const running = [
    ...natives.map(({ name, setFault }) => breakAgain(name, NATIVE_FAULTS, setFault)),
    ...agents.map(({ name, chat }) => breakAgain(name, CHAT_FAULTS, chat.setFault)),
    breakAgain(poller.name, POLL_FAULTS, poller.setFault),
    annoy(),
  ];
  return {
    troubles,
    stop: async () => {
      isOver = true;
      await Promise.all(running);
    },
  };
}

/** Calls that the platform's API did not answer with success. */
export const refusalsOf = (graph: GraphApi, where: string): readonly Trouble[] =>
  graph
    .calls()
    .filter(({ status }) => status !== 200)
    .map(({ atMs, status }) => ({ where, kind: `http ${status}`, fromMs: atMs, toMs: atMs }));
