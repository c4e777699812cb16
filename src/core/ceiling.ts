/**
 * What has to be seen to be sure that something happens less often than a ceiling: Clopper and Pearson's upper bound, read the other
 * way round. @see https://doi.org/10.1093/biomet/26.4.404
 */

/** How often such a conclusion may be wrong. */
const DOUBT = 0.05;

/** How often it may have happened in so many trials; -1 where not even never is enough. */
export function mostSeen(trials: number, ceiling: number): number {
  let chance = (1 - ceiling) ** trials;
  let sum = chance;
  let seen = -1;
  while (sum <= DOUBT) {
    seen += 1;
    chance *= ((trials - seen) / (seen + 1)) * (ceiling / (1 - ceiling));
    sum += chance;
  }
  return seen;
}

/** So many trials without it are enough. */
export const trialsNeeded = (ceiling: number): number => Math.ceil(Math.log(DOUBT) / Math.log1p(-ceiling));
