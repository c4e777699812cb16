/**
 * Which delivery statuses were counted already: platforms repeat them. Remembered in memory, and only the newest: a repeat after
 * a restart is counted twice, which is why the metric is no ledger.
 */
import type { DeliveryStatus } from "../../src/core/delivery-status.ts";

const MAX_REMEMBERED = 10_000;

export class SeenStatuses {
  readonly #seen = new Set<string>();

  has(status: DeliveryStatus): boolean {
    return this.#seen.has(keyOf(status));
  }

  add(status: DeliveryStatus): void {
    this.#seen.add(keyOf(status));
    const [oldest] = this.#seen;
    if (this.#seen.size > MAX_REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
  }
}

const keyOf = ({ messageId, status, participant }: DeliveryStatus): string => JSON.stringify([messageId, status, participant]);
