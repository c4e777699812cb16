/**
 * What an alarm does besides delivery: lists dead letters, reports, keeps the index of pending work true, purges, and hands pins
 * over. All of it may be late and may be done twice; none of it decides anything about a message.
 */
import { deadId } from "../../src/core/dead-id.ts";
import type { Snapshot } from "../../src/pipeline/snapshot.ts";
import { within } from "../config/deadline.ts";
import type { Env } from "../env.ts";
import { ObjectClock } from "../object-clock.ts";
import { systemClock } from "../runtime.ts";
import { shardsOf } from "../shard/stub.ts";
import type { Conversation } from "./durable-object.ts";
import { forgetSaid } from "./handover.ts";
import type { Ending, Pin } from "./state.ts";
import { adoptPins } from "./stub.ts";

const HOUR_MS = 3_600_000;
/** A body outlives its time by this at most. */
const MAX_PURGE_INTERVAL_MS = 6 * HOUR_MS;
/** No alarm rings while one runs, and the next try of a message may be due. */
const MOST_MS = 2000;

export class Upkeep {
  readonly #object: Conversation;
  readonly #env: Env;
  /** Memory: the sweeper's index has this conversation. After a restart the sweeper finds out by knocking. */
  #isIndexed = false;
  readonly #clock = new ObjectClock();

  constructor(object: Conversation, env: Env) {
    this.#object = object;
    this.#env = env;
  }

  /** Rejects when an object that it needs hangs. What is late goes on beside the next alarm, which begins all of it again. */
  run(snapshot: Snapshot, nowMs: number): Promise<void> {
    return within(this.#clock, MOST_MS, this.#all(snapshot, nowMs));
  }

  async #all(snapshot: Snapshot, nowMs: number): Promise<void> {
    await this.#listAll();
    await this.#report(nowMs);
    await this.#unindex();
    await this.#purge(snapshot, nowMs);
    await this.handPins();
  }

  /** Work is pending that the first attempt did not finish, or not soon: the sweeper shall know. */
  async index(): Promise<void> {
    if (this.#isIndexed) return;
    this.#isIndexed = true;
    try {
      await shardsOf(this.#env).setPending(this.#object.ref, true);
    } catch (error) {
      this.#isIndexed = false;
      throw error;
    }
  }

  /** Puts a dead letter on the list of those, unless it was sent again meanwhile. */
  async list(ending: Ending): Promise<void> {
    if (ending.state !== "dead" || this.#object.storage.deadLetter(ending.seq) === undefined) return;
    const { entry } = ending;
    const { ref } = this.#object;
    const facts = { id: deadId(ref, ending.seq), account: entry.account, conversation: ref.key, messageId: entry.messageId };
    await shardsOf(this.#env).addDead(ref, { ...facts, pool: entry.pool, reason: ending.outcome, atMs: ending.atMs });
  }

  /** Gives the pins to the conversation that continues this one, once; with `again` asks it who has the conversation now, and says who was found here. */
  async handPins(again?: readonly Pin[]): Promise<void> {
    const { state, storage, ref } = this.#object;
    const pins = state.isHanded === true ? again : Object.values(state.pins);
    if (state.movedTo === undefined || pins === undefined) return;
    // One that never had a word to remember hands on no name: what continues it is the first.
    const session = state.nextSeq > 1 || Object.keys(state.pins).length > 0 ? (storage.meta("session") ?? ref.key) : undefined;
    const theirs = await adoptPins(this.#env, state.movedTo, { pins, session, isAgain: state.isHanded });
    this.#object.apply({ type: "handed", pins: theirs, nowMs: systemClock.nowMs() });
  }

  /** By number, not over a copy: what ends while one is listed must be listed too. Its incarnation may have died before it could. */
  async #listAll(): Promise<void> {
    const { reporter } = this.#object;
    for (let index = 0; index < reporter.waiting.length; index += 1) {
      const ending = reporter.waiting[index];
      if (ending !== undefined) await this.list(ending);
    }
  }

  async #report(nowMs: number): Promise<void> {
    const { state, reporter, ref } = this.#object;
    const newest = Object.values(state.pins).toSorted((left, right) => right.atMs - left.atMs)[0];
    const firstOpen = Math.min(
      state.nextSeq,
      ...[state.queue[0], ...state.replying.map(({ entry }) => entry)].flatMap((entry) => entry?.seq ?? []),
    );
    const instance = newest === undefined ? {} : { instance: newest.instance };
    await reporter.flush(shardsOf(this.#env), { ref, nowMs, firstOpen, ...instance });
  }

  async #unindex(): Promise<void> {
    if (!this.#isIndexed || this.#object.state.queue.length > 0 || this.#object.state.replying.length > 0) return;
    // First, so that trouble that comes while the shard is told puts it back.
    this.#isIndexed = false;
    await shardsOf(this.#env).setPending(this.#object.ref, false);
  }

  async #purge(snapshot: Snapshot, nowMs: number): Promise<void> {
    const { storage, ref } = this.#object;
    const { purgeAtMs } = storage;
    if (purgeAtMs > nowMs) return this.#object.clock.ringBy(purgeAtMs);
    const { bodyHours, dedupeDays, deadDays } = snapshot.routes.document.retention;
    const keep = { bodyMs: bodyHours * HOUR_MS, dedupeMs: dedupeDays * 24 * HOUR_MS, deadMs: deadDays * 24 * HOUR_MS };
    const isFirst = purgeAtMs === 0;
    const ghosts = isFirst ? [] : storage.deadBefore(nowMs - keep.deadMs);
    for (const seq of ghosts) await shardsOf(this.#env).removeDead(ref, deadId(ref, seq));
    const isRemembered = forgetSaid(storage.said, snapshot.routes, nowMs);
    const isMore = isFirst || storage.purge(nowMs, keep) || isRemembered;
    // Never closer than an hour, whatever a document asks for: an alarm must not chase itself.
    const again = isMore ? nowMs + Math.max(HOUR_MS, Math.min(keep.bodyMs, keep.dedupeMs, MAX_PURGE_INTERVAL_MS)) : 0;
    storage.planPurge(again);
    if (isMore) this.#object.clock.ringBy(again);
  }
}
