/** Those who wait, by account: called one after the other, each account in turn and its own in their order. Pure but for its own memory. */

export interface Waiter {
  readonly account: string;
  readonly call: () => void;
}

export interface Line {
  /** Whether somebody of this account waits, whom nobody of it may overtake. */
  has(account: string): boolean;
  join(waiter: Waiter, nowMs: number): void;
  /** Whoever does not wait any longer. */
  withdraw(waiter: Waiter): void;
  /** Whoever was called is done. */
  done(waiter: Waiter, nowMs: number): void;
}

/** Who was called so long ago went with the request, which was cancelled and told nobody. */
export const LEASE_MS = 5_000;

export function createLine(): Line {
  /** The account whose turn is next first. */
  const queues = new Map<string, readonly Waiter[]>();
  /** One at a time: two would overtake each other. */
  let called: { readonly waiter: Waiter; readonly sinceMs: number } | undefined;

  const put = (account: string, waiters: readonly Waiter[]): void => {
    if (waiters.length > 0) queues.set(account, waiters);
    else queues.delete(account);
  };

  /** The account goes to the end of the line with whoever of it still waits. */
  const shift = (): Waiter | undefined => {
    const [first] = queues;
    if (first === undefined) return undefined;
    const [account, [waiter, ...rest]] = first;
    queues.delete(account);
    put(account, rest);
    return waiter;
  };

  const callNext = (nowMs: number): void => {
    if (called !== undefined && nowMs - called.sinceMs < LEASE_MS) return;
    const waiter = shift();
    called = waiter === undefined ? undefined : { waiter, sinceMs: nowMs };
    waiter?.call();
  };

  return {
    has: (account) => queues.has(account),
    join: (waiter, nowMs) => {
      put(waiter.account, [...(queues.get(waiter.account) ?? []), waiter]);
      callNext(nowMs);
    },
    withdraw: (waiter) => put(waiter.account, queues.get(waiter.account)?.filter((other) => other !== waiter) ?? []),
    done: (waiter, nowMs) => {
      if (called?.waiter !== waiter) return;
      called = undefined;
      callNext(nowMs);
    },
  };
}
