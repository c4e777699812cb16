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
  /** Whether this account had clearly more than an even part. Who comes alone never had. */
  isHeavy(account: string, nowMs: number): boolean;
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
    isHeavy: (account, nowMs) => {
      const even = all(nowMs) / Math.max(1, served.size);
      return served.size > 1 && amountOf(account, nowMs) > LEEWAY * even;
    },
  };
}
