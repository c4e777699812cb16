/** The shell around the conversation machine, as `durable-objects/conversation/durable-object.ts` is: rows, state, alarm, effects, in that order. */
import { type Event, LEASE_MS, step, wakeAtMs } from "../../durable-objects/conversation/machine.ts";
import { type SpeakStep, speak } from "../../durable-objects/conversation/speak.ts";
import { type Effect, emptyState, type Pin, type State, type Step } from "../../durable-objects/conversation/state.ts";
import type { Commit, CommitResult } from "../../src/core/commit.ts";
import type { DeliveryRules } from "../../src/core/delivery-rules.ts";
import type { ReplyEnd } from "../../src/ports/bots.ts";
import type { Turn } from "../../src/ports/instances.ts";
import { bentBefore, bentEffects, bentEvent, bentState, bentWrites } from "./bent.ts";
import { ConversationRows } from "./conversation-rows.ts";
import { Died, DurableObject, Unready } from "./durable.ts";
import { choose, giveReply, handOver } from "./effects.ts";
import { askInstance } from "./instance-calls.ts";
import { named, strikes, tell } from "./world.ts";

const HOUR_MS = 3_600_000;

export class ConversationObject extends DurableObject {
  readonly rows = new ConversationRows();
  state: State = emptyState;
  /** Memory: until when everything for an instance asks for a turn. */
  readonly ramps = new Map<string, number>();
  /** Memory: the answer to its last question for a turn. */
  turn: Turn | undefined;
  #configNumber = 0;

  protected override start(): void {
    this.state = this.rows.load(this.nowMs);
    if (this.world.bug !== "throwing-alarm") this.#arm();
  }

  protected override forget(): void {
    this.state = emptyState;
    this.#configNumber = 0;
    this.ramps.clear();
    this.world.ledger.left(this);
  }

  protected override get isOwing(): boolean {
    return this.rows.isWaiting || this.rows.owesPins;
  }

  protected override get isSwept(): boolean {
    return this.world.pending.has(this.name);
  }

  snapshot(): DeliveryRules | undefined {
    const rules = this.world.operator.snapshot(this.world, this.#configNumber);
    this.#configNumber = Math.max(this.#configNumber, rules?.number ?? 0);
    return rules;
  }

  moment(rules: DeliveryRules) {
    return { nowMs: this.nowMs, dice: this.world.dice.next(), rules };
  }

  commit(commit: Commit): CommitResult {
    const rules = this.snapshot();
    if (rules === undefined) throw new Unready("no routes document can be read");
    const knownAs = this.rows.seen.get(commit.key);
    const { reply } = this.apply({ type: "commit", commit, ...this.moment(rules), ...(knownAs === undefined ? {} : { knownAs }) });
    if (reply === undefined) throw new Error("a commit without an answer");
    return reply;
  }

  speak(instance: string): SpeakStep["verdict"] {
    const decided = speak(this.state, { type: "speak", speak: { instance, class: "send" } as never, nowMs: this.nowMs });
    this.#take(decided);
    return decided.verdict;
  }

  replied(seq: number, end: ReplyEnd): void {
    this.apply({ type: "replied", seq, end, nowMs: this.nowMs });
  }

  /** Resolves when the other has the pins. */
  move(to: string): void {
    this.apply({ type: "move", to: { key: to }, own: this.name });
    this.handPins();
  }

  adopt(pins: readonly Pin[], isAgain: boolean | undefined): readonly Pin[] {
    return Object.values(this.apply({ type: "adopt", pins, isAgain, nowMs: this.nowMs }).state.pins);
  }

  /** An operator sends a dead letter again. */
  replay(seq: number): void {
    const rules = this.snapshot();
    const entry = this.rows.deadLetter(seq);
    if (rules === undefined || entry === undefined) return;
    this.handPins([]);
    this.apply({ type: "replay", entry, ...this.moment(rules) });
  }

  protected override ring(): void {
    const rules = this.snapshot();
    if (rules === undefined) {
      if (this.world.bug === "throwing-alarm") throw new Died("its alarm throws");
      this.ringBy(this.nowMs + LEASE_MS);
      return;
    }
    this.apply({ type: "wake", ...this.moment(rules) });
    if (this.state.queue.length + this.state.replying.length === 0) this.world.pending.delete(this.name);
    this.#planPurge();
    this.handPins();
  }

  apply(event: Event): Step {
    const next = step(bentBefore(this.world.bug, this.state), bentEvent(this.world.bug, event, this.state));
    this.#take(next, event);
    return next;
  }

  #take(next: Step, event?: Event): void {
    const { bug, plan, ledger } = this.world;
    this.point("before its rows");
    if (strikes(this.world, plan.weather.storage)) throw new Died("its storage fails");
    const writes = bentWrites(bug, next);
    this.rows.write(writes);
    ledger.wrote(this, next.writes, event?.type);
    this.state = bentState(bug, next.state, event);
    if (bug !== "arm-late") this.#arm();
    this.point("after its rows");
    for (const effect of bentEffects(bug, next)) this.#perform(effect);
    this.point("after its effects");
    if (bug === "arm-late") this.#arm();
  }

  #arm(): void {
    const atMs = wakeAtMs(this.state, this.nowMs);
    if (atMs !== undefined) this.ringBy(atMs);
  }

  /** Far off, in the same alarm. */
  #planPurge(): void {
    if (this.rows.purgeAtMs <= this.nowMs) this.rows.purgeAtMs = this.nowMs + 6 * HOUR_MS;
    this.ringBy(this.rows.purgeAtMs);
  }

  /** To the conversation that continues this one, once; the alarm asks again. */
  handPins(again?: readonly Pin[]): void {
    const { world, state } = this;
    const own = state.isHanded === true ? again : Object.values(state.pins);
    if (state.movedTo === undefined || own === undefined) return;
    const to = named(world.conversations, state.movedTo.key);
    const pins = world.bug === "move-forgets-pins" ? [] : own;
    if (strikes(world, world.plan.weather.lose)) throw new Died("the call got lost");
    world.ledger.continuations.tells(this.name, pins);
    const theirs = to.enter(() => to.adopt(pins, state.isHanded));
    if (strikes(world, world.plan.weather.lose)) throw new Died("the answer to the call got lost");
    world.ledger.continuations.hands(this.name, state.isHanded === true ? theirs : own);
    tell(world, () => `${this.name} is ${to.name} from now on`);
    this.apply({ type: "handed", pins: theirs, nowMs: this.nowMs });
  }

  #perform(effect: Effect): void {
    switch (effect.do) {
      case "hand-over":
        handOver(this, effect.entry, effect.attempt);
        return;
      case "choose":
        choose(this, effect);
        return;
      case "reply":
        giveReply(this, effect.replying);
        return;
      case "ended":
        tell(this.world, () => `${this.name} #${effect.ending.seq} ends: ${effect.ending.state}, ${effect.ending.outcome}`);
        this.ringBy(this.nowMs + LEASE_MS);
        return;
      case "troubled":
        this.world.pending.add(this.name);
        return;
      case "hand-pins":
        this.later(this.world.dice.between(1, 30), () => this.handPins());
        return;
      case "granted":
        if (this.world.plan.isJudged) askInstance(this.world, effect.instance, (it) => it.granted(), undefined);
        return;
      case "notice":
        this.world.ledger.noticed(this.name, effect.notice);
        this.world.promises.noticed(this.name, effect.entry, effect.notice);
        return;
      default:
        return;
    }
  }
}
