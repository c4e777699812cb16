/** What happens to the world by itself: objects are evicted, gateways stop, hang and return, operators replay dead letters, the sweeper makes its round. */
import type { DurableObject } from "./durable.ts";
import type { Incident } from "./plan.ts";
import { isStormy, named, tell, type World } from "./world.ts";

const SWEEP_MS = 300_000;
/** Dead letters are also sent again when all is well. */
const REPLAYS_AFTER_MS = 60_000;

export function startWeather(world: World): void {
  const { untilMs, evictions, outages, restarts } = world.plan.weather;
  scatter(world, { times: evictions * 3, untilMs }, () => evict(world));
  scatter(world, { times: outages, untilMs }, () => stop(world, world.dice.pick([5000, 40_000, 120_000])));
  scatter(world, { times: restarts, untilMs }, () => stop(world, world.dice.between(200, 3000)));
  scatter(world, { times: outages, untilMs }, () => hang(world));
  scatter(world, { times: 3, untilMs: untilMs + REPLAYS_AFTER_MS }, () => replay(world));
  sweepLater(world);
  if (world.plan.incident !== undefined) startIncident(world, world.plan.incident);
}

function startIncident(world: World, { kind, instance, atMs, forMs }: Incident): void {
  const gateways = [...world.gateways.values()];
  const misjudge = (isMisjudged: boolean): void => {
    for (const gateway of gateways) gateway.isMisjudged = isMisjudged;
  };
  world.agenda.after(atMs, () => {
    if (kind === "hung") named(world.gateways, instance).hang(forMs);
    else if (kind === "blind") misjudge(true);
    else if (kind === "returning") world.operator.sendAway(world, instance);
    else named(world.gateways, instance).stop(forMs);
  });
  world.agenda.after(atMs + forMs, () => {
    misjudge(false);
    if (kind === "returning") world.operator.sendAway(world, undefined);
  });
}

function scatter(world: World, by: { readonly times: number; readonly untilMs: number }, happen: () => void): void {
  for (let index = 0; index < by.times; index += 1) world.agenda.after(world.dice.between(0, by.untilMs), happen);
}

function evict(world: World): void {
  if (!isStormy(world)) return;
  const objects: readonly DurableObject[] = [
    ...world.conversations.values(),
    ...world.bots.values(),
    ...world.polls.values(),
    ...world.instances.values(),
  ];
  const object = world.dice.pick(objects);
  if (object.isAwake) object.die("evicted");
}

function stop(world: World, forMs: number): void {
  const gateway = world.dice.pick([...world.gateways.values()]);
  if (isStormy(world) && !gateway.isDown) gateway.stop(forMs);
}

function hang(world: World): void {
  if (isStormy(world)) world.dice.pick([...world.gateways.values()]).hang(world.dice.pick([3000, 15_000, 60_000]));
}

function replay(world: World): void {
  const conversation = world.dice.pick([...world.conversations.values()]);
  const dead = [...conversation.rows.messages.keys()].find((seq) => conversation.rows.deadLetter(seq) !== undefined);
  if (dead === undefined) return;
  tell(world, () => `an operator sends ${conversation.name} #${dead} again`);
  conversation.quietly(() => conversation.replay(dead));
}

function sweepLater(world: World): void {
  world.agenda.after(SWEEP_MS, () => {
    if (world.bug !== "no-sweeper") sweep(world);
    sweepLater(world);
  });
}

function sweep(world: World): void {
  for (const name of [...world.pending]) world.conversations.get(name)?.knock();
  if (world.bug === "outbox-not-swept") return;
  for (const bot of world.bots.values()) bot.knock();
  if (world.plan.isJudged) for (const instance of world.instances.values()) instance.knock();
}
