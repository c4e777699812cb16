/**
 * The conversation object: a shell around `machine.ts`. It reads the clock, steps, writes the rows in one transaction, arms the
 * alarm and performs the effects. It has no opinion about delivery; the alarm reads first, re-arms, and never throws.
 */
import { DurableObject } from "cloudflare:workers";
import type { Commit, CommitResult } from "../../src/core/commit.ts";
import { type ConversationRef, refName, refOf } from "../../src/core/conversation-ref.ts";
import { deliveryRules } from "../../src/pipeline/deliver.ts";
import type { Snapshot } from "../../src/pipeline/snapshot.ts";
import type { ReplyEnd } from "../../src/ports/bots.ts";
import type { Speak, SpeakVerdict } from "../../src/ports/conversations.ts";
import { routesSource } from "../config/source.ts";
import type { Env } from "../env.ts";
import { systemClock, webDice } from "../runtime.ts";
import { AlarmClock } from "./alarm-clock.ts";
import { Effects } from "./effects.ts";
import { type Event, step, wakeAtMs } from "./machine.ts";
import { rightsOf } from "./proactive.ts";
import { Reporter } from "./reporter.ts";
import { type ConversationView, type LetterView, letterOf, viewOf } from "./show.ts";
import { speak } from "./speak.ts";
import type { Pin, State, Step } from "./state.ts";
import { ConversationStorage } from "./storage.ts";
import { Upkeep } from "./upkeep.ts";

export class Conversation extends DurableObject<Env> {
  readonly #storage: ConversationStorage;
  readonly #reporter: Reporter;
  readonly #effects: Effects;
  readonly #upkeep: Upkeep;
  #state: State;
  #name: string | undefined;
  /** How often this incarnation was asked, for the test that holds the budget. */
  requests = 0;
  readonly clock: AlarmClock;
  /** Highest document number seen; never goes down. */
  #configNumber = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.clock = new AlarmClock(ctx);
    this.#storage = new ConversationStorage(ctx.storage);
    this.#reporter = new Reporter(this.#storage);
    this.#state = this.#storage.load(systemClock.nowMs(), this.#reporter.below);
    this.#upkeep = new Upkeep(this, env);
    this.#effects = new Effects(this, env, { upkeep: this.#upkeep, background: (work) => ctx.waitUntil(work) });
    this.#effects.repeatLines(this.#reporter.waiting);
    ctx.blockConcurrencyWhile(async () => {
      await this.clock.load();
      this.#arm();
      if (this.#reporter.hasWork) this.clock.ringSoon();
    });
  }

  get storage(): ConversationStorage {
    return this.#storage;
  }

  get reporter(): Reporter {
    return this.#reporter;
  }

  get ref(): ConversationRef {
    return refOf(this.#name ?? this.#storage.meta("ref") ?? "") ?? { key: "unknown" };
  }

  get state(): State {
    return this.#state;
  }

  async snapshot(): Promise<Snapshot | undefined> {
    const snapshot = await routesSource(this.env).current(this.#configNumber);
    this.#configNumber = Math.max(this.#configNumber, snapshot?.routes.number ?? 0);
    return snapshot;
  }

  async commit(commit: Commit): Promise<CommitResult> {
    this.requests += 1;
    this.#configNumber = Math.max(this.#configNumber, commit.configNumber);
    const snapshot = await this.snapshot();
    if (snapshot === undefined) throw new Error("no routes document can be read");
    this.#know(refName(commit.ref));
    const knownAs = this.#storage.seqOf(commit.key);
    const known = knownAs === undefined ? {} : { knownAs };
    const { reply } = this.apply({ type: "commit", commit, ...this.moment(snapshot), ...known });
    if (reply === undefined) throw new Error("a commit without an answer");
    return reply;
  }

  async speak(asked: Speak, name: string): Promise<SpeakVerdict> {
    this.requests += 1;
    const rights = await rightsOf(this, this.env, asked);
    const decided = speak(this.#state, { type: "speak", speak: asked, nowMs: systemClock.nowMs(), ...rights });
    // Asking leaves no trace: an instance that tries chats nobody wrote in must not fill the disk with them.
    if (decided.writes.length > 0) this.#know(name);
    this.#take(decided);
    return decided.verdict;
  }

  /** Resolves when the other object has the pins. One silent for longer than `idleMs` stays: a phone number may be somebody else's by now. */
  async move(to: ConversationRef, name: string, idleMs = Number.POSITIVE_INFINITY): Promise<void> {
    if (systemClock.nowMs() - this.#storage.newestAtMs() > idleMs) return;
    this.#know(name);
    this.apply({ type: "move", to, own: name });
    await this.#upkeep.handPins();
  }

  /** Pins of the conversation this one continues, and the name under which sessions know it. */
  adopt(pins: readonly Pin[], session: string | undefined, name: string, isAgain?: boolean): readonly Pin[] {
    this.#know(name);
    if (session !== undefined && this.#storage.meta("session") === undefined) this.#storage.setMeta("session", session);
    const { state } = this.apply({ type: "adopt", pins, isAgain, nowMs: systemClock.nowMs() });
    return Object.values(state.pins);
  }

  /** Whether this event was kept here before. */
  knows(key: string): boolean {
    return this.#storage.seqOf(key) !== undefined;
  }

  /** The bot tells how a reply ended. */
  replied(seq: number, end: ReplyEnd): void {
    this.requests += 1;
    this.apply({ type: "replied", seq, end, nowMs: systemClock.nowMs() });
  }

  /** Sends a dead letter again under its own key; false when there is no such letter or its body is purged. */
  async replay(seq: number): Promise<boolean> {
    const snapshot = await this.snapshot();
    const entry = this.#storage.deadLetter(seq);
    if (snapshot === undefined || entry === undefined) return false;
    await this.#upkeep.handPins([]);
    this.apply({ type: "replay", entry, ...this.moment(snapshot) });
    return true;
  }

  /** What is known of one message; its body only for an operator who asks for it. Undefined when it is not kept (any more). */
  letter(seq: number, withBody: boolean): LetterView | undefined {
    const row = this.#storage.row(seq);
    return row && letterOf(row, this.#state, withBody ? this.#storage.body(seq) : undefined);
  }

  show(limit = 20): ConversationView {
    return viewOf(this.#storage.meta("ref") ?? "", this.#state, this.#storage.newest(Math.min(limit, 200)));
  }

  /** The sweeper's knock: whatever an alarm lost is taken up. True when work is pending. */
  async sweep(): Promise<boolean> {
    await this.alarm();
    return this.#state.queue.length > 0 || this.#state.replying.length > 0;
  }

  override async alarm(): Promise<void> {
    this.requests += 1;
    this.clock.rang();
    try {
      const snapshot = await this.snapshot();
      if (snapshot === undefined) return this.clock.ringSoon();
      this.apply({ type: "wake", ...this.moment(snapshot) });
      await this.#upkeep.run(snapshot, systemClock.nowMs());
    } catch (error) {
      this.#effects.failed(error);
      this.clock.ringSoon();
    }
  }

  moment(snapshot: Snapshot) {
    return { nowMs: systemClock.nowMs(), dice: webDice.next(), rules: deliveryRules(snapshot.routes) };
  }

  /** An object does not know its own name: whoever calls it first says it, and it is written down for alarms. */
  #know(name: string): void {
    if (this.#name === undefined) this.#name = this.#storage.meta("ref");
    if (this.#name !== undefined) return;
    this.#name = name;
    this.#storage.setMeta("ref", name);
  }

  /** One step: rows, state, alarm, then effects. Everything that changes this object goes through here or `#take`. */
  apply(event: Event): Step {
    const next = step(this.#state, event);
    this.#take(next);
    return next;
  }

  #take(next: Step): void {
    this.#storage.write(next.writes);
    this.#state = next.state;
    this.#arm();
    this.#effects.perform(next.effects);
  }

  #arm(): void {
    const atMs = wakeAtMs(this.#state, systemClock.nowMs());
    if (atMs !== undefined) this.clock.ringBy(atMs);
  }
}
