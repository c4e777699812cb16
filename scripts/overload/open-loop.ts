/**
 * Open-loop load: every request has its time, and is sent then whether or not earlier ones were answered. Latency counts from the time
 * that was meant, so that whoever makes the generator wait pays for it. It measures its own lateness, too.
 */
import type { Answer } from "../bench/connection.ts";
import { Lane } from "./lane.ts";

export interface Arrival<Name extends string = string> {
  /** After the start. */
  readonly atMs: number;
  readonly account: Name;
  readonly id: string;
  readonly request: Buffer;
}

export interface Sample {
  readonly account: string;
  readonly id: string;
  /** 0: no answer. */
  readonly status: number;
  readonly retryAfter?: string | undefined;
  /** From the time that was meant to the answer. */
  readonly latencyMs: number;
  /** How late the generator itself was. */
  readonly lagMs: number;
}

/** Each sender has connections of its own, as platforms do: more than Telegram opens for one bot, which are a hundred at most. */
const CONNECTIONS = 192;
const TICK_MS = 1;
/** After the last arrival. */
const PATIENCE_MS = 10_000;

export class Generator {
  readonly #port: number;
  readonly #lanes = new Map<string, Lane>();
  #samples: Sample[] = [];
  #startMs = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** Before anything is measured. */
  async open(senders: readonly string[]): Promise<void> {
    for (const sender of senders) await this.#laneOf(sender).open();
  }

  async drive(arrivals: readonly Arrival[]): Promise<readonly Sample[]> {
    this.#samples = [];
    this.#startMs = performance.now() + 20;
    let next = 0;
    await new Promise<void>((resolve) => {
      const tick = (): void => {
        const nowMs = performance.now() - this.#startMs;
        for (let due = arrivals[next]; due !== undefined && due.atMs <= nowMs; due = arrivals[++next]) this.#launch(due, nowMs - due.atMs);
        if (next < arrivals.length) setTimeout(tick, TICK_MS);
        else resolve();
      };
      tick();
    });
    const samples = this.#samples;
    const deadlineMs = performance.now() + PATIENCE_MS;
    while (samples.length < arrivals.length && performance.now() < deadlineMs) await new Promise((resolve) => setTimeout(resolve, 20));
    if (samples.length < arrivals.length) this.close();
    // What was cut off reports itself as unanswered.
    await new Promise((resolve) => setTimeout(resolve, 50));
    return samples;
  }

  close(): void {
    for (const lane of this.#lanes.values()) lane.close();
  }

  #laneOf(sender: string): Lane {
    const lane = this.#lanes.get(sender) ?? new Lane(this.#port, CONNECTIONS);
    this.#lanes.set(sender, lane);
    return lane;
  }

  #launch({ account, id, atMs, request }: Arrival, lagMs: number): void {
    const end = ({ status, retryAfter }: Answer): void => {
      const latencyMs = performance.now() - this.#startMs - atMs;
      this.#samples.push({ account, id, status, retryAfter, latencyMs, lagMs });
    };
    this.#laneOf(account).launch({ request, end });
  }
}
