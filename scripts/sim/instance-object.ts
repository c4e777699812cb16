/**
 * The shell around what the edge knows of one instance, as `durable-objects/instance/durable-object.ts` and `prober.ts` are: its state in
 * one row, probes by alarm and at once when somebody has reason, turns in memory.
 */
import {
  healthOf,
  type InstanceEvent,
  initialState,
  isFailure,
  probeDelayMs,
  type State,
  step,
} from "../../durable-objects/instance/machine.ts";
import { statusOf } from "../../durable-objects/instance/status.ts";
import { NO_TURNS, type Turns, takeTurn } from "../../durable-objects/instance/turns.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import type { InstanceStatus, Turn } from "../../src/ports/instances.ts";
import { Died, DurableObject } from "./durable.ts";
import { named, strikes, tell, type World } from "./world.ts";

type Bare<Event> = Event extends InstanceEvent ? Omit<Event, "nowMs"> : never;

/** As the document's defaults are. */
const RULE = { maxFails: 3, failTimeoutMs: 10_000 } as const;
const PROBE = { intervalMs: 10_000, timeoutMs: 3000 } as const;
const MIN_GAP_MS = 2000;
const SUSPECT_GAP_MS = 5000;
const LOOK_MS = 30_000;

export class InstanceObject extends DurableObject {
  readonly #instance: string;
  #row: State;
  #state: State;
  #turns: Turns = NO_TURNS;
  #begunAtMs = 0;
  #suspectAtMs = 0;
  #isAsking = false;

  constructor(world: World, instance: string) {
    super(world, `the object of ${instance}`);
    this.#instance = instance;
    this.#row = initialState(instance);
    this.#state = this.#row;
  }

  /** For those who judge; nobody is woken by it. */
  get isHealthy(): boolean {
    return healthOf(this.#row, this.nowMs).isHealthy;
  }

  get backSinceMs(): number | undefined {
    return this.#row.backSinceMs;
  }

  status(): InstanceStatus {
    this.#ensure();
    this.#listen();
    return statusOf(this.#state, this.world.plan.recovery, this.nowMs);
  }

  granted(): void {
    this.#take({ type: "granted" });
    this.#ensure();
  }

  turn(isRetry: boolean): Turn {
    this.#ensure();
    const { plan, dice } = this.world;
    const asked = { isRetry, rule: plan.recovery, nowMs: this.nowMs, dice: dice.next() };
    const { turns, turn } = takeTurn(this.#turns, this.#state, asked);
    this.#turns = turns;
    return turn;
  }

  report(outcome: Outcome): void {
    this.#take({ type: "reported", outcome, rule: RULE });
    this.#ensure();
    if (isFailure(outcome)) this.#look();
  }

  suspect(): void {
    this.#ensure();
    const nextAtMs = Math.max(this.nowMs, this.#suspectAtMs + SUSPECT_GAP_MS);
    if (this.#suspectAtMs > this.nowMs) return;
    this.#suspectAtMs = nextAtMs;
    if (nextAtMs > this.nowMs) this.ringBy(nextAtMs);
    else this.#look();
  }

  protected override start(): void {
    this.#state = this.#row;
  }

  protected override forget(): void {
    this.#turns = NO_TURNS;
    this.#begunAtMs = 0;
    this.#suspectAtMs = 0;
    this.#isAsking = false;
  }

  protected override ring(): void {
    this.#arm();
    this.#listen();
    if (this.#isProbed) this.#ask();
  }

  protected override get isOwing(): boolean {
    return false;
  }

  protected override get isSwept(): boolean {
    return true;
  }

  /** One that polls has no address. */
  get #isProbed(): boolean {
    return !this.world.polls.has(this.#instance);
  }

  #ensure(): void {
    if (!this.isArmed) this.ringBy(this.nowMs);
  }

  #arm(): void {
    this.ringBy(this.nowMs + (this.#isProbed ? probeDelayMs(this.#state, PROBE.intervalMs, this.nowMs) : LOOK_MS));
  }

  #look(): void {
    if (this.#isProbed && this.nowMs - this.#begunAtMs >= MIN_GAP_MS) this.#ask();
  }

  #ask(): void {
    if (this.#isAsking) return;
    this.#begunAtMs = this.nowMs;
    const { isUp, tookMs } = this.#probe();
    // What is over in a moment is over at once: there are many of these.
    if (tookMs < MIN_GAP_MS) {
      this.#probed(isUp);
      return;
    }
    this.#isAsking = true;
    this.later(tookMs, () => this.#probed(isUp));
  }

  #probed(isUp: boolean): void {
    this.#isAsking = false;
    this.#take({ type: "probed", result: isUp ? { verdict: "up", reason: "started" } : { verdict: "down", reason: "no answer in time" } });
    this.#arm();
    // After a first bad one that took its time the second at once.
    if (this.#state.falls > 0) this.#look();
  }

  #probe(): { readonly isUp: boolean; readonly tookMs: number } {
    const { world } = this;
    const { refuse, lose } = world.plan.weather;
    const gateway = named(world.gateways, this.#instance);
    if (gateway.isDown || gateway.isMisjudged || strikes(world, refuse)) return { isUp: false, tookMs: 0 };
    if (gateway.hangsForMs >= PROBE.timeoutMs || strikes(world, lose)) return { isUp: false, tookMs: PROBE.timeoutMs };
    return { isUp: true, tookMs: gateway.hangsForMs };
  }

  #listen(): void {
    const outbox = this.world.polls.get(this.#instance);
    if (outbox === undefined) return;
    try {
      const silence = outbox.enter(() => outbox.silence);
      this.#take({ type: "polled", silence, isProbed: false });
    } catch (error) {
      if (!(error instanceof Died)) throw error;
    }
  }

  #take(event: Bare<InstanceEvent>): void {
    this.point("before its row");
    const { state, log } = step(this.#state, { ...event, nowMs: this.nowMs } as InstanceEvent);
    this.#state = state;
    this.#row = state;
    for (const line of log) tell(this.world, () => `${line.event} ${this.#instance}: ${String(line["reason"])}`);
  }
}
