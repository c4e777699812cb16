/** What a conversation asks for, done over the network: hand-overs, choices, answers to the bot. What comes back goes into its machine. */
import { ONCE_LEASE_MS } from "../../durable-objects/conversation/machine.ts";
import type { Attempt, Effect, Entry, Replying } from "../../durable-objects/conversation/state.ts";
import { withAbsence } from "../../durable-objects/conversation/turn-taking.ts";
import type { DeliveryRules } from "../../src/core/delivery-rules.ts";
import { isSettled, type Outcome } from "../../src/core/outcome.ts";
import type { Placement } from "../../src/routing/place.ts";
import type { ConversationObject } from "./conversation-object.ts";
import { Died } from "./durable.ts";
import { askInstance, heldBack, placed, report } from "./instance-calls.ts";
import { exchange, type Request } from "./network.ts";
import { accountOf, named, strikes, tell, type World } from "./world.ts";

/** A hand-over without an answer for so long is trouble: the sweeper shall know of it, and its instance is probed. */
const SLOW = { indexMs: 1000, suspectMs: 3000 };
const SLOW_ONCE = { indexMs: ONCE_LEASE_MS, suspectMs: 5000 };
const PERMIT_WAIT_MS = 1000;

export function handOver(object: ConversationObject, entry: Entry, asked: Attempt): void {
  const { world } = object;
  const attempt = drawnAnew(world, entry, asked);
  world.ledger.handsOver(object, entry, attempt);
  tell(world, () => `${object.name} #${entry.seq} (${entry.key}) to ${attempt.instance}, attempt ${attempt.id}`);
  const deaths = object.deaths;
  const deadlineMs = Math.max(1, attempt.deadlineAtMs - object.nowMs);
  const { indexMs, suspectMs } = attempt.isOnce === true ? SLOW_ONCE : SLOW;
  whileSlow(object, attempt, indexMs, () => world.pending.add(object.name));
  const isAsked = world.plan.isJudged && !isPolled(world, entry, attempt) && world.bug !== "no-suspicion";
  if (isAsked) whileSlow(object, attempt, suspectMs, () => askInstance(world, attempt.instance, (it) => it.suspect(), undefined));
  object.asZombie(world.dice.between(1, strikes(world, 0.05) ? 4000 : 20), () => {
    const key = world.bug === "new-key-on-retry" ? `${entry.key}/${entry.tries}` : entry.key;
    const request: Request = { key, entry, attempt, conversation: object.name, deadlineMs };
    const back = (outcome: Outcome): void => {
      if (object.deaths === deaths) object.quietly(() => cameBack(object, request, withAbsence(outcome, object.turn)));
    };
    const heldBackBy = heldBack(object, entry, attempt, object.nowMs) ?? withoutPermit(object, request, back);
    if (heldBackBy !== undefined) back(heldBackBy);
  });
}

/** What only a planted bug does. */
function drawnAnew(world: World, entry: Entry, attempt: Attempt): Attempt {
  const canary = world.operator.canaryOf(entry.pool, world.operator.rules.number);
  const isDrawn = world.bug === "canary-splits-conversation" && canary?.phase === "running" && world.dice.chance(canary.percentage / 100);
  return isDrawn ? { ...attempt, instance: canary.instance } : attempt;
}

function whileSlow(object: ConversationObject, attempt: Attempt, afterMs: number, act: () => void): void {
  object.later(afterMs, () => {
    if (object.state.liveAttempt === attempt.id) act();
  });
}

const isPolled = (world: World, entry: Entry, attempt: Attempt): boolean =>
  accountOf(world, entry.account).link === "poll" && world.polls.has(attempt.instance);

/** Sends it, with a permit where the pool has a cap; or says that there is none. A permit whose release got lost lapses. */
function withoutPermit(object: ConversationObject, request: Request, back: (outcome: Outcome) => void): Outcome | undefined {
  const { world } = object;
  const { pool } = request.entry;
  const limit = world.plan.pools.find(({ name }) => name === pool)?.concurrency;
  const { lose } = world.plan.weather;
  if (limit === undefined || isPolled(world, request.entry, request.attempt)) {
    send(object, request, back);
    return undefined;
  }
  const times = { nowMs: world.agenda.nowMs, leaseMs: request.deadlineMs + PERMIT_WAIT_MS };
  const permit = strikes(world, lose) ? undefined : world.permits.acquire(pool, limit, times);
  if (permit === undefined)
    return { kind: "busy", retryAfterMs: PERMIT_WAIT_MS, detail: "the pool's concurrency cap", isHeldBack: true, isOurs: true };
  send(object, request, (outcome) => {
    if (!strikes(world, lose)) world.permits.release(pool, permit);
    back(outcome);
  });
  return undefined;
}

function send({ world }: ConversationObject, request: Request, done: (outcome: Outcome) => void): void {
  const { entry, attempt } = request;
  world.promises.sends(request.conversation, entry, attempt.instance);
  if (!isPolled(world, entry, attempt)) {
    exchange(world, named(world.gateways, attempt.instance), request, done);
    return;
  }
  named(world.polls, attempt.instance).offered(request, done);
}

function cameBack(object: ConversationObject, { entry, attempt }: Request, outcome: Outcome): void {
  const rules = object.snapshot();
  object.world.ledger.cameBack(object.name, { entry, attempt }, outcome, rules !== undefined);
  if (!isSettled(outcome.kind)) tell(object.world, () => `${object.name} #${entry.seq}: ${outcome.kind}, ${outcome.detail}`);
  if (rules === undefined) return;
  object.apply({ type: "outcome", attemptId: attempt.id, outcome, ...object.moment(rules) });
  report(object.world, { entry, attempt }, outcome);
}

export function choose(object: ConversationObject, effect: Extract<Effect, { do: "choose" }>): void {
  const { world } = object;
  object.later(world.dice.between(1, strikes(world, 0.02) ? 12_000 : 50), () => {
    const rules = object.snapshot();
    const { seq, pool, askedAtMs, exclude } = effect;
    if (rules === undefined) {
      object.apply({ type: "unchosen", seq, askedAtMs });
      return;
    }
    object.handPins([]);
    const choice = world.plan.isJudged ? placed(object, effect, rules) : byChance(world, effect, rules);
    tell(world, () => `${object.name} #${seq} is placed: ${choice.instance ?? `nowhere (${choice.held}), without ${exclude.join(", ")}`}`);
    const found = choice.instance === undefined ? {} : { instance: choice.instance };
    object.apply({ type: "chosen", seq, pool, askedAtMs, detail: choice.held ?? "placed", ...found, ...object.moment(rules) });
    const pin = object.state.pins[pool];
    if (pin !== undefined) object.handPins([pin]);
  });
}

/** Also one that is down, now and then. */
function byChance(world: World, { pool, exclude }: Extract<Effect, { do: "choose" }>, rules: DeliveryRules): Placement {
  const members = rules.pools[pool]?.instances ?? [];
  const healthy = members.filter((name) => !named(world.gateways, name).isDown || strikes(world, 0.2));
  const eligible = healthy.filter((name) => !rules.draining.includes(name) && !exclude.includes(name));
  return eligible.length === 0 ? { held: "no instance is healthy" } : { instance: world.dice.pick(eligible) };
}

/** Until the bot has it, the alarm hands it over again. */
export function giveReply(object: ConversationObject, { entry, text }: Replying): void {
  const { world } = object;
  const { seq, key, chat, account, arrivedAtMs: askedAtMs } = entry;
  const isLostOnce = world.bug === "reply-handed-once";
  object.asZombie(world.dice.between(1, 30), () => {
    const deaths = object.deaths;
    const back = (work: () => void) => {
      if (object.deaths === deaths) object.later(world.dice.between(1, 20), work);
    };
    try {
      if (strikes(world, world.plan.weather.lose)) throw new Died("the call got lost");
      const bot = named(world.bots, account);
      const verdict = bot.enter(() => bot.reply({ key, ref: { key: object.name }, seq, chat, askedAtMs }, text));
      if (strikes(world, world.plan.weather.lose)) throw new Died("the answer to the call got lost");
      back(() => {
        object.apply({ type: "kept", seq, nowMs: object.nowMs });
        if (verdict.verdict === "ended") object.replied(seq, verdict.end);
      });
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      tell(world, () => `${object.name} #${seq}: the bot did not take its answer`);
      world.pending.add(object.name);
      back(() => {
        const rules = object.snapshot();
        if (isLostOnce) object.apply({ type: "kept", seq, nowMs: object.nowMs });
        else if (rules !== undefined) object.apply({ type: "unkept", seq, detail: error.message, ...object.moment(rules) });
      });
    }
  });
}
