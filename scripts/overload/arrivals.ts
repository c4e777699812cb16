/** When which account's next webhook comes: independent senders at a steady rate, so the gaps are exponential. Drawn from a seed. */
import { chanceOf } from "../soak/chance.ts";
import { ACCOUNTS, type AccountName, NEWCOMERS_FROM, webhook } from "./cast.ts";
import type { Arrival } from "./open-loop.ts";

/** Webhooks per second of each account. */
export type Rates = ReadonlyMap<AccountName, number>;

/** Hands out webhooks that nobody has sent before: a repeated one would be acknowledged as a duplicate, without being stored. */
export class Senders {
  readonly #next = new Map<AccountName, number>();
  readonly #dice = chanceOf(4711).next;
  #generations = 0;

  webhook(account: AccountName): ReturnType<typeof webhook> {
    const index = this.#next.get(account) ?? 0;
    this.#next.set(account, index + 1);
    return webhook(account, index);
  }

  /** From here on other people write. */
  newcomers(): void {
    this.#generations += 1;
    for (const account of ACCOUNTS) this.#next.set(account, this.#generations * NEWCOMERS_FROM);
  }

  arrivals(rates: Rates, seconds: number): readonly Arrival[] {
    const each = [...rates].flatMap(([account, perSecond]) => this.times(perSecond, seconds).map((atMs) => ({ atMs, account })));
    return each.toSorted((left, right) => left.atMs - right.atMs).map(({ atMs, account }) => ({ ...this.webhook(account), atMs }));
  }

  times(perSecond: number, seconds: number): readonly number[] {
    const times: number[] = [];
    const gap = (): number => (-Math.log(1 - this.#dice()) * 1000) / perSecond;
    for (let atMs = gap(); atMs < seconds * 1000; atMs += gap()) times.push(atMs);
    return times;
  }
}
