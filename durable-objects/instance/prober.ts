/**
 * When an instance is asked how it is: by alarm, at once when somebody has reason to doubt it, and again when its alarm was lost.
 * Decides nothing about health, and keeps nothing but what this incarnation saw.
 */
import type { InstanceConfig } from "../../src/config/schema.ts";
import { type ProbeResult, probeDelayMs, type State } from "./machine.ts";
import type { OutboxDesk } from "./outbox-desk.ts";
import type { InstancePorts } from "./ports.ts";
import { isProbed, type ProbeReport, probe } from "./probe.ts";

/** The object around it. */
export interface Probed {
  readonly ports: InstancePorts;
  readonly health: State;
  probed(result: ProbeResult): void;
  config(): Promise<InstanceConfig | undefined>;
}

/** Between two looks at pollers, when one of them is about to be called silent. */
const MIN_LOOK_MS = 1000;
/** An alarm that is late by so much is lost. */
const LOST_AFTER_MS = 5000;
/** Between two probes of which the first was good, or quick: a gateway that restarts is not down for that. */
const MIN_GAP_MS = 2000;
/** Between two that only slowness asked for: long turns are no reason to ask all the time. */
export const SUSPECT_GAP_MS = 5000;

export class Prober {
  readonly #object: Probed;
  readonly #desk: Pick<OutboxDesk, "silentInMs">;
  readonly #ctx: DurableObjectState;
  lastProbe: (ProbeReport & { readonly atMs: number }) | undefined;
  /** Of the alarm, as this incarnation set it; undefined: not looked up. */
  #dueAtMs: number | undefined;
  #begunAtMs = Number.NEGATIVE_INFINITY;
  /** The last probe that slowness asked for, or the next. */
  #suspectAtMs = Number.NEGATIVE_INFINITY;
  #isAsking = false;

  constructor(object: Probed, desk: Pick<OutboxDesk, "silentInMs">, ctx: DurableObjectState) {
    this.#object = object;
    this.#desk = desk;
    this.#ctx = ctx;
  }

  get #nowMs(): number {
    return this.#object.ports.clock.nowMs();
  }

  get #isTooSoon(): boolean {
    return this.#begunAtMs <= this.#nowMs && this.#nowMs - this.#begunAtMs < MIN_GAP_MS;
  }

  /** Cheap while the alarm is to come. `first`: what must be written with the first alarm. */
  async ensure(first: () => void): Promise<void> {
    if (this.#dueAtMs !== undefined && this.#nowMs < this.#dueAtMs + LOST_AFTER_MS) return;
    const dueAtMs = await this.#ctx.storage.getAlarm();
    if (dueAtMs !== null && this.#nowMs < dueAtMs + LOST_AFTER_MS) {
      this.#dueAtMs = dueAtMs;
      return;
    }
    first();
    await this.#ring(this.#nowMs);
  }

  arm(config: InstanceConfig | undefined, mostMs = Infinity): Promise<void> {
    return this.#ring(this.#nowMs + Math.min(mostMs, this.#delayMs(config)));
  }

  /** Whatever the interval is, once its alarm is known: `ensured`. */
  async lookWithin(ms: number, ensured: Promise<void>): Promise<void> {
    await ensured;
    await this.#ringBy(this.#nowMs + ms);
  }

  /** The next who asks begins again. */
  stop(): void {
    this.#dueAtMs = undefined;
  }

  /** A delivery failed. */
  look(): void {
    this.#aside(this.#look());
  }

  /** A delivery has no answer yet: in most cases it is only slow. What would come too soon after the last such probe is left to the alarm. */
  suspect(): void {
    const isAhead = this.#suspectAtMs > this.#nowMs;
    if (isAhead && this.#suspectAtMs <= this.#nowMs + SUSPECT_GAP_MS) return;
    // Further ahead: the clock went back, and what it said before counts no more.
    this.#suspectAtMs = isAhead ? this.#nowMs : Math.max(this.#nowMs, this.#suspectAtMs + SUSPECT_GAP_MS);
    this.#aside(this.#suspectAtMs > this.#nowMs ? this.#ringBy(this.#suspectAtMs) : this.#look());
  }

  failed(error: unknown): void {
    const { ports, health } = this.#object;
    ports.log.write({ level: "error", event: "instance.unprobed", instance: health.name, reason: String(error) });
  }

  /** One probe, and after a first bad one that took its time the second at once. */
  async ask(config: InstanceConfig): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      await this.#ask(config);
      if (this.#object.health.falls > 0 && !this.#isTooSoon) await this.#ask(config);
    } finally {
      this.#isAsking = false;
    }
  }

  #aside(work: Promise<void>): void {
    this.#ctx.waitUntil(work.catch((error: unknown) => this.failed(error)));
  }

  async #look(): Promise<void> {
    const config = await this.#object.config();
    if (config !== undefined && !this.#isTooSoon) await this.ask(config);
  }

  async #ask(config: InstanceConfig): Promise<void> {
    this.#begunAtMs = this.#nowMs;
    const result = await probe(config, this.#object.ports);
    if (result === undefined) return;
    this.lastProbe = { ...result, atMs: this.#nowMs };
    this.#object.probed(result);
    await this.#ringBy(this.#nowMs + this.#delayMs(config));
  }

  /** What is probed is looked at often enough; of the others only their silence is to be noticed. */
  #delayMs(config: InstanceConfig | undefined): number {
    if (config !== undefined && !isProbed(config)) return Math.max(MIN_LOOK_MS, this.#desk.silentInMs(config.poll));
    return probeDelayMs(this.#object.health, config?.probe.intervalMs, this.#nowMs);
  }

  async #ringBy(atMs: number): Promise<void> {
    if (this.#dueAtMs === undefined || atMs < this.#dueAtMs) await this.#ring(atMs);
  }

  async #ring(atMs: number): Promise<void> {
    this.#dueAtMs = undefined;
    await this.#ctx.storage.setAlarm(atMs);
    this.#dueAtMs = atMs;
  }
}
