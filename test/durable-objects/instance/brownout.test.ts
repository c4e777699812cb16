/** An instance that fails a few of many hand-overs, for minutes: turns must cost nobody their instance or their message. */
import { expect, it } from "vitest";
import { type Event, step as stepOf, wakeAtMs } from "../../../durable-objects/conversation/machine.ts";
import { type Effect, type Ending, type Entry, emptyState } from "../../../durable-objects/conversation/state.ts";
import { isNews, isTroubled } from "../../../durable-objects/conversation/turn-taking.ts";
import { initialState, step } from "../../../durable-objects/instance/machine.ts";
import { NO_TURNS, takeTurn } from "../../../durable-objects/instance/turns.ts";
import { Agenda } from "../../../scripts/sim/agenda.ts";
import { Dice } from "../../../scripts/sim/dice.ts";
import type { Outcome } from "../../../src/core/outcome.ts";
import type { Turn } from "../../../src/ports/instances.ts";
import { accepted, commitOf, deliveryRules, failed, unknown } from "../../support/conversation.ts";

const rules = deliveryRules();
const RULE = { maxFails: 3, failTimeoutMs: 10_000 };
const RAMP = { rampMs: 60_000, perSecond: 200 };
const MINUTES = 3;
/** Until everybody has an instance, and it knows them. */
const WELL_MS = 15_000;

/** Its own probes stay good, as of a gateway whose disk stalls now and then. */
class Instance {
  readonly agenda = new Agenda();
  readonly dice = new Dice(7);
  #state = initialState("eu-1");
  #turns = NO_TURNS;

  get moment() {
    return { nowMs: this.agenda.nowMs, dice: this.dice.next(), rules };
  }

  turn(isRetry: boolean): Turn {
    const { nowMs, dice } = this.moment;
    // As its object does before it answers.
    this.#state = step(this.#state, { type: "polled", silence: undefined, isProbed: true, nowMs }).state;
    const { turns, turn } = takeTurn(this.#turns, this.#state, { isRetry, rule: RAMP, nowMs, dice });
    this.#turns = turns;
    return turn;
  }

  report(outcome: Outcome): void {
    this.#state = step(this.#state, { type: "reported", outcome, rule: RULE, nowMs: this.agenda.nowMs }).state;
  }
}

class Talk {
  readonly endings: Ending[] = [];
  readonly moves: string[] = [];
  #state = emptyState;
  #rampUntilMs = 0;
  readonly #instance: Instance;
  readonly #bad: { readonly share: number; readonly outcome: Outcome };

  constructor(instance: Instance, bad: { readonly share: number; readonly outcome: Outcome }) {
    this.#instance = instance;
    this.#bad = bad;
  }

  feed(event: Event): void {
    const next = stepOf(this.#state, event);
    this.#state = next.state;
    for (const effect of next.effects) this.#perform(effect);
    const { agenda } = this.#instance;
    const atMs = wakeAtMs(this.#state, agenda.nowMs);
    if (atMs !== undefined) agenda.after(Math.max(1, atMs - agenda.nowMs), () => this.feed({ type: "wake", ...this.#instance.moment }));
  }

  #perform(effect: Effect): void {
    if (effect.do === "ended") this.endings.push(effect.ending);
    if (effect.do === "hand-over") this.#handOver(effect.entry, effect.attempt.id);
    if (effect.do !== "choose") return;
    const { seq, pool, askedAtMs, exclude } = effect;
    const instance = exclude.includes("eu-1") ? "eu-2" : "eu-1";
    if (instance === "eu-2") this.moves.push(pool);
    this.#instance.agenda.after(5, () =>
      this.feed({ type: "chosen", seq, pool, askedAtMs, instance, detail: "", ...this.#instance.moment }),
    );
  }

  /** As `turn-taking.ts` asks. */
  #heldBack(isRetry: boolean): Outcome | undefined {
    if (!isRetry && this.#instance.agenda.nowMs >= this.#rampUntilMs) return undefined;
    const turn = this.#instance.turn(isRetry);
    this.#rampUntilMs = turn.rampUntilMs ?? this.#rampUntilMs;
    if (turn.verdict === "go") return undefined;
    return { kind: turn.isDown ? "unreachable" : "busy", retryAfterMs: turn.waitMs, detail: turn.detail, isHeldBack: true };
  }

  #handOver(entry: Entry, attemptId: string): void {
    const { agenda, dice } = this.#instance;
    const heldBack = this.#heldBack(isTroubled(entry));
    const isBad = agenda.nowMs > WELL_MS && dice.chance(this.#bad.share);
    const outcome = heldBack ?? (isBad ? this.#bad.outcome : accepted);
    agenda.after(heldBack === undefined ? 50 : 5, () => {
      this.feed({ type: "outcome", attemptId, outcome, ...this.#instance.moment });
      if (heldBack === undefined && isNews(entry, outcome)) this.#instance.report(outcome);
    });
  }
}

it.each([
  ["it may have stored", 300, { share: 0.05, outcome: unknown }],
  ["it refused to store", 300, { share: 0.05, outcome: failed }],
  ["it may have stored, of a thousand people", 1000, { share: 0.05, outcome: unknown }],
])("what %s, a twentieth of all, is sent again: nobody moves, nothing is parked, nobody waits half a minute", (_, many, bad) => {
  const instance = new Instance();
  const talks = Array.from({ length: many }, () => new Talk(instance, bad));
  let said = 0;
  for (const talk of talks) {
    for (let atMs = instance.dice.between(0, 10_000); atMs < MINUTES * 60_000; atMs += instance.dice.between(5000, 15_000)) {
      said += 1;
      instance.agenda.after(atMs, () =>
        talk.feed({ type: "commit", commit: commitOf({ arrivedAtMs: instance.agenda.nowMs }), ...instance.moment }),
      );
    }
  }
  instance.agenda.run((MINUTES + 5) * 60_000, () => false);
  const endings = talks.flatMap((talk) => talk.endings);
  expect([endings.length, endings.filter(({ state }) => state !== "delivered"), talks.flatMap((talk) => talk.moves)]).toEqual([
    said,
    [],
    [],
  ]);
  expect(Math.max(...endings.map(({ atMs, entry }) => atMs - entry.committedAtMs))).toBeLessThan(30_000);
});
