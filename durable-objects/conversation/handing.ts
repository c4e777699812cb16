/**
 * One hand-over as the object performs it: a turn at the instance where one is needed, a permit where the pool has a cap, the link, and
 * what is told about the outcome afterwards. Nothing here decides; what comes back goes into the machine as an event.
 */
import { channels } from "../../src/channels/registry.ts";
import { isSettled, type Outcome } from "../../src/core/outcome.ts";
import { deliveryRules, handOver } from "../../src/pipeline/deliver.ts";
import type { Snapshot } from "../../src/pipeline/snapshot.ts";
import { botsOf } from "../bot/stub.ts";
import type { Env } from "../env.ts";
import { blockAt, FAULTS, haltAt } from "../fault-point.ts";
import { instancesOf, pollsOf } from "../instance/stub.ts";
import { instanceHttp } from "../instance-http.ts";
import { mediaOf } from "../media.ts";
import { ObjectClock } from "../object-clock.ts";
import { envSecrets, webDice } from "../runtime.ts";
import { permitsOf } from "../shard/stub.ts";
import { transcriberOf } from "../transcriber.ts";
import type { Conversation } from "./durable-object.ts";
import { remember } from "./handover.ts";
import { channelOf } from "./ledger.ts";
import { ONCE_LEASE_MS } from "./machine.ts";
import { observeHandOver } from "./observing.ts";
import { whilePresent } from "./presence.ts";
import { atMost, type Slowness, whileSlow } from "./slowness.ts";
import type { Attempt, Entry } from "./state.ts";
import { isNews, isTooLate, TurnTaking, withAbsence } from "./turn-taking.ts";

/** A hand-over that the pool's concurrency cap keeps back asks again after this. */
const PERMIT_WAIT_MS = 1000;
/** An instance's object that is not heard by then, or within half the time there is, forbids nothing; a permit that has not come is none. */
const ASKING_MS = 2000;

/**
 * After so long without an answer the sweeper shall know of the hand-over, should its alarm be lost, and the instance is asked how it is.
 * An agent's turn takes its time: nothing is indexed before its lease is renewed.
 */
const SLOW = { indexMs: 1000, suspectMs: 3000 };
const SLOW_ONCE = { indexMs: ONCE_LEASE_MS, suspectMs: 5000 };

type Aside = (work: () => Promise<unknown>) => void;

export class Handing {
  readonly #object: Conversation;
  readonly #env: Env;
  readonly #aside: Aside;
  readonly #index: () => Promise<void>;
  readonly #turns: TurnTaking;
  readonly #clock = new ObjectClock();

  /** `aside`: for work whose failure must not touch delivery. */
  constructor(object: Conversation, env: Env, { aside, index }: { readonly aside: Aside; readonly index: () => Promise<void> }) {
    this.#object = object;
    this.#env = env;
    this.#aside = aside;
    this.#index = index;
    this.#turns = new TurnTaking(instancesOf(env));
  }

  /** Under which name sessions know this conversation: that of the one it continues, when it continues one. */
  get #session(): string {
    return this.#object.storage.meta("session") ?? this.#object.ref.key;
  }

  async handOver(entry: Entry, attemptId: string): Promise<void> {
    const snapshot = await this.#object.snapshot();
    const startedMs = this.#clock.nowMs();
    const outcome = await this.#attempt(entry, snapshot);
    const handed = { entry, outcome, ms: this.#clock.nowMs() - startedMs };
    if (outcome.isHeldBack !== true) this.#aside(() => observeHandOver(this.#object, this.#env, handed, snapshot));
    // The document may have changed while the instance answered: what follows is decided by the newest.
    const newest = (await this.#object.snapshot()) ?? snapshot;
    if (newest === undefined) return;
    await remember(this.#object, this.#env, { entry, outcome, routes: newest.routes });
    if (FAULTS) blockAt("conversation.beforeMark");
    this.#object.apply({ type: "outcome", attemptId, outcome, ...this.#object.moment(newest) });
    this.#report(entry, outcome);
  }

  /** What others should know of it: the metrics, and the instance's own object where the outcome is news. */
  #report(entry: Entry, outcome: Outcome): void {
    const instance = entry.attempt?.instance;
    if (instance === undefined || outcome.isHeldBack === true) return;
    if (!isSettled(outcome.kind)) this.#object.reporter.count(instance, outcome.kind);
    if (isNews(entry, outcome)) this.#aside(() => instancesOf(this.#env).report(instance, outcome, entry.account));
  }

  async #attempt(entry: Entry, snapshot: Snapshot | undefined): Promise<Outcome> {
    const stored = this.#object.storage.body(entry.seq);
    const { attempt } = entry;
    if (snapshot === undefined || stored === undefined || attempt === undefined)
      return { kind: "unreachable", detail: "not ready", isOurs: true };
    const askedAtMs = this.#clock.nowMs();
    const turn = this.#turns.heldBack(entry, attempt.instance, askedAtMs);
    const heldBack = await atMost(turn, Math.min(ASKING_MS, (attempt.deadlineAtMs - askedAtMs) / 2), this.#clock);
    if (heldBack !== undefined) return heldBack;
    const permit = await this.#permit(entry, attempt, snapshot);
    if (permit === undefined) return waits("the pool's concurrency cap");
    const isOver =
      this.#object.state.liveAttempt !== attempt.id || isTooLate(attempt.deadlineAtMs, { askedAtMs, nowMs: this.#clock.nowMs() });
    if (isOver) {
      this.#release(entry.pool, permit);
      return waits("its turn came too late");
    }
    const deadlineMs = Math.max(1, attempt.deadlineAtMs - this.#clock.nowMs());
    const { account, chat, kind, tier, traceId } = entry;
    const named = { instance: attempt.instance, pool: entry.pool, messageKey: entry.key, session: this.#session };
    const request = { ...named, account, chat, kind, tier, traceId, deadlineMs, ...stored };
    if (attempt.isRepeat === true) this.#object.reporter.countRepeat(attempt.instance);
    if (FAULTS) await haltAt("conversation.beforeSend");
    const handed = this.#shown(entry, handOver(snapshot.routes, request, this.#ports()));
    const outcome = await whileSlow(handed, this.#slowness(entry, attempt, snapshot), this.#clock);
    if (FAULTS) await haltAt("conversation.afterResponse");
    this.#release(entry.pool, permit);
    return withAbsence(outcome, this.#turns.turn);
  }

  #release(pool: string, permit: string): void {
    if (permit !== "") this.#aside(() => permitsOf(this.#env).release(pool, permit));
  }

  /** Empty when none is needed; undefined when there is none. */
  async #permit({ account, pool }: Entry, { instance, deadlineAtMs }: Attempt, { routes }: Snapshot): Promise<string | undefined> {
    const concurrency = routes.pools.get(pool)?.concurrency;
    if (concurrency === undefined || !isSent(account, instance, routes)) return "";
    const leftMs = deadlineAtMs - this.#clock.nowMs();
    const asked = permitsOf(this.#env).acquire(pool, concurrency, leftMs + PERMIT_WAIT_MS);
    const permit = await atMost(asked, Math.min(ASKING_MS, leftMs / 2), this.#clock);
    if (permit === undefined) void asked.then((late) => late === undefined || this.#release(pool, late));
    return permit;
  }

  /** Who asks for its messages itself is judged by its silence, and confirms one with its next question, which may take its time. */
  #slowness({ account }: Entry, { instance, isOnce }: Attempt, { routes }: Snapshot): readonly Slowness[] {
    const isPushed = isSent(account, instance, routes);
    const { indexMs, suspectMs } = isOnce === true || !isPushed ? SLOW_ONCE : SLOW;
    const index = { afterMs: indexMs, act: () => this.#aside(this.#index) };
    const suspect = { afterMs: suspectMs, act: () => this.#aside(() => instancesOf(this.#env).suspect(instance)) };
    return isPushed ? [index, suspect] : [index];
  }

  /** Where the answer comes back by the link, nobody but the edge can show that one is being written. */
  #shown(entry: Entry, handed: Promise<Outcome>): Promise<Outcome> {
    const presenceMs = channels.get(channelOf(entry.account))?.outgoing?.presenceMs;
    if (entry.attempt?.isOnce !== true || presenceMs === undefined) return handed;
    const { account, chat, messageId } = entry;
    return whilePresent(handed, () => botsOf(this.#env).present(account, { chat, messageId }), presenceMs, this.#clock);
  }

  #ports() {
    const spanId = webDice.hex(8);
    const secrets = envSecrets(this.#env);
    const base = { http: instanceHttp(this.#env, this.#clock), clock: this.#clock, secrets, spanId };
    const transcriber = transcriberOf(this.#env);
    return { ...base, polls: pollsOf(this.#env), media: mediaOf(this.#env), ...(transcriber === undefined ? {} : { transcriber }) };
  }
}

/** Nothing was sent, and nobody was found to be broken. */
const waits = (detail: string): Outcome => ({ kind: "busy", retryAfterMs: PERMIT_WAIT_MS, detail, isHeldBack: true, isOurs: true });

/** It is sent to the instance, which does not come for it. */
const isSent = (account: string, instance: string, routes: Snapshot["routes"]): boolean =>
  deliveryRules(routes).links[instance]?.[account]?.takesPermit !== false;
