/** The shell around the outbox of an account's answers, as `durable-objects/bot/outbox-desk.ts` is: rows, alarm, calls to the platform, and the word to the conversation. */
import { step, verdictOf, wakeAtMs } from "../../durable-objects/bot/outbox.ts";
import {
  type Answer,
  type Entry,
  emptyOutbox,
  type Moment,
  type Outbox,
  type OutboxEffect,
  type OutboxEvent,
  type OutboxWrite,
  type Speech,
  survive,
} from "../../durable-objects/bot/outbox-state.ts";
import type { SendVerdict } from "../../src/channels/outgoing.ts";
import type { DeliveryStatus } from "../../src/core/delivery-status.ts";
import type { Reply, ReplyEnd, ReplyVerdict } from "../../src/ports/bots.ts";
import { Died, DurableObject, Unready } from "./durable.ts";
import type { Platform } from "./platform.ts";
import { named, strikes, tell, type World } from "./world.ts";

type Bare<Event> = Event extends OutboxEvent ? Omit<Event, keyof Moment> : never;

const PACE = { chat: { perMinute: 60, burst: 3 }, bot: { perMinute: 6000, burst: 100 } };

const EMPTY: ReplyEnd = { state: "answered", outcome: "empty", parts: 0, repeats: 0 };

export class BotObject extends DurableObject {
  /** Kept, in the order in which they were. */
  readonly rows = new Map<string, Entry>();
  readonly #account: string;
  readonly #platform: Platform;
  readonly #speech: Speech;
  #stopped: string | undefined;
  #state: Outbox = emptyOutbox;
  readonly #seen = new Set<string>();

  constructor(world: World, account: string, platform: Platform) {
    super(world, `the bot of ${account}`);
    this.#account = account;
    this.#platform = platform;
    const { windowMs, hasTemplate } = world.plan;
    this.#speech = { pace: () => PACE, windowMs, hasTemplate: () => hasTemplate };
  }

  reply(reply: Omit<Reply, "text">, text: string): ReplyVerdict {
    const key = `${reply.key}#${reply.seq}`;
    const known = verdictOf(this.#state, key);
    if (known !== undefined) return known;
    if (this.#isUnready) throw new Unready("the account cannot speak now");
    const parts = Array.from({ length: Number(text) }, (_, part) => `${key}/${part}`);
    if (parts.length === 0) return { verdict: "ended", end: EMPTY };
    this.#apply({ type: "keep", account: this.#account, reply: { ...reply, key }, parts });
    return verdictOf(this.#state, key) ?? { verdict: "kept" };
  }

  /** Told by the platform, which repeats itself until it is heard. */
  status(status: DeliveryStatus, verdict: SendVerdict | undefined): void {
    const name = `${status.messageId} ${status.status}`;
    if (this.#seen.has(name)) return;
    this.#apply({ type: "status", account: this.#account, status, verdict });
    this.#seen.add(name);
  }

  protected override start(): void {
    const read = [...this.rows].map(([key, row]) => [key, survive({ ...row, tells: 0, tellAtMs: 0 }, this.nowMs)] as const);
    const stopped = this.#stopped === undefined ? {} : { stopped: { detail: this.#stopped, lookAtMs: 0 } };
    this.#state = { ...emptyOutbox, entries: new Map(read), ...stopped };
    this.#arm();
  }

  protected override forget(): void {
    this.#state = emptyOutbox;
    this.#seen.clear();
  }

  protected override ring(): void {
    if (this.#state.entries.size > 0) this.#apply({ type: "wake" });
  }

  protected override get isOwing(): boolean {
    return this.rows.size > 0;
  }

  protected override get isSwept(): boolean {
    return true;
  }

  /** Without the document nobody knows how to speak for an account. */
  get #isUnready(): boolean {
    return this.world.operator.isBlind(this.world);
  }

  #apply(event: Bare<OutboxEvent>): void {
    this.point("before its rows");
    const { world } = this;
    if (strikes(world, world.plan.weather.storage)) throw new Died("its storage fails");
    const moment: Moment = { nowMs: this.nowMs, dice: world.dice.next(), speech: this.#isUnready ? undefined : this.#speech };
    const next = step(this.#state, { ...event, ...moment } as OutboxEvent);
    for (const write of next.writes) if (!this.#isForgotten(write, event, next.effects)) this.#write(write);
    this.#state = next.state;
    this.#arm();
    this.point("after its rows");
    for (const effect of next.effects) this.#perform(effect);
    this.point("after its effects");
  }

  #isForgotten(write: OutboxWrite, event: Bare<OutboxEvent>, effects: readonly OutboxEffect[]): boolean {
    if (write.row !== "update") return false;
    const { bug } = this.world;
    if (bug === "part-forgotten") return event.type === "answered" && event.answer.kind === "taken";
    return bug === "no-sending-mark" && effects.some((effect) => effect.do === "send" && effect.entry.key === write.entry.key);
  }

  #write(write: OutboxWrite): void {
    if (write.row === "insert")
      this.world.ledger.kept(write.entry.key, `${write.entry.ref.key} ${write.entry.chat.id}`, write.parts.length);
    if (write.row === "delete") this.rows.delete(write.key);
    else this.rows.set(write.entry.key, write.entry);
  }

  #arm(): void {
    const atMs = wakeAtMs(this.#state, this.nowMs);
    if (atMs !== undefined) this.ringBy(atMs);
  }

  #perform(effect: OutboxEffect): void {
    switch (effect.do) {
      case "send":
        this.#send(effect.entry, effect.waitMs);
        return;
      case "tell":
        this.#tell(effect.entry);
        return;
      case "stopped":
        this.#stopped = effect.detail;
        return;
      case "resumed":
        this.#stopped = undefined;
        return;
      default:
        return;
    }
  }

  #send(entry: Entry, waitMs: number): void {
    const { deaths } = this;
    this.later(waitMs, () => {
      this.asZombie(1, () => {
        this.#platform.send(this, entry, (answer: Answer) => {
          if (this.deaths === deaths) this.quietly(() => this.#apply({ type: "answered", key: entry.key, part: entry.next, answer }));
        });
      });
    });
  }

  /** Until the conversation has heard it, the alarm tells it again. */
  #tell({ key, ref, seq, end }: Entry): void {
    if (end === undefined) return;
    const { world } = this;
    world.ledger.tells(key, end.repeats);
    const isToldOnce = world.bug === "end-told-once";
    this.later(world.dice.between(1, 30), () => {
      try {
        if (strikes(world, world.plan.weather.lose)) throw new Died("the call got lost");
        const conversation = named(world.conversations, ref.key);
        conversation.enter(() => conversation.replied(seq, end));
        if (strikes(world, world.plan.weather.lose)) throw new Died("the answer to the call got lost");
      } catch (error) {
        if (!(error instanceof Died)) throw error;
        tell(world, () => `${ref.key} #${seq} could not be told how its answer ended`);
        if (!isToldOnce) return;
      }
      this.#apply({ type: "told", key });
    });
  }
}
