/** What the checker notes of what it sees. */

/** An answer on its way to a person: how often each of its parts was shown, and how often it came to nothing afterwards. */
export interface Shown {
  readonly conversation: string;
  readonly copies: number[];
  readonly vanished: number[];
  /** Calls that nobody answered, templates that came to nothing: what may be repeated for it. */
  excuses: number;
}

/** A native gateway ran a message, or one that polls stored it. */
export interface Run {
  readonly gateway: string;
  readonly life: number;
  readonly atMs: number;
  /** The how manieth run of its gateway's life. */
  readonly serial: number;
  readonly isReplay: boolean;
}

export interface Ack {
  readonly id: string;
  readonly account: string;
  readonly conversation: string;
}
