/** Offers whose conversations wait for an answer: their bodies, in memory and as long as that, and the promise each will be answered by. */
import type { Outcome } from "../../src/core/outcome.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Offer } from "../../src/ports/polls.ts";

interface OpenOffer {
  readonly body: Uint8Array;
  readonly settle: (outcome: Outcome) => void;
}

export class OpenOffers {
  readonly #clock: Clock;
  readonly #open = new Map<string, OpenOffer>();
  /** Of all bodies together. */
  bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  bodyOf(account: string, key: string): Uint8Array | undefined {
    return this.#open.get(nameOf(account, key))?.body;
  }

  /** Resolves as it is settled; `late` says how, when nobody did before its deadline. */
  wait({ account, key, body, deadlineMs }: Offer, late: () => Outcome): Promise<Outcome> {
    const name = nameOf(account, key);
    return new Promise((resolve) => {
      const over = new AbortController();
      const offer: OpenOffer = {
        body,
        settle: (outcome) => {
          this.#open.delete(name);
          this.bytes -= body.byteLength;
          over.abort();
          resolve(outcome);
        },
      };
      this.#open.set(name, offer);
      this.bytes += body.byteLength;
      void this.#clock.sleep(deadlineMs, over.signal).then(() => {
        if (this.#open.get(name) === offer) offer.settle(late());
      });
    });
  }

  /** What is not open any more is settled already. */
  settle(account: string, keys: readonly string[], outcome: Outcome): void {
    for (const key of keys) this.#open.get(nameOf(account, key))?.settle(outcome);
  }
}

const nameOf = (account: string, key: string): string => `${account}\n${key}`;
