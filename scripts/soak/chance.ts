/** Chance from a seed, so that a run's plan can be asked for again. What the machine's load does to it cannot. */

export interface Chance {
  /** In [0, 1). */
  readonly next: () => number;
  readonly between: (low: number, high: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
  /** Draws all of them in some order, then all again: nothing waits for its turn for ever. */
  readonly deck: <T>(from: readonly T[]) => () => T;
  /** A stream of its own, so that what one part draws changes nothing for the others. */
  readonly fork: () => Chance;
}

/** Mulberry32. */
function stream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function chanceOf(seed: number): Chance {
  const next = stream(seed);
  const pick = <T>(from: readonly T[]): T => {
    const found = from[Math.floor(next() * from.length)];
    if (found === undefined) throw new Error("nothing to pick from");
    return found;
  };
  return {
    next,
    between: (low, high) => low + next() * (high - low),
    pick,
    deck: (from) => {
      let left = from;
      return () => {
        if (left.length === 0) left = from;
        const found = pick(left);
        left = left.filter((each) => each !== found);
        return found;
      };
    },
    fork: () => chanceOf(Math.floor(next() * 2 ** 32)),
  };
}
