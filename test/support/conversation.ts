/** A conversation machine driven by hand: time moves when the test says so, and rows are only looked at. */

import { type Event, step, wakeAtMs } from "../../durable-objects/conversation/machine.ts";
import { type Effect, emptyState, type State, type Step, type Write } from "../../durable-objects/conversation/state.ts";
import { ConversationRows } from "../../scripts/sim/conversation-rows.ts";
import type { Commit } from "../../src/core/commit.ts";
import type { DeliveryRules, PoolRules } from "../../src/core/delivery-rules.ts";
import type { Outcome } from "../../src/core/outcome.ts";

export const poolRules = (bent: Partial<PoolRules> = {}): PoolRules => ({
  instances: ["eu-1", "eu-2"],
  policy: "hold-then-move",
  holdMs: 30_000,
  ambiguous: "park",
  maxAttempts: 12,
  poisonMs: 900_000,
  attemptMs: 10_000,
  standbys: [],
  backlog: { policy: "flush", keep: 1, afterMs: 60_000 },
  tells: { held: false, moved: false, unanswered: false },
  ...bent,
});

export const deliveryRules = (bent: Partial<PoolRules> = {}, draining: readonly string[] = []): DeliveryRules => ({
  number: 1,
  draining,
  returning: [],
  pools: { support: poolRules(bent), sales: poolRules({ ...bent, instances: ["us-1"] }) },
  defaultPools: { "telegram:support": "support" },
  reach: { "telegram:support": ["support", "sales"] },
  links: {},
});

let serial = 0;

export const commitOf = (bent: Partial<Commit> = {}): Commit => {
  serial += 1;
  return {
    ref: { key: "telegram:support/chat/7" },
    account: "telegram:support",
    key: `telegram:support/u${serial}`,
    messageId: `u${serial}`,
    kind: "message",
    chat: { id: "7", kind: "direct" },
    senderId: "7",
    pool: "support",
    rule: "default",
    trace: "default: no rule matched",
    traceId: "0".repeat(31).concat("1"),
    body: new Uint8Array([123, 125]),
    contentType: "application/json",
    arrivedAtMs: 0,
    limits: {},
    configNumber: 1,
    ...bent,
  };
};

export const accepted: Outcome = { kind: "accepted", status: 200, detail: "durable" };
export const unreachable: Outcome = { kind: "unreachable", detail: "connection refused" };
export const unknown: Outcome = { kind: "unknown", detail: "timeout" };
export const failed: Outcome = { kind: "failed", status: 500, detail: "http 500" };
export const busy: Outcome = { kind: "busy", status: 429, retryAfterMs: 3000, detail: "http 429" };
export const refused: Outcome = { kind: "refused", status: 400, isPermanent: true, detail: "http 400" };

/** By a link that brings the answer back. */
export const answerOf = (text: string): Outcome => ({ kind: "accepted", status: 200, detail: "http 200", answer: { text } });

/** The same rules, by a link whose instances absorb no repeats. */
export const onceRules = (bent: Partial<PoolRules> = {}): DeliveryRules => {
  const link = { absorbsRepeats: false, attemptMs: 120_000, takesPermit: true };
  const links = { "eu-1": { "telegram:support": link }, "eu-2": { "telegram:support": link } };
  return { ...deliveryRules({ ...bent, attemptMs: undefined }), links };
};

export class Driver {
  state: State = emptyState;
  nowMs = 1_000_000;
  rules: DeliveryRules;
  readonly writes: Write[] = [];
  readonly effects: Effect[] = [];
  readonly #rows = new ConversationRows();

  constructor(rules: DeliveryRules = deliveryRules()) {
    this.rules = rules;
  }

  moment() {
    return { nowMs: this.nowMs, dice: 0.5, rules: this.rules };
  }

  feed(event: Event): Step {
    const next = step(this.state, event);
    this.state = next.state;
    this.writes.push(...next.writes);
    this.#rows.write(next.writes);
    this.effects.push(...next.effects);
    return next;
  }

  commit(bent: Partial<Commit> = {}): Step {
    return this.feed({ type: "commit", commit: commitOf({ arrivedAtMs: this.nowMs, ...bent }), ...this.moment() });
  }

  /** The pending choice is answered with this instance, or with none. */
  place(instance?: string): Step {
    const asked = this.effects.findLast((effect) => effect.do === "choose");
    if (asked?.do !== "choose") throw new Error("nothing asked for an instance");
    const choice = instance === undefined ? {} : { instance };
    return this.feed({
      type: "chosen",
      seq: asked.seq,
      pool: asked.pool,
      askedAtMs: asked.askedAtMs,
      detail: "no instance is healthy",
      ...choice,
      ...this.moment(),
    });
  }

  answer(outcome: Outcome): Step {
    const attempt = this.state.queue[0]?.attempt;
    if (attempt === undefined) throw new Error("nothing is in flight");
    return this.feed({ type: "outcome", attemptId: attempt.id, outcome, ...this.moment() });
  }

  wake(afterMs = 0): Step {
    this.nowMs += afterMs;
    return this.feed({ type: "wake", ...this.moment() });
  }

  /** The object dies and a new incarnation reads its rows: memory is gone. */
  crash(): void {
    this.state = this.#rows.load(this.nowMs);
  }

  /** Everything rings when it is due, up to `untilMs`; what is handed over is answered by `outcomeOf`, what asks for an instance by `placeAt`. */
  run(untilMs: number, outcomeOf: () => Outcome, placeAt?: () => string | undefined): void {
    for (let turn = 0; turn < 10_000 && this.nowMs < untilMs; turn += 1) {
      if (this.state.choosing !== undefined) this.place(placeAt?.());
      else if (this.state.queue[0]?.attempt !== undefined) this.answer(outcomeOf());
      else this.wake(Math.max(0, Math.min(wakeAtMs(this.state, this.nowMs) ?? untilMs, untilMs) - this.nowMs));
    }
    if (this.nowMs < untilMs) throw new Error("it does not come to rest");
  }

  handOvers(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.do === "hand-over" ? [`${effect.entry.messageId}@${effect.attempt.instance}`] : []));
  }

  /** Answers handed to the bot, as often as they were. */
  replies(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.do === "reply" ? [`${effect.replying.entry.messageId}: ${effect.replying.text}`] : []));
  }

  notices(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.do === "notice" ? [`${effect.entry.messageId} ${effect.notice}`] : []));
  }

  endings(): readonly string[] {
    return this.effects.flatMap((effect) =>
      effect.do === "ended" ? [`${effect.ending.entry.messageId} ${effect.ending.state}: ${effect.ending.outcome}`] : [],
    );
  }
}
