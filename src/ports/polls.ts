import type { Outcome } from "../core/outcome.ts";

/** An update for an instance that asks for its updates. Travels over RPC: additive changes only. */
export interface Offer {
  readonly account: string;
  /** Of the message: the same on every attempt, and so is the virtual id it gets. */
  readonly key: string;
  /** The platform's name of the event: instances ask for some kinds only. */
  readonly kind: string;
  /** As the platform sent it. It is never written down outside its conversation. */
  readonly body: Uint8Array<ArrayBuffer>;
  readonly deadlineMs: number;
}

/** The outboxes of instances that poll. */
export interface Polls {
  /**
   * Resolves when the instance confirmed it (`accepted`), when nobody asks for updates (`unreachable`), or at the deadline:
   * `unreachable` when the instance fell silent, `busy` while it still calls. Both carry `mayHave` when it was given it, now or
   * before. Never throws: an outbox that cannot be asked is `unknown`.
   */
  offer(instance: string, offer: Offer): Promise<Outcome>;
}
