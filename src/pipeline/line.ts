/**
 * Those who wait, by account: each account's own in their order. Whose account is not heavy any more is called at once; of the others
 * one at a time, accounts in turn. Pure but for its own memory.
 */

export interface Waiter {
  readonly account: string;
  /** Who still stands here then went with the request, which was cancelled and told nobody. */
  readonly untilMs: number;
  /** `isHeavy`: out of kindness, and after a rest. */
  readonly call: (isHeavy: boolean) => void;
}

export interface Line {
  /** Whether somebody of this account waits, or was called and is not done: nobody of it may overtake them. */
  has(account: string): boolean;
  join(waiter: Waiter, nowMs: number): void;
  /** Looks who may be called by now. */
  stir(nowMs: number): void;
  /** Whoever was called is done, or does not wait any longer. */
  leave(waiter: Waiter, nowMs: number): void;
}

/** Who was called so long ago went with its request as well. */
export const LEASE_MS = 1_000;

export type HeavyAt = (nowMs: number) => (account: string) => boolean;

export function createLine(heavyAt: HeavyAt): Line {
  /** The account whose turn is next first. */
  const queues = new Map<string, readonly Waiter[]>();
  /** One at a time: two would overtake each other. */
  let called: { readonly waiter: Waiter; readonly sinceMs: number } | undefined;

  const put = (account: string, waiters: readonly Waiter[]): void => {
    if (waiters.length > 0) queues.set(account, waiters);
    else queues.delete(account);
  };

  /** The account goes to the end of the line with whoever of it still waits. */
  const shift = (account: string): Waiter | undefined => {
    const [waiter, ...rest] = queues.get(account) ?? [];
    queues.delete(account);
    put(account, rest);
    return waiter;
  };

  const dropCancelled = (nowMs: number): void => {
    for (const [account, waiters] of [...queues]) {
      const alive = waiters.findIndex(({ untilMs }) => untilMs > nowMs);
      if (alive !== 0) put(account, alive < 0 ? [] : waiters.slice(alive));
    }
  };

  const callLight = (nowMs: number): void => {
    const isHeavy = heavyAt(nowMs);
    for (const account of [...queues.keys()]) {
      if (account !== called?.waiter.account && !isHeavy(account)) shift(account)?.call(false);
    }
  };

  const callNext = (nowMs: number): void => {
    if (called !== undefined && nowMs - called.sinceMs < LEASE_MS) return;
    const [first] = queues.keys();
    const waiter = first === undefined ? undefined : shift(first);
    called = waiter === undefined ? undefined : { waiter, sinceMs: nowMs };
    waiter?.call(heavyAt(nowMs)(waiter.account));
  };

  const stir = (nowMs: number): void => {
    if (queues.size === 0) return;
    dropCancelled(nowMs);
    callLight(nowMs);
    callNext(nowMs);
  };

  return {
    has: (account) => queues.has(account) || called?.waiter.account === account,
    stir,
    join: (waiter, nowMs) => {
      put(waiter.account, [...(queues.get(waiter.account) ?? []), waiter]);
      stir(nowMs);
    },
    leave: (waiter, nowMs) => {
      if (called?.waiter === waiter) called = undefined;
      else put(waiter.account, queues.get(waiter.account)?.filter((other) => other !== waiter) ?? []);
      stir(nowMs);
    },
  };
}
