/**
 * Performs what the machine asked for, after its rows are written: hand-overs, choices, log lines, notices. Nothing here decides;
 * what comes back goes into the machine as an event. A failure of a side matter (log, metric, notice) never touches delivery.
 */

import { channels } from "../../src/channels/registry.ts";
import type { ConversationRef } from "../../src/core/conversation-ref.ts";
import { isSettled, type Outcome } from "../../src/core/outcome.ts";
import { choose, deliveryRules, handOver } from "../../src/pipeline/deliver.ts";
import type { Snapshot } from "../../src/pipeline/snapshot.ts";
import type { ReplyEnd } from "../../src/ports/bots.ts";
import { botsOf } from "../bot/stub.ts";
import type { Env } from "../env.ts";
import { instancesOf, pollsOf } from "../instance/stub.ts";
import { instanceHttp } from "../instance-http.ts";
import { mediaOf } from "../media.ts";
import { envSecrets, jsonLog, systemClock, webDice } from "../runtime.ts";
import { permitsOf } from "../shard/stub.ts";
import { transcriberOf } from "../transcriber.ts";
import type { Conversation } from "./durable-object.ts";
import { channelOf, settledLine } from "./ledger.ts";
import { whilePresent } from "./presence.ts";
import type { Attempt, Effect, Ending, Entry, Replying } from "./state.ts";
import type { Upkeep } from "./upkeep.ts";

const NOTICE_WINDOW_MS = 60_000;
/** A hand-over that the pool's concurrency cap keeps back asks again after this. */
const PERMIT_WAIT_MS = 1000;

export class Effects {
  readonly #object: Conversation;
  readonly #env: Env;
  readonly #background: (work: Promise<unknown>) => void;
  readonly #upkeep: Upkeep;

  constructor(object: Conversation, env: Env, parts: { readonly upkeep: Upkeep; readonly background: (work: Promise<unknown>) => void }) {
    this.#object = object;
    this.#env = env;
    this.#upkeep = parts.upkeep;
    this.#background = parts.background;
  }

  perform(effects: readonly Effect[]): void {
    for (const effect of effects) this.#run(effect);
  }

  failed(error: unknown): void {
    jsonLog.write({ level: "error", event: "conversation.error", conversation: this.#ref.key, detail: String(error) });
  }

  /** Lines of endings whose incarnation may have died before it wrote them: told again, marked as such. */
  repeatLines(endings: readonly Ending[]): void {
    for (const ending of endings) jsonLog.write({ ...settledLine(this.#ref.key, ending), again: true });
  }

  get #ref(): ConversationRef {
    return this.#object.ref;
  }

  /** Under which name sessions know this conversation: that of the one it continues, when it continues one. */
  get #session(): string {
    return this.#object.storage.meta("session") ?? this.#ref.key;
  }

  #run(effect: Effect): void {
    // One arm per effect; the compiler finds a missing one.
    switch (effect.do) {
      case "hand-over":
        this.#background(this.#handOver(effect.entry, effect.attempt.id));
        break;
      case "choose":
        this.#background(this.#choose(effect));
        break;
      case "granted":
        this.#aside(() => instancesOf(this.#env).granted(effect.instance));
        break;
      case "ended":
        this.#ended(effect.ending);
        break;
      case "reply":
        this.#aside(() => this.#reply(effect.replying));
        break;
      case "notice":
        this.#aside(() => this.#notify(effect.entry, effect.notice));
        break;
      case "pinned":
        jsonLog.write({
          ...{
            level: "info",
            event: effect.from === undefined ? "conversation.pinned" : "conversation.moved",
            conversation: this.#ref.key,
          },
          ...{ pool: effect.pin.pool, instance: effect.pin.instance, epoch: effect.pin.epoch, from: effect.from, reason: effect.reason },
        });
        break;
      case "troubled":
        this.#troubled(effect.entry, effect.detail);
        break;
      case "hand-pins":
        // Until the other side has them: the alarm asks again.
        this.#object.clock.ringSoon();
        this.#aside(() => this.#upkeep.handPins());
        break;
    }
  }

  async #handOver(entry: Entry, attemptId: string): Promise<void> {
    const snapshot = await this.#object.snapshot();
    const outcome = await this.#attempt(entry, snapshot);
    // The document may have changed while the instance answered: what follows is decided by the newest.
    const newest = (await this.#object.snapshot()) ?? snapshot;
    if (newest === undefined) return;
    this.#object.apply({ type: "outcome", attemptId, outcome, ...this.#object.moment(newest) });
    const instance = entry.attempt?.instance;
    if (instance !== undefined && !isSettled(outcome.kind)) this.#object.reporter.count(instance, outcome.kind);
    const isNews = outcome.kind === "accepted" ? entry.tries > 1 : outcome.kind !== "busy";
    if (instance !== undefined && isNews && outcome.kind !== "unmarked")
      this.#aside(() => instancesOf(this.#env).report(instance, outcome));
  }

  async #attempt(entry: Entry, snapshot: Snapshot | undefined): Promise<Outcome> {
    const stored = this.#object.storage.body(entry.seq);
    const { attempt } = entry;
    if (snapshot === undefined || stored === undefined || attempt === undefined) return { kind: "unreachable", detail: "not ready" };
    const permit = await this.#permit(entry, attempt, snapshot);
    if (permit === undefined) return { kind: "busy", retryAfterMs: PERMIT_WAIT_MS, detail: "the pool's concurrency cap" };
    const deadlineMs = Math.max(1, attempt.deadlineAtMs - systemClock.nowMs());
    const { account, chat, kind, traceId } = entry;
    const named = { instance: attempt.instance, pool: entry.pool, messageKey: entry.key, session: this.#session };
    const request = { ...named, account, chat, kind, traceId, deadlineMs, ...stored };
    if (attempt.isRepeat === true) this.#object.reporter.countRepeat(attempt.instance);
    const outcome = await this.#shown(entry, handOver(snapshot.routes, request, this.#ports()));
    if (permit !== "") this.#aside(() => permitsOf(this.#env).release(entry.pool, permit));
    return outcome;
  }

  /** Empty when none is needed; undefined when there is none. */
  async #permit({ account, pool }: Entry, { instance, deadlineAtMs }: Attempt, { routes }: Snapshot): Promise<string | undefined> {
    const concurrency = routes.pools.get(pool)?.concurrency;
    const takesPermit = deliveryRules(routes).links[instance]?.[account]?.takesPermit !== false;
    if (concurrency === undefined || !takesPermit) return "";
    return permitsOf(this.#env).acquire(pool, concurrency, deadlineAtMs - systemClock.nowMs() + PERMIT_WAIT_MS);
  }

  /** Where the answer comes back by the link, nobody but the edge can show that one is being written. */
  #shown(entry: Entry, handed: Promise<Outcome>): Promise<Outcome> {
    const presenceMs = channels.get(channelOf(entry.account))?.outgoing?.presenceMs;
    if (entry.attempt?.isOnce !== true || presenceMs === undefined) return handed;
    const { account, chat, messageId } = entry;
    return whilePresent(handed, () => botsOf(this.#env).present(account, { chat, messageId }), presenceMs, systemClock);
  }

  #ports() {
    const spanId = webDice.hex(8);
    const secrets = envSecrets(this.#env);
    const base = { http: instanceHttp(this.#env), clock: systemClock, secrets, spanId };
    const transcriber = transcriberOf(this.#env);
    return { ...base, polls: pollsOf(this.#env), media: mediaOf(this.#env), ...(transcriber === undefined ? {} : { transcriber }) };
  }

  async #choose(effect: Extract<Effect, { do: "choose" }>): Promise<void> {
    const snapshot = await this.#object.snapshot();
    if (snapshot === undefined) return;
    const placed = await choose(snapshot.routes, instancesOf(this.#env), { ...effect, conversation: this.#ref.key }).catch(
      (error: unknown) => ({ held: String(error) }),
    );
    const choice = "held" in placed ? { detail: placed.held ?? "held" } : { instance: placed.instance, detail: "placed" };
    const newest = (await this.#object.snapshot()) ?? snapshot;
    const { seq, pool, askedAtMs } = effect;
    this.#object.apply({ type: "chosen", seq, pool, askedAtMs, ...choice, ...this.#object.moment(newest) });
  }

  #ended(ending: Ending): void {
    this.#object.reporter.add(ending);
    this.#object.clock.ringSoon();
    const line = settledLine(this.#ref.key, ending);
    this.#aside(async () => {
      await this.#object.storage.synced();
      jsonLog.write(line);
      await this.#upkeep.list(ending);
    });
  }

  #troubled(entry: Entry, detail: string): void {
    const { account, messageId, pool, tries } = entry;
    jsonLog.write({
      level: "warn",
      event: "message.held",
      conversation: this.#ref.key,
      account,
      message: messageId,
      pool,
      attempts: tries,
      detail,
    });
    this.#aside(() => this.#upkeep.index());
  }

  async #notify(entry: Entry, notice: "limited" | "unanswered"): Promise<void> {
    const routes = (await this.#object.snapshot())?.routes;
    const text = notice === "limited" ? routes?.document.limits.notice : routes?.pools.get(entry.pool)?.notices.unanswered;
    if (text === undefined) return;
    const once = notice === "limited" ? Math.floor(systemClock.nowMs() / NOTICE_WINDOW_MS) : entry.seq;
    await botsOf(this.#env).notify(entry.account, { chat: entry.chat, text, key: `${notice}/${this.#ref.key}/${once}` });
  }

  /** Until the bot has it the alarm asks again, and so does the sweeper; how it ends the bot may say at once. */
  async #reply({ entry, text }: Replying): Promise<void> {
    const { key, account, chat, seq, arrivedAtMs: askedAtMs } = entry;
    const routes = (await this.#object.snapshot())?.routes;
    const replied = (end: ReplyEnd) => this.#object.apply({ type: "replied", seq, end, nowMs: systemClock.nowMs() });
    if (routes !== undefined && !routes.accounts.has(account)) {
      replied({ state: "dead", outcome: "undelivered: the account is gone", parts: 0, repeats: 0 });
      return;
    }
    try {
      const once = entry.isReplay ? { isReplay: true } : {};
      const given = await botsOf(this.#env).reply(account, { key, ref: this.#ref, seq, chat, text, askedAtMs, ...once });
      this.#object.apply({ type: "kept", seq, nowMs: systemClock.nowMs() });
      if (given.verdict === "ended") replied(given.end);
    } catch (error) {
      jsonLog.write({
        level: "warn",
        event: "reply.unkept",
        conversation: this.#ref.key,
        account,
        message: entry.messageId,
        detail: String(error),
      });
      const snapshot = await this.#object.snapshot();
      if (snapshot !== undefined) this.#object.apply({ type: "unkept", seq, detail: String(error), ...this.#object.moment(snapshot) });
      await this.#upkeep.index();
    }
  }

  /** Work beside delivery: its failure is logged and otherwise forgotten. */
  #aside(work: () => Promise<unknown>): void {
    this.#background(work().catch((error: unknown) => this.failed(error)));
  }
}
