/**
 * Performs what the machine asked for, after its rows are written: hand-overs, choices, log lines, notices. Nothing here decides;
 * what comes back goes into the machine as an event. A failure of a side matter (log, metric, notice) never touches delivery.
 */
import type { ConversationRef } from "../../src/core/conversation-ref.ts";
import { choose } from "../../src/pipeline/deliver.ts";
import type { Env } from "../env.ts";
import { blockAt, FAULTS, stopsAt } from "../fault-point.ts";
import { instancesOf } from "../instance/stub.ts";
import { jsonLog } from "../runtime.ts";
import { keepAnswer, lookUp } from "./answer-cache.ts";
import type { Conversation } from "./durable-object.ts";
import { Handing } from "./handing.ts";
import { brief } from "./handover.ts";
import { settledLine } from "./ledger.ts";
import { observeAnswer } from "./observing.ts";
import type { Effect, Ending, Entry } from "./state.ts";
import { Telling } from "./telling.ts";
import type { Upkeep } from "./upkeep.ts";

export class Effects {
  readonly #object: Conversation;
  readonly #env: Env;
  readonly #background: (work: Promise<unknown>) => void;
  readonly #upkeep: Upkeep;
  readonly #handing: Handing;
  readonly #telling: Telling;

  constructor(object: Conversation, env: Env, parts: { readonly upkeep: Upkeep; readonly background: (work: Promise<unknown>) => void }) {
    this.#object = object;
    this.#env = env;
    this.#upkeep = parts.upkeep;
    this.#background = parts.background;
    this.#handing = new Handing(object, env, { aside: (work) => this.#aside(work), index: () => parts.upkeep.index() });
    this.#telling = new Telling(object, env, parts.upkeep);
  }

  perform(effects: readonly Effect[]): void {
    if (FAULTS && stopsAt("conversation.afterCommit", effects)) return;
    for (const effect of effects) this.#run(effect);
    if (FAULTS) blockAt("conversation.afterEffects", effects);
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

  #run(effect: Effect): void {
    // One arm per effect; the compiler finds a missing one.
    switch (effect.do) {
      case "hand-over":
        this.#background(this.#handing.handOver(effect.entry, effect.attempt.id));
        break;
      case "brief":
        this.#background(brief(this.#object, this.#env, effect));
        break;
      case "choose":
        this.#background(this.#choose(effect).catch((error: unknown) => this.#unchosen(effect, error)));
        break;
      case "look-up":
        this.#background(lookUp(this.#object, this.#env, effect.entry));
        break;
      case "keep-answer":
        this.#aside(() => keepAnswer(this.#object, this.#env, effect));
        break;
      case "granted":
        this.#aside(() => instancesOf(this.#env).granted(effect.instance));
        break;
      case "ended":
        this.#ended(effect.ending);
        break;
      case "answered":
        this.#aside(() => observeAnswer(this.#object, this.#env, effect.instance, effect.ms));
        break;
      case "reply":
        this.#aside(() => this.#telling.reply(effect.replying));
        break;
      case "notice":
        this.#aside(() => this.#telling.notify(effect.entry, effect.notice));
        break;
      case "pinned":
        this.#pinned(effect);
        break;
      case "troubled":
        this.#troubled(effect.entry, effect.detail);
        break;
      case "hand-pins":
        this.#aside(() => this.#upkeep.handPins());
        break;
    }
  }

  async #choose(effect: Extract<Effect, { do: "choose" }>): Promise<void> {
    const snapshot = await this.#object.snapshot();
    if (snapshot === undefined) throw new Error("no routes document can be read");
    // In a chat that moved away the other side knows best, and hears who was found.
    await this.#upkeep.handPins([]);
    const placed = await choose(snapshot.routes, instancesOf(this.#env), { ...effect, conversation: this.#ref.key }).catch(
      (error: unknown) => ({ held: String(error) }),
    );
    const choice = "held" in placed ? { detail: placed.held ?? "held" } : { instance: placed.instance, detail: "placed" };
    const newest = (await this.#object.snapshot()) ?? snapshot;
    const { seq, pool, askedAtMs } = effect;
    this.#object.apply({ type: "chosen", seq, pool, askedAtMs, ...choice, ...this.#object.moment(newest) });
    const pin = this.#object.state.pins[pool];
    if (pin !== undefined) await this.#upkeep.handPins([pin]);
  }

  #unchosen({ seq, askedAtMs }: Extract<Effect, { do: "choose" }>, error: unknown): void {
    this.failed(error);
    this.#object.apply({ type: "unchosen", seq, askedAtMs });
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

  #pinned({ pin, from, reason }: Extract<Effect, { do: "pinned" }>): void {
    const event = from === undefined ? "conversation.pinned" : "conversation.moved";
    const { pool, instance, epoch } = pin;
    jsonLog.write({ level: "info", event, conversation: this.#ref.key, pool, instance, epoch, from, reason });
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

  /** Work beside delivery: its failure is logged and otherwise forgotten. */
  #aside(work: () => Promise<unknown>): void {
    this.#background(work().catch((error: unknown) => this.failed(error)));
  }
}
