/** Whole outages, with everybody who knows of them: conversations, what is known of each instance, and probes every two seconds. */
import { describe, expect, it } from "vitest";
import { heldBackBy, isNews, isTroubled, withAbsence } from "../../../durable-objects/conversation/turn-taking.ts";
import { healthOf, initialState, type State, step } from "../../../durable-objects/instance/machine.ts";
import { NO_TURNS, type Turns, takeTurn } from "../../../durable-objects/instance/turns.ts";
import type { DeliveryRules } from "../../../src/core/delivery-rules.ts";
import type { Outcome } from "../../../src/core/outcome.ts";
import { accepted, answerOf, Driver, deliveryRules, failed, onceRules, unknown } from "../../support/conversation.ts";

const TICK_MS = 250;
const MINUTE_MS = 60_000;
const EJECTS = { maxFails: 3, failTimeoutMs: 10_000 };
const RAMP = { rampMs: 60_000, perSecond: 200 };
const badGateway: Outcome = { kind: "unknown", status: 502, detail: "http 502" };
const hung: Served = { isUp: false, outcome: unknown, ms: 10_000 };

interface Served {
  /** By its probes. */
  readonly isUp: boolean;
  readonly outcome: Outcome;
  /** Until the answer, or until it was waited for long enough. */
  readonly ms: number;
}

class Gateways {
  readonly states = new Map<string, State>();
  readonly #turns = new Map<string, Turns>();
  readonly #serve: (name: string, nowMs: number) => Served;
  /** When a message was sent, by gateway. */
  readonly sent: (readonly [string, number])[] = [];

  constructor(serve: (name: string, nowMs: number) => Served, names: readonly string[] = ["eu-1", "eu-2"]) {
    this.#serve = serve;
    for (const name of names) this.states.set(name, initialState(name));
  }

  get well(): readonly string[] {
    return [...this.states.keys()].filter((name) => healthOf(this.#of(name), this.nowMs).isHealthy);
  }

  nowMs = 0;

  #of(name: string): State {
    return this.states.get(name) ?? initialState(name);
  }

  probe(): void {
    for (const name of this.states.keys()) {
      const verdict = this.#serve(name, this.nowMs).isUp ? "up" : "down";
      this.states.set(name, step(this.#of(name), { type: "probed", result: { verdict, reason: "" }, nowMs: this.nowMs }).state);
    }
  }

  turn(name: string, isRetry: boolean) {
    const asked = { isRetry, account: "telegram:support", rule: RAMP, nowMs: this.nowMs, dice: 0.5 };
    const { turns, turn } = takeTurn(this.#turns.get(name) ?? NO_TURNS, this.#of(name), asked);
    this.#turns.set(name, turns);
    return turn;
  }

  serve(name: string): Served {
    this.sent.push([name, this.nowMs]);
    return this.#serve(name, this.nowMs);
  }

  report(name: string, outcome: Outcome): void {
    this.states.set(name, step(this.#of(name), { type: "reported", outcome, rule: EJECTS, nowMs: this.nowMs }).state);
  }
}

/** One conversation, as its object asks for turns, sends and reports. */
class Talk extends Driver {
  readonly #gateways: Gateways;
  #comesBack: { readonly atMs: number; readonly outcome: Outcome; readonly attemptId: string } | undefined;

  constructor(gateways: Gateways, rules: DeliveryRules) {
    super(rules);
    this.#gateways = gateways;
    this.nowMs = 0;
  }

  tick(): void {
    this.nowMs = this.#gateways.nowMs;
    const asked = this.effects.findLast((effect) => effect.do === "choose");
    if (this.state.choosing !== undefined && asked?.do === "choose")
      this.place(this.#gateways.well.find((name) => !asked.exclude.includes(name)));
    this.#hear();
    const head = this.state.queue[0];
    if (head === undefined) return;
    if (head.attempt === undefined) this.wake();
    else if (this.#comesBack?.attemptId !== head.attempt.id) this.#send();
  }

  #send(): void {
    const head = this.state.queue[0];
    const { attempt } = head ?? {};
    if (head === undefined || attempt === undefined) return;
    const turn = isTroubled(head) ? this.#gateways.turn(attempt.instance, true) : undefined;
    const heldBack = turn && heldBackBy(head, turn, this.nowMs);
    const { outcome, ms } = heldBack === undefined ? this.#gateways.serve(attempt.instance) : { outcome: heldBack, ms: 0 };
    this.#comesBack = { atMs: this.nowMs + ms, outcome: withAbsence(outcome, turn), attemptId: attempt.id };
    this.#hear();
  }

  #hear(): void {
    const head = this.state.queue[0];
    if (head?.attempt === undefined || head.attempt.id !== this.#comesBack?.attemptId || this.#comesBack.atMs > this.nowMs) return;
    const { outcome } = this.#comesBack;
    this.#comesBack = undefined;
    this.answer(outcome);
    if (outcome.isHeldBack !== true && isNews(head, outcome)) this.#gateways.report(head.attempt.instance, outcome);
  }
}

/** Each of them was answered once before by the first gateway. */
function talksOf(many: number, gateways: Gateways, rules: DeliveryRules): readonly Talk[] {
  return Array.from({ length: many }, () => {
    const talk = new Talk(gateways, rules);
    talk.commit();
    talk.place("eu-1");
    talk.answer(rules.links["eu-1"] === undefined ? accepted : answerOf("hello"));
    return talk;
  });
}

function pass(gateways: Gateways, talks: readonly Talk[], untilMs: number, tickMs = TICK_MS): void {
  for (; gateways.nowMs < untilMs; gateways.nowMs += tickMs) {
    if (gateways.nowMs % 2000 === 0) gateways.probe();
    for (const talk of talks) talk.tick();
  }
}

const deaths = (talks: readonly Talk[]): readonly string[] =>
  talks.flatMap((talk) => talk.endings().filter((text) => !/ (delivered|answered):/.test(text)));

describe("over a link that may ask once only, the instance of a conversation", () => {
  const well: Served = { isUp: true, outcome: answerOf("hello"), ms: 1000 };

  it.each<readonly [string, Served]>([
    ["hangs", { isUp: false, outcome: unknown, ms: 120_000 }],
    ["is gone behind its proxy", { isUp: false, outcome: badGateway, ms: 0 }],
  ])("%s: that costs one message, and those that follow are answered by another after the hold", (_how, bad) => {
    const gateways = new Gateways((name) => (name === "eu-1" ? bad : well));
    const [talk] = talksOf(1, gateways, onceRules());
    if (talk === undefined) return;
    pass(gateways, [], 10_000);
    talk.nowMs = gateways.nowMs;
    talk.commit({ messageId: "one" });
    pass(gateways, [talk], gateways.nowMs + bad.ms);
    const brokenAtMs = gateways.nowMs;
    for (const messageId of ["two", "three", "four"]) talk.commit({ messageId });
    pass(gateways, [talk], brokenAtMs + 40_000);
    expect([deaths([talk]).length, talk.handOvers().slice(-3)]).toEqual([1, ["two@eu-2", "three@eu-2", "four@eu-2"]]);
    const movedAtMs = gateways.sent.find(([name]) => name === "eu-2")?.[1] ?? 0;
    expect(movedAtMs - brokenAtMs).toBeLessThanOrEqual(33_000);
  });

  it("is the only one: what waits for it is no trial, and is answered once it is back", () => {
    const gateways = new Gateways((_, nowMs) => (nowMs < 4 * MINUTE_MS ? { ...hung, ms: 120_000 } : well), ["eu-1"]);
    const talks = talksOf(5, gateways, onceRules({ instances: ["eu-1"] }));
    pass(gateways, [], 10_000);
    for (const [index, talk] of talks.entries()) {
      talk.nowMs = gateways.nowMs;
      for (const word of ["one", "two"]) talk.commit({ messageId: `${index} ${word}` });
    }
    pass(gateways, talks, 6 * MINUTE_MS);
    expect(deaths(talks).map((text) => text.split(":")[0])).toEqual(talks.map((_, index) => `${index} one dead`));
    expect(talks.flatMap((talk) => talk.state.queue)).toEqual([]);
  });

  it("is well, and probes are wrong about it: who waited for minutes is a trial, and that sets all of them free", () => {
    const gateways = new Gateways(() => ({ ...well, isUp: false }), ["eu-1"]);
    const talks = talksOf(5, gateways, onceRules({ instances: ["eu-1"] }));
    pass(gateways, [], 10_000);
    for (const talk of talks) {
      talk.nowMs = gateways.nowMs;
      talk.commit({ messageId: "one" });
      talk.commit({ messageId: "two" });
      talk.answer({ kind: "cut-off", detail: "after 12 characters" });
    }
    pass(gateways, talks, 6 * MINUTE_MS);
    expect([deaths(talks).length, talks.flatMap((talk) => talk.state.queue)]).toEqual([5, []]);
  });
});

describe("a pool of one", () => {
  const alone = deliveryRules({ instances: ["eu-1"] });
  const well: Served = { isUp: true, outcome: accepted, ms: 50 };

  function waiting(many: number, serve: (nowMs: number) => Served, rules: DeliveryRules = alone) {
    const gateways = new Gateways((_, nowMs) => serve(nowMs), ["eu-1"]);
    const talks = talksOf(many, gateways, rules);
    pass(gateways, [], 10_000);
    for (const talk of talks) {
      talk.nowMs = gateways.nowMs;
      talk.commit({ messageId: "b" });
    }
    return { gateways, talks };
  }

  it.each<readonly [string, number, Served]>([
    ["is powered off", 1, hung],
    ["hangs", 10, hung],
    ["is gone behind a proxy", 1, { isUp: false, outcome: { kind: "unknown", status: 522, detail: "http 522" }, ms: 2000 }],
  ])("that %s for an hour poisons nothing: %i wait, and are delivered once it is back", (_how, many, bad) => {
    const { gateways, talks } = waiting(many, (nowMs) => (nowMs < 60 * MINUTE_MS ? bad : well));
    pass(gateways, talks, 62 * MINUTE_MS);
    expect([deaths(talks), talks.flatMap((talk) => talk.state.queue)]).toEqual([[], []]);
  });

  it.each([15_000, 45_000])("that dies of a message and needs %i ms to start: that is poison within half an hour", (awayMs) => {
    let backAtMs = 0;
    const { gateways, talks } = waiting(1, (nowMs) => (nowMs < backAtMs ? { isUp: false, outcome: badGateway, ms: 50 } : well));
    const serve = gateways.serve.bind(gateways);
    gateways.serve = (name) => {
      const served = serve(name);
      if (served.outcome === accepted) backAtMs = gateways.nowMs + awayMs;
      return { ...served, outcome: badGateway };
    };
    pass(gateways, talks, 30 * MINUTE_MS);
    expect(talks.flatMap((talk) => talk.endings().slice(1))).toEqual(["b dead: poison: http 502"]);
  });
});

describe("a first message that every gateway answers with an error", () => {
  const well: Served = { isUp: true, outcome: accepted, ms: 50 };
  const error: Served = { isUp: true, outcome: failed, ms: 20 };

  /** Until it has ended, or `untilMs`. */
  function asked(many: number, serve: (nowMs: number) => Served, untilMs: number) {
    const names = Array.from({ length: many }, (_, index) => `eu-${index + 1}`);
    const gateways = new Gateways((_, nowMs) => serve(nowMs), names);
    const talk = new Talk(gateways, deliveryRules({ instances: names }));
    talk.commit({ messageId: "a" });
    let fewest = many;
    let endedAtMs: number | undefined;
    while (gateways.nowMs < untilMs) {
      pass(gateways, [talk], gateways.nowMs + 50, 10);
      fewest = Math.min(fewest, gateways.well.length);
      if (talk.state.queue.length === 0) endedAtMs ??= gateways.nowMs;
    }
    return { gateways, talk, fewest, endedAtMs: endedAtMs ?? untilMs };
  }

  it.each([2, 3, 4, 6])("for two seconds, of a pool of %i, is delivered, and nobody is taken out for it", (many) => {
    const { talk, fewest, endedAtMs } = asked(many, (nowMs) => (nowMs < 2000 ? error : well), MINUTE_MS);
    expect([talk.endings(), fewest]).toEqual([["a delivered: accepted"], many]);
    expect(endedAtMs).toBeLessThan(5000);
  });

  it.each([2, 3, 4, 6])("always, of a pool of %i, is poison no sooner than of a pool of one, and empties none", (many) => {
    const { gateways, talk, fewest, endedAtMs } = asked(many, () => error, 15 * MINUTE_MS);
    expect([talk.endings(), gateways.sent.length]).toEqual([["a dead: poison: http 500"], 12]);
    expect(fewest).toBeGreaterThan(0);
    expect(endedAtMs).toBeGreaterThan(2 * MINUTE_MS);
  });

  it("is still told to the person within five seconds: to wait for another is to wait", () => {
    const rules = deliveryRules({ tells: { held: true, moved: false, unanswered: false } });
    const driver = new Driver(rules);
    driver.commit({ messageId: "a" });
    const sinceMs = driver.nowMs;
    while (driver.notices().length === 0 && driver.nowMs < sinceMs + MINUTE_MS) {
      driver.run(
        driver.nowMs + TICK_MS,
        () => failed,
        () => (driver.state.pins["support"]?.instance === "eu-1" ? "eu-2" : "eu-1"),
      );
    }
    expect(driver.notices()).toEqual(["a held"]);
    expect(driver.nowMs - sinceMs).toBeLessThanOrEqual(5000);
  });
});
