/**
 * Platforms that bring messages, with the rules by which they repeat themselves. Telegram: one in flight in a chat, the next only after
 * its 2xx. WhatsApp: each delivery for itself, in any order. An acknowledged one is never sent again, unless its 200 got lost.
 */
import type { Commit } from "../../src/core/commit.ts";
import { Died, EPOCH_MS } from "./durable.ts";
import type { AccountPlan, Writing } from "./plan.ts";
import { accountOf, named, strikes, tell, type World } from "./world.ts";

const MAX_BACKOFF_MS = 60_000;
const BODY = new Uint8Array([123, 125]);

interface Event {
  readonly writing: Writing;
  readonly account: AccountPlan;
  readonly id: string;
}

/** Events in the order they were written, each account counting for itself. */
export function startSenders(world: World): void {
  const ids = new Map<string, number>();
  const lanes = new Map<string, Event[]>();
  for (const writing of world.plan.writings.toSorted((left, right) => left.atMs - right.atMs)) {
    const account = accountOf(world, writing.account);
    const serial = (ids.get(account.id) ?? 0) + 1;
    ids.set(account.id, serial);
    const event: Event = { writing, account, id: `u${serial}` };
    if (account.channel === "whatsapp") world.agenda.after(writing.atMs, () => deliver(world, event, 0, () => undefined));
    else sendInOrder(world, lanes, event);
  }
}

function sendInOrder(world: World, lanes: Map<string, Event[]>, event: Event): void {
  const name = `${event.account.id} ${event.writing.chat}`;
  const lane = lanes.get(name) ?? [];
  lanes.set(name, lane);
  const next = (): void => {
    const [first] = lane;
    if (first === undefined) return;
    deliver(world, first, 0, () => {
      lane.shift();
      next();
    });
  };
  world.agenda.after(event.writing.atMs, () => {
    lane.push(event);
    if (lane.length === 1) next();
  });
}

/** Again until it is acknowledged, after 0, 2, 4, ... seconds. */
function deliver(world: World, event: Event, tries: number, done: () => void): void {
  const again = (): void => {
    const backoffMs = tries === 0 ? 100 : Math.min(MAX_BACKOFF_MS, 1000 * 2 ** tries);
    world.agenda.after(backoffMs, () => deliver(world, event, tries + 1, done));
  };
  const acknowledged = (conversation: string): void => {
    // The platform sends once more what it does not know to be acknowledged.
    if (strikes(world, world.plan.weather.lose)) {
      again();
      return;
    }
    world.ledger.acknowledged(event.id, event.account.id, conversation);
    done();
  };
  if (strikes(world, world.plan.weather.lose)) {
    again();
    return;
  }
  world.agenda.after(world.dice.between(1, 30), () => {
    const conversation = keptIn(world, event);
    if (conversation === undefined) again();
    else acknowledged(conversation);
  });
}

/** Where it is kept, or undefined. */
function keptIn(world: World, event: Event): string | undefined {
  const commit = commitOf(world, event);
  if (world.bug === "dedupe-elsewhere") {
    if (world.keysElsewhere.has(commit.key)) return event.writing.conversation;
    world.keysElsewhere.add(commit.key);
  }
  try {
    if (event.account.channel === "telegram") bringPins(world, event);
    return follow(world, commit, event.writing.continues);
  } catch (error) {
    if (!(error instanceof Died)) throw error;
    tell(world, () => `${event.account.id} ${event.id}: 503, ${error.message}`);
    return world.bug === "ack-before-commit" ? event.writing.conversation : undefined;
  }
}

const MAX_HOPS = 3;

/** As `src/pipeline/keep.ts` follows a chat that moved, and brings what a new one continues. */
function follow(world: World, asked: Commit, continues: string | undefined): string | undefined {
  let commit = asked;
  for (let hop = 0; hop <= MAX_HOPS; hop += 1) {
    const conversation = named(world.conversations, commit.ref.key);
    const result = conversation.enter(() => conversation.commit(commit));
    tell(world, () => `${asked.account} ${asked.messageId}: ${result.state} in ${conversation.name}`);
    if (result.state === "full") return undefined;
    if (result.state === "moved") commit = { ...commit, ref: result.to };
    else if (result.state !== "continues" || continues === undefined) return conversation.name;
    else {
      const old = named(world.conversations, continues);
      old.enter(() => old.move(commit.ref.key));
      const { continues: _brought, ...rest } = commit;
      commit = rest;
    }
  }
  world.ledger.breaks(`${asked.ref.key} moves in a circle`);
  return undefined;
}

/** The new chat tells the same story as the old one, on another connection. Without an answer its message goes on. */
function bringPins(world: World, { writing }: Event): void {
  if (writing.continues === undefined) return;
  const old = named(world.conversations, writing.continues);
  old.quietly(() => old.move(writing.conversation));
}

function commitOf(world: World, { writing, account, id }: Event): Commit {
  const { limit } = world.plan;
  const key = world.bug === "key-without-account" ? id : `${account.id}/${id}`;
  return {
    ...{ ref: { key: writing.conversation }, account: account.id, key, messageId: id, kind: writing.temper },
    ...{ chat: { id: writing.chat, kind: "direct" }, senderId: writing.chat, pool: account.pool },
    ...{ rule: "default", trace: "default", traceId: "0", body: BODY, contentType: "application/json" },
    ...{ arrivedAtMs: EPOCH_MS + world.agenda.nowMs, limits: limit === undefined ? {} : { perSender: limit }, configNumber: 1 },
    ...(writing.movedTo === undefined ? {} : { movedTo: { key: writing.movedTo } }),
    ...(writing.continues === undefined || account.channel === "telegram" ? {} : { continues: { key: writing.continues } }),
    ...(writing.freshForMs === undefined ? {} : { expiresAtMs: EPOCH_MS + writing.atMs + writing.freshForMs }),
  };
}
