/**
 * How many verified deliveries one isolate takes in at once, and whose: a bound for memory, shared by those who come. What finds no
 * room is sent away at once. In memory only; it never refuses what has begun. Who of those inside works is said by `turns.ts`.
 */
import type { Problem } from "../core/problem.ts";
import type { Dice } from "../ports/dice.ts";

export interface Stay {
  readonly account: string;
  readonly sinceMs: number;
}

export interface Admission {
  /** Whether one more of this account would be too many. Takes no room: a stranger may ask as often as he likes. */
  isFull(account: string, nowMs: number): boolean;
  /** Room for one delivery that was verified; undefined when there is none. */
  enter(account: string, nowMs: number): Stay | undefined;
  /** Leaving twice is leaving once. */
  leave(stay: Stay): void;
}

/** At once, in one isolate: in all, and of an account that nobody else is beside. Some of it is nobody's alone. */
export const ROOM = { all: 512, alone: 448 } as const;

/** An account that brought nothing for so long needs no share. */
export const ACTIVE_MS = 1_000;
/** What stayed longer went with its request, which was cancelled and told nobody. */
export const LEASE_MS = 30_000;

interface Presence {
  readonly inside: number;
  readonly atMs: number;
}

/** Come back in one to five seconds, and not all at once. */
export const overloaded = (account: string, dice: Dice): Extract<Problem, { kind: "overloaded" }> => ({
  kind: "overloaded",
  account,
  retryAfterMs: 1000 * (1 + Math.floor(5 * dice.next())),
});

/** One per isolate. */
export function createAdmission(): Admission {
  /** Both keep the order of insertion: the first is the one that came longest ago. */
  const stays = new Set<Stay>();
  const accounts = new Map<string, Presence>();

  const insideOf = (account: string): number => accounts.get(account)?.inside ?? 0;

  const leave = (stay: Stay): void => {
    const presence = accounts.get(stay.account);
    if (stays.delete(stay) && presence !== undefined) accounts.set(stay.account, { ...presence, inside: presence.inside - 1 });
  };

  const forgetStays = (nowMs: number): void => {
    for (const stay of stays) {
      if (nowMs - stay.sinceMs < LEASE_MS) return;
      leave(stay);
    }
  };

  const forgetAccounts = (nowMs: number): void => {
    for (const [account, { inside, atMs }] of accounts) {
      if (nowMs - atMs < ACTIVE_MS) return;
      if (inside === 0) accounts.delete(account);
    }
  };

  const shareOf = (account: string): number => {
    const active = accounts.size + (accounts.has(account) ? 0 : 1);
    return active === 1 ? ROOM.alone : Math.max(1, Math.floor(ROOM.all / active));
  };

  const isFull = (account: string, nowMs: number): boolean => {
    forgetStays(nowMs);
    forgetAccounts(nowMs);
    return stays.size >= ROOM.all || insideOf(account) >= shareOf(account);
  };

  return {
    isFull,
    leave,
    enter: (account, nowMs) => {
      if (isFull(account, nowMs)) return undefined;
      const inside = insideOf(account) + 1;
      accounts.delete(account);
      accounts.set(account, { inside, atMs: nowMs });
      const stay = { account, sinceMs: nowMs };
      stays.add(stay);
      return stay;
    },
  };
}
