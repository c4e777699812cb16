/** What a conversation asks for, done over the network: hand-overs, choices, answers to the bot. What comes back goes into its machine. */
import type { Attempt, Effect, Entry, Replying } from "../../durable-objects/conversation/state.ts";
import { isSettled, type Outcome } from "../../src/core/outcome.ts";
import type { ConversationObject } from "./conversation-object.ts";
import { Died } from "./durable.ts";
import { exchange, type Request } from "./network.ts";
import { accountOf, named, strikes, tell } from "./world.ts";

/** A hand-over without an answer for so long is trouble: the sweeper shall know of it. */
const SUSPECT_MS = 1000;

export function handOver(object: ConversationObject, entry: Entry, attempt: Attempt): void {
  const { world } = object;
  world.ledger.handsOver(object, entry, attempt);
  tell(world, () => `${object.name} #${entry.seq} (${entry.key}) to ${attempt.instance}, attempt ${attempt.id}`);
  const deaths = object.deaths;
  const deadlineMs = Math.max(1, attempt.deadlineAtMs - object.nowMs);
  object.later(SUSPECT_MS, () => {
    if (object.state.liveAttempt === attempt.id) world.pending.add(object.name);
  });
  object.asZombie(world.dice.between(1, strikes(world, 0.05) ? 4000 : 20), () => {
    const key = world.bug === "new-key-on-retry" ? `${entry.key}/${entry.tries}` : entry.key;
    const request: Request = { key, entry, attempt, conversation: object.name, deadlineMs };
    send(object, request, (outcome) => {
      if (object.deaths === deaths) object.quietly(() => cameBack(object, request, outcome));
    });
  });
}

function send({ world }: ConversationObject, request: Request, done: (outcome: Outcome) => void): void {
  const { entry, attempt } = request;
  const isPolled = accountOf(world, entry.account).link === "poll" && world.polls.has(attempt.instance);
  if (!isPolled) {
    exchange(world, named(world.gateways, attempt.instance), request, done);
    return;
  }
  named(world.polls, attempt.instance).offered(request, done);
}

function cameBack(object: ConversationObject, { entry, attempt }: Request, outcome: Outcome): void {
  object.world.ledger.cameBack(object.name, attempt);
  if (!isSettled(outcome.kind)) tell(object.world, () => `${object.name} #${entry.seq}: ${outcome.kind}, ${outcome.detail}`);
  const rules = object.snapshot();
  if (rules === undefined) return;
  object.apply({ type: "outcome", attemptId: attempt.id, outcome, ...object.moment(rules) });
}

export function choose(object: ConversationObject, effect: Extract<Effect, { do: "choose" }>): void {
  const { world } = object;
  object.later(world.dice.between(1, strikes(world, 0.02) ? 12_000 : 50), () => {
    const rules = object.snapshot();
    if (rules === undefined) return;
    const { seq, pool, askedAtMs, exclude } = effect;
    const members = rules.pools[pool]?.instances ?? [];
    const healthy = members.filter((name) => !named(world.gateways, name).isDown || strikes(world, 0.2));
    const eligible = healthy.filter((name) => !rules.draining.includes(name) && !exclude.includes(name));
    const choice: { readonly instance?: string } = eligible.length === 0 ? {} : { instance: world.dice.pick(eligible) };
    const detail = eligible.length === 0 ? "no instance is healthy" : "placed";
    tell(world, () => `${object.name} #${seq} is placed: ${choice.instance ?? `nowhere, without ${exclude.join(", ")}`}`);
    object.apply({ type: "chosen", seq, pool, askedAtMs, detail, ...choice, ...object.moment(rules) });
  });
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
