/** The connections of one sender: what finds none free waits here for one, and its latency grows. */
import { type Answer, type Connection, openConnection } from "../bench/connection.ts";

export interface Sending {
  readonly request: Buffer;
  readonly isAgain?: boolean;
  /** Status 0: no answer will come. */
  readonly end: (answer: Answer) => void;
}

const NO_ANSWER: Answer = { status: 0 };

export class Lane {
  readonly #port: number;
  readonly #most: number;
  readonly #idle: Connection[] = [];
  readonly #all = new Set<Connection>();
  readonly #waiting: Sending[] = [];
  #opening = 0;

  constructor(port: number, most: number) {
    this.#port = port;
    this.#most = most;
  }

  /** Opens all of them, one after the other: connections that come in the middle of a burst measure how fast they are taken. */
  async open(): Promise<void> {
    while (this.#all.size < this.#most) await this.#openOne();
  }

  launch(sending: Sending): void {
    const idle = this.#fromIdle();
    if (idle !== undefined) return void this.#send(idle, sending);
    this.#waiting.push(sending);
    if (this.#all.size + this.#opening < this.#most) void this.#openOne();
  }

  close(): void {
    for (const connection of this.#all) connection.close();
    this.#all.clear();
    this.#idle.length = 0;
    for (const { end } of this.#waiting.splice(0)) end(NO_ANSWER);
  }

  /** A server may hang up on a connection that has nothing to do; nobody sends on that one. */
  #fromIdle(): Connection | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isOpen()) return idle;
      this.#all.delete(idle);
    }
    return undefined;
  }

  /** A server may hang up just when something is sent: as any HTTP client does, and every platform, it is brought once more, on a new connection. */
  async #again(sending: Sending): Promise<void> {
    const connection = sending.isAgain === true ? undefined : await openConnection(this.#port).catch(() => undefined);
    if (connection === undefined) return sending.end(NO_ANSWER);
    this.#all.add(connection);
    await this.#send(connection, { ...sending, isAgain: true });
  }

  async #openOne(): Promise<void> {
    this.#opening += 1;
    const connection = await openConnection(this.#port).catch(() => undefined);
    this.#opening -= 1;
    const next = this.#waiting.shift();
    if (connection !== undefined) this.#all.add(connection);
    if (connection === undefined) next?.end(NO_ANSWER);
    else if (next === undefined) this.#idle.push(connection);
    else void this.#send(connection, next);
  }

  async #send(connection: Connection, first: Sending): Promise<void> {
    for (let sending: Sending | undefined = first; sending !== undefined; sending = this.#waiting.shift()) {
      try {
        sending.end(await connection.ask(sending.request));
      } catch {
        this.#all.delete(connection);
        connection.close();
        return this.#again(sending);
      }
    }
    this.#idle.push(connection);
  }
}
