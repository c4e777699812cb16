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
  const acknowledged = (): void => {
    // The platform sends once more what it does not know to be acknowledged.
    if (strikes(world, world.plan.weather.lose)) {
      again();
      return;
    }
    world.ledger.acknowledged(event.id, event.account.id, event.writing.conversation);
    done();
  };
  if (strikes(world, world.plan.weather.lose)) {
    again();
    return;
  }
  world.agenda.after(world.dice.between(1, 30), () => (isKept(world, event) ? acknowledged() : again()));
}

function isKept(world: World, event: Event): boolean {
  const conversation = named(world.conversations, event.writing.conversation);
  const commit = commitOf(world, event);
  if (world.bug === "dedupe-elsewhere") {
    if (world.keysElsewhere.has(commit.key)) return true;
    world.keysElsewhere.add(commit.key);
  }
  try {
    const { state } = conversation.enter(() => conversation.commit(commit));
    tell(world, () => `${event.account.id} ${event.id}: ${state} in ${conversation.name}`);
    return state !== "full";
  } catch (error) {
    if (!(error instanceof Died)) throw error;
    tell(world, () => `${event.account.id} ${event.id}: 503, ${error.message}`);
    return world.bug === "ack-before-commit";
  }
}

function commitOf(world: World, { writing, account, id }: Event): Commit {
  const { limit } = world.plan;
  const key = world.bug === "key-without-account" ? id : `${account.id}/${id}`;
  return {
    ...{ ref: { key: writing.conversation }, account: account.id, key, messageId: id, kind: writing.temper },
    ...{ chat: { id: writing.chat, kind: "direct" }, senderId: writing.chat, pool: account.pool },
    ...{ rule: "default", trace: "default", traceId: "0", body: BODY, contentType: "application/json" },
    ...{ arrivedAtMs: EPOCH_MS + world.agenda.nowMs, limits: limit === undefined ? {} : { perSender: limit }, configNumber: 1 },
    ...(writing.freshForMs === undefined ? {} : { expiresAtMs: EPOCH_MS + writing.atMs + writing.freshForMs }),
  };
}
