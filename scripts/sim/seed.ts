/** One seed: a world is made, runs through its weather, comes to rest, and is judged. The same seed tells the same story. */
import { Agenda } from "./agenda.ts";
import { BotObject } from "./bot-object.ts";
import type { Bug } from "./bugs.ts";
import { calmPlanOf } from "./calm.ts";
import { ConversationObject } from "./conversation-object.ts";
import { Dice } from "./dice.ts";
import { Gateway } from "./gateway.ts";
import { InstanceObject } from "./instance-object.ts";
import { Ledger } from "./ledger.ts";
import { Operator } from "./operator.ts";
import { Permits } from "./permits.ts";
import { planOf } from "./plan.ts";
import { Platform } from "./platform.ts";
import { PollGateway } from "./poll-gateway.ts";
import { PollObject } from "./poll-object.ts";
import { Promises } from "./promises.ts";
import { startSenders } from "./senders.ts";
import { Story } from "./story.ts";
import { isSettled, judge } from "./verdict.ts";
import { startWeather } from "./weather.ts";
import type { World } from "./world.ts";

export interface SeedRun {
  readonly seed: number;
  /** The promise that was broken. */
  readonly fault: string | undefined;
  readonly events: number;
  readonly messages: number;
  readonly deaths: number;
  /** How often messages ended how, in a word or two. */
  readonly endings: Readonly<Record<string, number>>;
  /** Conversations that changed their instance. */
  readonly moves: number;
  readonly story: readonly string[];
}

export interface SeedOptions {
  readonly bug?: Bug | undefined;
  readonly isTold?: boolean;
}

/** After the faults everything must have come to rest by then: a poison message may take a quarter of an hour, and others may wait for it. */
const REST_MS = 3 * 3_600_000;
const LOOK_MS = 5000;
/** Among so many worlds one is calm. */
const CALM_EVERY = 20;
/** What comes late comes within this. */
const AFTERWARDS_MS = 90_000;

export function runSeed(seed: number, { bug, isTold = false }: SeedOptions = {}): SeedRun {
  const world = worldOf(seed, bug, new Story(isTold));
  const { agenda, plan, ledger, story } = world;
  let restsAtMs: number | undefined;
  const look = (): void => {
    restsAtMs = isSettled(world) ? (restsAtMs ?? agenda.nowMs) : undefined;
    agenda.after(LOOK_MS, look);
  };
  agenda.after(plan.weather.untilMs, look);
  const isOver = (): boolean => ledger.fault !== undefined || (restsAtMs !== undefined && agenda.nowMs - restsAtMs > AFTERWARDS_MS);
  agenda.run(plan.weather.untilMs + REST_MS, isOver);
  const objects = [...world.conversations.values(), ...world.bots.values(), ...world.polls.values(), ...world.instances.values()];
  const deaths = objects.reduce((sum, object) => sum + object.deaths, 0);
  const counts = { events: agenda.count, messages: plan.writings.length, deaths, endings: endingsIn(world), moves: movesIn(world) };
  return { seed, fault: judge(world), ...counts, story: story.lines };
}

function endingsIn({ conversations }: World): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { rows } of conversations.values()) {
    for (const { state, outcome = "" } of rows.messages.values()) {
      const name = state === "dead" ? `dead: ${outcome.split(":", 1)[0]}` : state;
      counts[name] = (counts[name] ?? 0) + 1;
    }
  }
  return counts;
}

function movesIn({ conversations }: World): number {
  const pins = [...conversations.values()].flatMap(({ rows }) => [...rows.pins.values()]);
  return pins.reduce((sum, { epoch }) => sum + epoch - 1, 0);
}

function worldOf(seed: number, bug: Bug | undefined, story: Story): World {
  const dice = new Dice(seed);
  const plan = seed % CALM_EVERY === 0 ? calmPlanOf(dice) : planOf(dice);
  const agenda = new Agenda();
  const world: World = {
    ...{ instances: new Map(), permits: new Permits(), promises: new Promises(plan, () => world) },
    ...{ agenda, dice, plan, story, bug, ledger: new Ledger(plan, () => agenda.nowMs), operator: new Operator(plan) },
    ...{ conversations: new Map(), gateways: new Map(), polls: new Map(), bots: new Map() },
    ...{ pending: new Set(), keysElsewhere: new Set() },
  };
  for (const { name, instances } of plan.pools) for (const instance of instances) addInstance(world, name, instance);
  for (const conversation of plan.writings.flatMap((one) => [one.conversation, ...(one.movedTo === undefined ? [] : [one.movedTo])])) {
    if (!world.conversations.has(conversation)) world.conversations.set(conversation, new ConversationObject(world, conversation));
  }
  for (const { id, link } of plan.accounts) if (link === "chat") world.bots.set(id, new BotObject(world, id, new Platform(world)));
  world.operator.plan(world);
  startWeather(world);
  startSenders(world);
  return world;
}

function addInstance(world: World, pool: string, instance: string): void {
  world.instances.set(instance, new InstanceObject(world, instance));
  const isPolled = world.plan.accounts.some((account) => account.pool === pool && account.link === "poll");
  if (!isPolled) return void world.gateways.set(instance, new Gateway(world, instance));
  const outbox = new PollObject(world, instance);
  world.polls.set(instance, outbox);
  world.gateways.set(instance, new PollGateway(world, instance, outbox));
}
