/** Who was served how much lately, in deliveries of about the last second. Knows what is fair: an even part of all of it. */

const FADES_MS = 1_000;
/** Less than this much of a delivery is nothing. */
const LEAST = 0.05;
/** Chance alone makes some bring more than others. */
const LEEWAY = 1.25;

interface Served {
  readonly amount: number;
  readonly atMs: number;
}

export interface Usage {
  note(account: string, nowMs: number): void;
  /** Tells of an account whether it had clearly more than an even part by now. Who comes alone never had. */
  heavyAt(nowMs: number): (account: string) => boolean;
}

/** One per isolate. */
export function createUsage(): Usage {
  const served = new Map<string, Served>();

  const amountOf = (account: string, nowMs: number): number => {
    const last = served.get(account);
    return last === undefined ? 0 : last.amount * Math.exp((last.atMs - nowMs) / FADES_MS);
  };

  const all = (nowMs: number): number => {
    let sum = 0;
    for (const account of served.keys()) {
      const amount = amountOf(account, nowMs);
      if (amount < LEAST) served.delete(account);
      else sum += amount;
    }
    return sum;
  };

  return {
    note: (account, nowMs) => {
      served.set(account, { amount: amountOf(account, nowMs) + 1, atMs: nowMs });
    },
    heavyAt: (nowMs) => {
      const even = all(nowMs) / Math.max(1, served.size);
      return (account) => served.size > 1 && amountOf(account, nowMs) > LEEWAY * even;
    },
  };
}
