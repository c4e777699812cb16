/** Order statistics of small samples. Never averages: one disturbed round must not move a figure. */

/** The value below which `share` (0 to 1) of the samples lie; NaN for none. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** A ratio over interleaved rounds: each round is compared with its neighbour, so that a machine that slows down slows both. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function spreadOf(samples: readonly number[]): Spread {
  return { median: quantile(samples, 0.5), low: Math.min(...samples), high: Math.max(...samples) };
}

export const ratios = (over: readonly number[], under: readonly number[]): readonly number[] =>
  over.map((value, index) => value / (under[index] ?? Number.NaN));
