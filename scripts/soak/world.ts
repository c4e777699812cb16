/** Everything of a soak, started together and stopped together, and what it saw as facts. Judges nothing. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GraphApi, startGraphApi } from "../fakes/graph-api.ts";
import { listen } from "../fakes/http-service.ts";
import type { Instance } from "../fakes/instance.ts";
import { startTelegramApi, type TelegramApi } from "../fakes/telegram-api.ts";
import { issueToken } from "./admin.ts";
import { ASKED, LINKS, MIXED, NOTICES, NUMBER, POLLER, routesFor, TOKENS, VARS } from "./cast.ts";
import type { Chance } from "./chance.ts";
import { type SoakEdge, type StartEdge, startSoakEdge } from "./edge.ts";
import type { Ended, Facts, Least, Link, Part, Said, Told, Trouble } from "./facts.ts";
import { refusalsOf } from "./faults.ts";
import { accountOfToken, callsByBody, type Poller, receiptsOf, startAgents, startNatives, startPoller } from "./gateways.ts";
import type { Native } from "./native.ts";
import { MOST_DELAY_S, SECOND_MS } from "./people.ts";
import { readPart } from "./texts.ts";

export interface World {
  readonly dir: string;
  readonly edge: SoakEdge;
  readonly telegram: TelegramApi;
  readonly graph: GraphApi;
  readonly natives: readonly Native[];
  readonly agents: readonly Instance[];
  readonly poller: Poller;
  /** Where redirects point to, and what came there. */
  readonly elsewhere: string;
  readonly followed: readonly string[];
  readonly stop: (isKept: boolean) => Promise<void>;
}

export async function startWorld(chance: Chance, startEdge: StartEdge = startSoakEdge): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), "clawedge-soak-"));
  const telegram = await startTelegramApi({ tokens: Object.values(TOKENS) });
  const numbers = [{ id: NUMBER, token: VARS.WA_TOKEN }];
  const graph = await startGraphApi({ appSecret: VARS.WA_APP, numbers, secondMs: SECOND_MS, mostDelayS: MOST_DELAY_S });
  const followed: string[] = [];
  const elsewhere = await listen(0, ({ method }, response, { pathname }) => {
    followed.push(`${method} ${pathname}`);
    response.writeHead(200).end();
  });
  const natives = await startNatives(chance);
  const agents = await startAgents(dir);
  const urls = new Map([...natives, ...agents].map(({ name, url }) => [name, url]));
  const bases = { TELEGRAM_API_BASE: telegram.url, WHATSAPP_API_BASE: graph.url };
  const edge = await startEdge(dir, routesFor(urls), bases);
  graph.setCallback(`${edge.url}/webhooks/whatsapp/${ASKED.slice("whatsapp:".length)}`);
  const poller = await startPoller(dir, await issueToken(edge.url, MIXED, POLLER));
  const stop = async (isKept: boolean): Promise<void> => {
    await edge.stop();
    const instances = [...agents, poller.instance];
    await Promise.all([
      ...instances.map((each) => each.stop()),
      ...natives.map((each) => each.close()),
      telegram.stop(),
      graph.stop(),
      elsewhere.close(),
    ]);
    if (!isKept) rmSync(dir, { recursive: true, force: true });
  };
  return { dir, edge, telegram, graph, natives, agents, poller, elsewhere: `${elsewhere.url}/elsewhere`, followed, stop };
}

interface Read {
  readonly account: string;
  readonly chat: string;
  readonly text: string;
  readonly askedAtMs: number;
  readonly atMs: number;
  readonly isConfirmed: boolean;
}

function readOf({ telegram, graph }: World): readonly Read[] {
  const calls = callsByBody(graph);
  return [
    ...telegram.sent().map(({ token, chat, text, atMs }) => {
      return { account: accountOfToken(token), chat, text, askedAtMs: atMs, atMs, isConfirmed: true };
    }),
    ...graph.sent().map(({ to, text, body, atMs }) => {
      const call = calls.get(body);
      return { account: ASKED, chat: to, text, askedAtMs: call?.arrivedAtMs ?? atMs, atMs, isConfirmed: call?.status === 200 };
    }),
  ];
}

const noticeIn = (text: string): Told["notice"] | undefined => (["held", "moved"] as const).find((notice) => NOTICES[notice] === text);

/** What was written down beside the world: by those who wrote, by the edge when asked, by what broke. */
export interface Notes {
  readonly said: readonly Said[];
  readonly ended: readonly Ended[];
  readonly repeatsCounted: number;
  readonly troubles: readonly Trouble[];
  /** Default: nothing in particular. */
  readonly least?: Least;
  readonly mustMeet?: readonly string[];
  readonly links?: readonly Link[];
}

const NO_AMOUNTS = { least: { acknowledged: 0, kills: 0 }, mustMeet: [], links: LINKS };

export function factsOf(world: World, notes: Notes): Facts {
  const { said, ended, repeatsCounted, troubles, least, mustMeet, links } = { ...NO_AMOUNTS, ...notes };
  const read = readOf(world);
  const parts = read.flatMap(({ account, chat, text, ...rest }): readonly Part[] => {
    const part = readPart(text);
    return part === undefined ? [] : [{ ...part, account, conversation: `${account}/chat/${chat}`, ...rest }];
  });
  const told = read.flatMap(({ account, chat, text, atMs }): readonly Told[] => {
    const notice = noticeIn(text);
    return notice === undefined ? [] : [{ notice, account, conversation: `${account}/chat/${chat}`, atMs }];
  });
  const { logged, repeated, moves, kills } = world.edge;
  return {
    ...{ links, said, ended, parts, told, repeatsCounted, logged, repeated, moves, kills, least, mustMeet, followed: world.followed },
    receipts: receiptsOf(world.natives, world.agents, world.poller),
    strays: read
      .filter(({ text }) => readPart(text) === undefined && noticeIn(text) === undefined)
      .map(({ account, chat, text }) => `${account}/chat/${chat}: ${text}`),
    troubles: [...troubles, ...refusalsOf(world.graph, ASKED)],
  };
}
