/**
 * The one alarm an object has, as it stands in storage: brought nearer, never pushed away, so that a far-off purge cannot hide a
 * near delivery and a burst pays for one alarm. An alarm that should have rung a lease ago is taken for lost.
 */
import { blockAt, FAULTS } from "../fault-point.ts";
import { systemClock } from "../runtime.ts";
import { LEASE_MS } from "./machine.ts";

export class AlarmClock {
  readonly #ctx: DurableObjectState;
  #atMs: number | undefined;
  /** Alarms set by this incarnation: each is a row written. */
  rows = 0;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  async load(): Promise<void> {
    this.#atMs = (await this.#ctx.storage.getAlarm()) ?? undefined;
  }

  /** It is ringing: nothing is set any more. */
  rang(): void {
    this.#atMs = undefined;
  }

  /** Rings at `atMs` at the latest. Not awaited: it is part of the same write as the rows it stands behind. */
  ringBy(atMs: number): void {
    const isSet = this.#atMs !== undefined && this.#atMs <= atMs && this.#atMs > systemClock.nowMs() - LEASE_MS;
    if (isSet) return;
    if (FAULTS) blockAt("beforeAlarm");
    this.#atMs = atMs;
    this.rows += 1;
    this.#ctx.waitUntil(this.#ctx.storage.setAlarm(atMs));
  }

  ringSoon(): void {
    this.ringBy(systemClock.nowMs() + LEASE_MS);
  }
}
