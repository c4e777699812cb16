/** When and how instances and the platform's API misbehave: each by itself, quiet for some seconds, then broken for a few. */
import type { GraphApi } from "../fakes/graph-api.ts";
import type { GraphFailure } from "../fakes/graph-server.ts";
import { sleep } from "../fakes/http-service.ts";
import type { Instance } from "../fakes/instance.ts";
import type { ChatFault } from "../fakes/instance-chat-fault.ts";
import type { Fault } from "../fakes/instance-fault.ts";
import type { Chance } from "./chance.ts";
import { kindOf, type Trouble } from "./facts.ts";
import type { Native } from "./native.ts";

interface Breakage<F extends { readonly kind: string }> {
  readonly fault: F;
  /** The least is what it takes for anybody to notice. */
  readonly lastsMs?: readonly [least: number, most: number];
  /** Default: the fault's kind. */
  readonly called?: string;
}

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

/** Nothing is lost on one that does not ask until a hand-over ends, after half a minute, or until it is out for its silence, after two. */
const POLL_FAULTS: readonly Breakage<Partial<Fault> & { readonly kind: Fault["kind"] }>[] = [
  { fault: { kind: "deaf" }, lastsMs: [33_000, 45_000] },
  { fault: { kind: "deaf" }, called: "silent", lastsMs: [123_000, 135_000] },
  { fault: { kind: "slow", ms: 800 } },
];

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
  /** Where redirects point to: whoever follows one is found there. */
  readonly elsewhere: string;
}

const bare = <F extends { readonly kind: string }>(faults: readonly F[]): readonly Breakage<F>[] => faults.map((fault) => ({ fault }));

const sideKinds = (side: Trouble["side"], all: readonly Breakage<{ readonly kind: string }>[]): readonly string[] =>
  [...new Set(all.map(({ fault, called }) => called ?? fault.kind))].map((kind) => kindOf({ side, kind }));

/** Every kind of trouble that an instance can make. A run that is shorter than this cannot meet them all. */
export const ALL_KINDS: readonly string[] = [
  ...sideKinds("native", bare(NATIVE_FAULTS)),
  ...sideKinds("agent", bare(CHAT_FAULTS)),
  ...sideKinds("poller", POLL_FAULTS),
];
export const MEETS_ALL_MINUTES = 5;

interface Broken extends Pick<Trouble, "where" | "side"> {
  /** How many requests have met a fault so far. */
  readonly hits: () => number;
}

/** Nobody can count requests that found no port. */
const isMet = ({ kind, fromMs, toMs }: Trouble, leastMs: number, hits: number): boolean =>
  toMs - fromMs >= leastMs && (kind === "refuse" || hits > 0);

/** Where nobody counts, a fault is met by having been there. */
function uncounted(): () => number {
  let asked = 0;
  return () => asked++;
}

const QUIET_MS = [3_000, 10_000] as const;
const BROKEN_MS = [800, 3_500] as const;
const GRAPH_EVERY_MS = [1_500, 5_000] as const;
const LOOK_MS = 100;

export function startBreaking({ natives, agents, poller, graph, elsewhere }: Breakable, chance: Chance): Breaking {
  const troubles: Trouble[] = [];
  let isOver = false;
  const rest = async (ms: number): Promise<void> => {
    for (const endMs = Date.now() + ms; !isOver && Date.now() < endMs; ) await sleep(LOOK_MS);
  };
  const breakAgain = async <F extends { readonly kind: string }>(
    { where, side, hits }: Broken,
    all: readonly Breakage<F>[],
    set: (fault: F | undefined) => Promise<void> | void,
  ): Promise<void> => {
    const own = chance.fork();
    const draw = own.deck(all);
    let missed: Breakage<F> | undefined;
    while (!isOver) {
      await rest(own.between(...QUIET_MS));
      if (isOver) return;
      const breakage = missed ?? draw();
      const { fault, called = fault.kind, lastsMs = BROKEN_MS } = breakage;
      const [fromMs, hitsBefore] = [Date.now(), hits()];
      await set(fault);
      await rest(own.between(...lastsMs));
      await set(undefined);
      const trouble = { where, side, kind: called, fromMs, toMs: Date.now() };
      // Who is out gets no requests: what nobody met is tried again.
      missed = isMet(trouble, lastsMs[0], hits() - hitsBefore) ? undefined : breakage;
      troubles.push(missed === undefined ? trouble : { ...trouble, isMissed: true });
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
    ...natives.map(({ name: where, hits, setFault }) =>
      breakAgain({ where, side: "native", hits }, bare(NATIVE_FAULTS), (fault) => setFault(fault && { ...fault, location: elsewhere })),
    ),
    ...agents.map(({ name: where, chat }) => breakAgain({ where, side: "agent", hits: uncounted() }, bare(CHAT_FAULTS), chat.setFault)),
    breakAgain({ where: poller.name, side: "poller", hits: uncounted() }, POLL_FAULTS, poller.setFault),
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
    .map(({ atMs, status }) => ({ where, side: "platform", kind: `http ${status}`, fromMs: atMs, toMs: atMs }));
