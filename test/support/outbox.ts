/** An outbox machine driven by hand: time moves when the test says so, its rows outlive it, and a platform of the test's own takes its calls. */
import { step, verdictOf, wakeAtMs } from "../../durable-objects/bot/outbox.ts";
import {
  type Answer,
  type Entry,
  emptyOutbox,
  type Moment,
  type Outbox,
  type OutboxEffect,
  type OutboxEvent,
  type OutboxStep,
  type Speech,
  survive,
} from "../../durable-objects/bot/outbox-state.ts";
import type { SendVerdict } from "../../src/channels/outgoing.ts";
import type { DeliveryStatus } from "../../src/core/delivery-status.ts";
import { addDeltas, type Delta } from "../../src/core/series.ts";
import type { ReplyEnd, ReplyVerdict } from "../../src/ports/bots.ts";

export const ACCOUNT = "whatsapp:sales";

export interface Kept {
  readonly chat: string;
  readonly parts: readonly string[];
  readonly askedAtMs?: number;
  readonly isReplay?: boolean;
}

type Bare<Event> = Event extends OutboxEvent ? Omit<Event, keyof Moment> : never;

export const freeSpeech: Speech = {
  pace: () => ({ chat: { perMinute: 6000, burst: 1000 }, bot: { perMinute: 6000, burst: 1000 } }),
  windowMs: undefined,
  hasTemplate: () => false,
};

export class OutboxDriver {
  state: Outbox = emptyOutbox;
  nowMs = 1_000_000;
  speech: Speech | undefined;
  /** What is written down, as the next incarnation would read it. */
  readonly rows = new Map<string, Entry>();
  readonly words = new Map<string, readonly string[]>();
  readonly effects: OutboxEffect[] = [];
  rowsWritten = 0;
  /** Calls that have not been answered, oldest first. */
  flying: { readonly key: string; readonly part: number; readonly entry: Entry }[] = [];
  alarmAtMs: number | undefined;

  constructor(speech: Speech | undefined = freeSpeech) {
    this.speech = speech;
  }

  feed(event: Bare<OutboxEvent>): OutboxStep {
    const moment: Moment = { nowMs: this.nowMs, dice: 0.5, speech: this.speech };
    const next = step(this.state, { ...event, ...moment } as OutboxEvent);
    this.state = next.state;
    for (const write of next.writes) {
      this.rowsWritten += 1;
      if (write.row === "insert") this.words.set(write.entry.key, write.parts);
      if (write.row === "delete") this.rows.delete(write.key);
      else this.rows.set(write.entry.key, JSON.parse(JSON.stringify(write.entry)) as Entry);
    }
    const atMs = wakeAtMs(this.state, this.nowMs);
    if (atMs !== undefined) this.alarmAtMs = Math.min(this.alarmAtMs ?? atMs, atMs);
    this.effects.push(...next.effects);
    for (const effect of next.effects)
      if (effect.do === "send") this.flying.push({ key: effect.entry.key, part: effect.entry.next, entry: effect.entry });
    return next;
  }

  keep(key: string, { chat, parts, askedAtMs, ...replay }: Kept): ReplyVerdict | undefined {
    const reply = { key, ref: { key: `${ACCOUNT}/chat/${chat}` }, seq: 7, chat: { id: chat, kind: "direct" } } as const;
    this.feed({ type: "keep", account: ACCOUNT, reply: { ...reply, ...replay, askedAtMs: askedAtMs ?? this.nowMs }, parts });
    return verdictOf(this.state, key);
  }

  /** The oldest call, or that of this answer, comes back. */
  answer(answer: Answer, key?: string): OutboxStep {
    const index = key === undefined ? 0 : this.flying.findIndex((call) => call.key === key);
    const [call] = this.flying.splice(index, 1);
    if (call === undefined) throw new Error("nothing is under way");
    return this.feed({ type: "answered", key: call.key, part: call.part, answer });
  }

  take(id: string, key?: string): OutboxStep {
    return this.answer({ kind: "taken", id }, key);
  }

  refuse(verdict: SendVerdict, key?: string): OutboxStep {
    return this.answer({ kind: "refused", verdict }, key);
  }

  status(messageId: string, status: DeliveryStatus["status"], more: { note?: string; verdict?: SendVerdict; participant?: string } = {}) {
    const { verdict, ...facts } = more;
    const error = status === "failed" ? { error: { code: 131026, detail: "Message undeliverable" } } : {};
    return this.feed({ type: "status", account: ACCOUNT, status: { messageId, status, ...facts, ...error }, verdict });
  }

  wake(afterMs = 0): OutboxStep {
    this.nowMs += afterMs;
    this.alarmAtMs = undefined;
    return this.feed({ type: "wake" });
  }

  told(key: string): OutboxStep {
    return this.feed({ type: "told", key });
  }

  /** The object dies: memory and calls are gone, the rows and the alarm stay. */
  crash(): void {
    const read = [...this.rows.values()].map((row) => survive({ ...row, tells: 0, tellAtMs: 0 }, this.nowMs));
    const { stopped } = this.state;
    this.flying = [];
    this.state = {
      ...emptyOutbox,
      entries: new Map(read.map((entry) => [entry.key, entry])),
      ...(stopped === undefined ? {} : { stopped: { ...stopped, lookAtMs: 0 } }),
    };
  }

  sends(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.do === "send" ? [`${effect.entry.key}/${effect.entry.next + 1}`] : []));
  }

  ends(): readonly (ReplyEnd & { readonly key: string })[] {
    return this.effects.flatMap((effect) =>
      effect.do === "tell" && effect.entry.end ? [{ key: effect.entry.key, ...effect.entry.end }] : [],
    );
  }

  counted(): Delta {
    return addDeltas(...this.effects.flatMap((effect) => (effect.do === "count" ? [effect.delta] : [])));
  }

  done(kind: OutboxEffect["do"]): number {
    return this.effects.filter((effect) => effect.do === kind).length;
  }
}
