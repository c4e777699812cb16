/**
 * How many verified deliveries one isolate works on at once, and whose: bounded, and shared fairly while commits are slow, so that what
 * is too much is refused at once and nobody's flood is another's wait. In memory only; it never refuses what has begun.
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
  /** `isKept`: it went all the way, so its time tells how fast commits are. Leaving twice is leaving once. */
  leave(stay: Stay, nowMs: number, isKept: boolean): void;
}

/** At once, in one isolate. */
export const ADMITTED = {
  /** While commits take about their usual time, nothing is in anybody's way: a bound for memory, some of it nobody's alone. */
  calm: { all: 512, alone: 448 },
  /**
   * More than keeps a slow thread busy. `least` is as many as a platform opens for one bot at most: who stays within it is not sent away
   * for being slow, which a far object is too.
   */
  busy: { all: 256, alone: 224, shared: 240, least: 100 },
} as const;

/** So many times the fastest is still calm. */
export const CALM_TIMES = 4;
/** An account that brought nothing for so long needs no share. */
export const ACTIVE_MS = 1_000;
/** What stayed longer went with its request, which was cancelled and told nobody. */
export const LEASE_MS = 30_000;

const WEIGHT = 0.05;
/** A pause of the machine is not a slow machine: what took longer than this many times the fastest counts as this long. */
const MOST_TIMES = 2 * CALM_TIMES;
/** Clocks tick in milliseconds, and what once was fast may be so no more: in about ten minutes twice as much counts as the fastest. */
const FASTEST_MS = 2;
const FORGETS_MS = 600_000;

interface Presence {
  readonly inside: number;
  readonly atMs: number;
}

class Pace {
  #fastestMs = Number.POSITIVE_INFINITY;
  #usualMs = 0;
  #atMs = 0;

  get isCalm(): boolean {
    return this.#usualMs <= CALM_TIMES * this.#fastestMs;
  }

  note(tookMs: number, nowMs: number): void {
    const forgotten = 1 + Math.max(0, nowMs - this.#atMs) / FORGETS_MS;
    this.#fastestMs = Math.min(this.#fastestMs * forgotten, Math.max(tookMs, FASTEST_MS));
    this.#usualMs += WEIGHT * (Math.min(tookMs, MOST_TIMES * this.#fastestMs) - this.#usualMs);
    this.#atMs = nowMs;
  }
}

/** Come back in one to five seconds, and not all at once. */
export const overloaded = (account: string, dice: Dice): Extract<Problem, { kind: "overloaded" }> => ({
  kind: "overloaded",
  account,
  retryAfterMs: 1000 * (1 + Math.floor(5 * dice.next())),
});

/** One per isolate. */
export function createAdmission(): Admission {
  const pace = new Pace();
  /** Both keep the order of insertion: the first is the one that came longest ago. */
  const stays = new Set<Stay>();
  const accounts = new Map<string, Presence>();

  const insideOf = (account: string): number => accounts.get(account)?.inside ?? 0;

  const remove = (stay: Stay): boolean => {
    const presence = accounts.get(stay.account);
    if (!stays.delete(stay) || presence === undefined) return false;
    accounts.set(stay.account, { ...presence, inside: presence.inside - 1 });
    return true;
  };

  const forgetStays = (nowMs: number): void => {
    for (const stay of stays) {
      if (nowMs - stay.sinceMs < LEASE_MS) return;
      remove(stay);
    }
  };

  const forgetAccounts = (nowMs: number): void => {
    for (const [account, { inside, atMs }] of accounts) {
      if (nowMs - atMs < ACTIVE_MS) return;
      if (inside === 0) accounts.delete(account);
    }
  };

  const activeWith = (account: string): number => accounts.size + (accounts.has(account) ? 0 : 1);

  /** Where many come, what all of them have together is shared. */
  const leastOf = (account: string): number => Math.min(ADMITTED.busy.least, Math.floor(ADMITTED.calm.all / activeWith(account)));

  const shareOf = (account: string): number => {
    if (pace.isCalm) return ADMITTED.calm.alone;
    const { alone, shared } = ADMITTED.busy;
    const active = activeWith(account);
    return active === 1 ? alone : Math.max(leastOf(account), Math.floor(shared / active));
  };

  const isFull = (account: string, nowMs: number): boolean => {
    forgetStays(nowMs);
    forgetAccounts(nowMs);
    const inside = insideOf(account);
    if (stays.size >= ADMITTED.calm.all || inside >= shareOf(account)) return true;
    // What came while it was calm may fill more than that for a while: it keeps nobody out who has next to nothing inside.
    return !pace.isCalm && stays.size >= ADMITTED.busy.all && inside >= leastOf(account);
  };

  return {
    isFull,

    enter: (account, nowMs) => {
      if (isFull(account, nowMs)) return undefined;
      const inside = insideOf(account) + 1;
      accounts.delete(account);
      accounts.set(account, { inside, atMs: nowMs });
      const stay = { account, sinceMs: nowMs };
      stays.add(stay);
      return stay;
    },

    leave: (stay, nowMs, isKept) => {
      if (remove(stay) && isKept) pace.note(nowMs - stay.sinceMs, nowMs);
    },
  };
}
