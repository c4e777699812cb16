/**
 * Open-loop load: every request has its time, and is sent then whether or not earlier ones were answered. Latency counts from the time
 * that was meant, so that whoever makes the generator wait pays for it. It measures its own lateness, too.
 */
import { type Connection, openConnection } from "../bench/connection.ts";

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

/** Where all are taken the next request waits here, and its latency grows. */
const MOST_CONNECTIONS = 768;
const TICK_MS = 1;
/** After the last arrival. */
const PATIENCE_MS = 10_000;

interface Sending {
  readonly arrival: Arrival;
  readonly lagMs: number;
}

export class Generator {
  readonly #port: number;
  readonly #idle: Connection[] = [];
  readonly #all = new Set<Connection>();
  #opening = 0;
  readonly #waiting: Sending[] = [];
  #samples: Sample[] = [];
  #startMs = 0;

  constructor(port: number) {
    this.#port = port;
  }

  async drive(arrivals: readonly Arrival[]): Promise<readonly Sample[]> {
    this.#samples = [];
    this.#startMs = performance.now() + 20;
    let next = 0;
    await new Promise<void>((resolve) => {
      const tick = (): void => {
        const nowMs = performance.now() - this.#startMs;
        for (let due = arrivals[next]; due !== undefined && due.atMs <= nowMs; due = arrivals[++next]) {
          this.#launch({ arrival: due, lagMs: nowMs - due.atMs });
        }
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
    for (const connection of this.#all) connection.close();
    this.#all.clear();
    this.#idle.length = 0;
    for (const sending of this.#waiting.splice(0)) this.#note(sending, { status: 0 });
  }

  #launch(sending: Sending): void {
    const idle = this.#idle.pop();
    if (idle !== undefined) return void this.#send(idle, sending);
    this.#waiting.push(sending);
    if (this.#all.size + this.#opening < MOST_CONNECTIONS) void this.#open();
  }

  async #open(): Promise<void> {
    this.#opening += 1;
    const connection = await openConnection(this.#port).catch(() => undefined);
    this.#opening -= 1;
    const next = this.#waiting.shift();
    if (connection !== undefined) this.#all.add(connection);
    if (connection === undefined) next && this.#note(next, { status: 0 });
    else if (next === undefined) this.#idle.push(connection);
    else await this.#send(connection, next);
  }

  async #send(connection: Connection, first: Sending): Promise<void> {
    for (let sending: Sending | undefined = first; sending !== undefined; sending = this.#waiting.shift()) {
      try {
        this.#note(sending, await connection.ask(sending.arrival.request));
      } catch {
        this.#all.delete(connection);
        connection.close();
        return this.#note(sending, { status: 0 });
      }
    }
    this.#idle.push(connection);
  }

  #note({ arrival, lagMs }: Sending, answer: { readonly status: number; readonly retryAfter?: string | undefined }): void {
    const latencyMs = performance.now() - this.#startMs - arrival.atMs;
    this.#samples.push({ account: arrival.account, id: arrival.id, ...answer, latencyMs, lagMs });
  }
}
