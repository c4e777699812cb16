/**
 * Those who write: each says one thing after the other, moves to a new chat after some, and now and then the platform delivers again what was
 * acknowledged already. The same numbers of chats and updates in both bots: whoever confuses them is found out by the words.
 */
import type { GraphApi } from "../fakes/graph-api.ts";
import { sleep } from "../fakes/http-service.ts";
import { type Sender, startSender } from "../fakes/telegram-sender.ts";
import { messageUpdate } from "../fakes/telegram-updates.ts";
import { ASKED, MIXED, NATIVE, VARS } from "./cast.ts";
import type { Chance } from "./chance.ts";
import { nameOf, type Said } from "./facts.ts";
import { question } from "./texts.ts";

export interface People {
  readonly said: readonly Said[];
  /** Resolves when everything that was said is acknowledged, or `withinMs` are over. */
  readonly stop: (withinMs: number) => Promise<void>;
}

/** Brings a message to the edge until it is acknowledged. */
type Bring = (chat: string, id: number, lines: number) => Promise<boolean>;

interface Crowd {
  readonly account: string;
  readonly people: number;
  readonly perChat: number;
  readonly pauseMs: readonly [low: number, high: number];
  readonly longShare: number;
  readonly chatOf: (person: number, generation: number) => string;
  readonly idOf: (id: number) => string;
  readonly bring: Bring;
}

/** A second of the platforms' redelivery rules. */
export const SECOND_MS = 50;
/** Ten seconds: who met one kill after the other still comes again while somebody waits for the end. */
export const MOST_DELAY_S = 200;
const AGAIN_SHARE = 0.03;
const AGAIN_WITHIN_MS = 5_000;
const FIRST_ID = 10_000;
const LONG_LINES = [90, 220] as const;

/** Who is answered by the one that polls is answered at a bot's own pace, 30 calls a second and 20 a minute in a group: more would only pile up. */
const PACES = {
  native: { people: 54, pauseMs: [300, 1_300] },
  mixed: { people: 16, pauseMs: [2_000, 5_000] },
} as const;

const telegramChat = (person: number, generation: number): string => {
  const id = 1_000 + person * 10_000 + generation;
  return `${person % 3 === 0 ? -1_000_000_000_000 - id : id}`;
};

function telegramCrowd(account: string, url: string): { readonly crowd: Crowd; readonly sender: Sender } {
  const target = { url: `${url}/webhooks/telegram/${account.slice("telegram:".length)}`, secret: VARS.TG_SECRET, maxConnections: 60 };
  const sender = startSender({
    nowMs: Date.now,
    target: () => target,
    onBody: () => undefined,
    onFailure: () => undefined,
    secondMs: SECOND_MS,
  });
  const ids = { nextUpdateId: () => 0, nextMessageId: () => 0, nowMs: Date.now };
  const bring: Bring = async (chat, id, lines) => {
    const text = question(nameOf(account, `u${id}`), lines);
    const record = await sender.send(messageUpdate({ chat: Number(chat), text, updateId: id, messageId: id }, ids));
    return record.outcome === "delivered";
  };
  const numbers = { perChat: 40, longShare: 0, ...PACES[account === MIXED ? "mixed" : "native"] } as const;
  return { crowd: { account, ...numbers, chatOf: telegramChat, idOf: (id) => `u${id}`, bring }, sender };
}

function whatsappCrowd(graph: GraphApi): Crowd {
  const idOf = (id: number): string => `wamid.s${id}`;
  return {
    ...{ account: ASKED, people: 14, perChat: 8, pauseMs: [800, 2_500], longShare: 0.2, idOf },
    chatOf: (person, generation) => `${1_555_000_0000 + person * 10_000 + generation}`,
    bring: async (chat, id, lines) => {
      const record = await graph.say({ from: chat, id: idOf(id), text: question(nameOf(ASKED, idOf(id)), lines) });
      return record?.outcome === "delivered";
    },
  };
}

/** How many write in each account, and how much each says in one chat. */
export type Pace = Pick<Crowd, "people" | "perChat" | "pauseMs">;

export function startPeople(url: string, graph: GraphApi, chance: Chance, pace?: Pace): People {
  const said: Said[] = [];
  const again = new Set<Promise<unknown>>();
  let isOver = false;

  const bringAgain = (crowd: Crowd, own: Chance, what: Parameters<Bring>): void => {
    const later = sleep(own.between(0, AGAIN_WITHIN_MS)).then(() => crowd.bring(...what));
    again.add(later);
    later.finally(() => again.delete(later)).catch(() => undefined);
  };

  const person = async (crowd: Crowd, index: number, nextId: () => number): Promise<void> => {
    const own = chance.fork();
    for (let count = 0; !isOver; count += 1) {
      await sleep(own.between(...crowd.pauseMs));
      if (isOver) return;
      const chat = crowd.chatOf(index, Math.floor(count / crowd.perChat));
      const id = nextId();
      const lines = own.next() < crowd.longShare ? Math.floor(own.between(...LONG_LINES)) : 1;
      const facts = { name: nameOf(crowd.account, crowd.idOf(id)), account: crowd.account, conversation: `${crowd.account}/chat/${chat}` };
      const at = said.push({ ...facts, isAcknowledged: false }) - 1;
      said[at] = { ...facts, isAcknowledged: await crowd.bring(chat, id, lines) };
      if (own.next() < AGAIN_SHARE) bringAgain(crowd, own, [chat, id, lines]);
    }
  };

  const bots = [NATIVE, MIXED].map((account) => telegramCrowd(account, url));
  const crowds = [...bots.map(({ crowd }) => crowd), whatsappCrowd(graph)].map((crowd) => ({ ...crowd, ...pace }));
  const talking = crowds.flatMap((crowd) => {
    let id = FIRST_ID;
    return Array.from({ length: crowd.people }, (_, index) => person(crowd, index, () => id++));
  });
  const stop = async (withinMs: number): Promise<void> => {
    isOver = true;
    await Promise.race([Promise.all(talking).then(() => Promise.all(again)), sleep(withinMs)]);
    for (const { sender } of bots) sender.stop();
  };
  return { said, stop };
}
