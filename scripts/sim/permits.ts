/** A pool's concurrency cap, as its shard keeps it: permits that lapse, and releases that get lost. */
import { hasFreePermit } from "../../durable-objects/shard/machine.ts";

export class Permits {
  readonly #lapseAtMs = new Map<string, Map<string, number>>();
  #serial = 0;

  acquire(pool: string, limit: number, times: { readonly nowMs: number; readonly leaseMs: number }): string | undefined {
    const leased = this.#lapseAtMs.get(pool) ?? new Map<string, number>();
    this.#lapseAtMs.set(pool, leased);
    for (const [permit, atMs] of leased) if (atMs <= times.nowMs) leased.delete(permit);
    if (!hasFreePermit(leased.size, limit)) return undefined;
    this.#serial += 1;
    const permit = String(this.#serial);
    leased.set(permit, times.nowMs + times.leaseMs);
    return permit;
  }

  release(pool: string, permit: string): void {
    this.#lapseAtMs.get(pool)?.delete(permit);
  }
}
