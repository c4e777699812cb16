/** Shares as people read them: two decimals, rounded apart, so that what is below a threshold never reads as equal to it. */

/** 0.07 * 100 is more than 7. */
const SLIVER = 1e-9;

/** What was found. */
export const shownDown = (share: number): string => (Math.floor(share * 100 + SLIVER) / 100).toFixed(2);
/** What was asked for. */
export const shownUp = (share: number): string => (Math.ceil(share * 100 - SLIVER) / 100).toFixed(2);
