/** Who was served how much lately, in deliveries of about the last second. Knows what is fair: an even part of all of it. */

const FADES_MS = 1_000;
/** Who was not served for so long is nobody to make room for. */
const GONE_MS = 1_000;
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
    for (const [account, { atMs }] of served) {
      if (nowMs - atMs >= GONE_MS) served.delete(account);
      else sum += amountOf(account, nowMs);
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
