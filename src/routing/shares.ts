/** Shares as people read them: what was found in two decimals, what was asked for in four; both cut, so that what is below never reads as above. */

/** 0.07 * 100 is more than 7. */
const SLIVER = 1e-9;

/** What was found. */
export const shownDown = (share: number): string => (Math.floor(share * 100 + SLIVER) / 100).toFixed(2);
/** What was asked for, and what is held against it: the same wherever it is shown. */
export const shownThreshold = (share: number): string => (Math.floor(share * 10_000 + SLIVER) / 10_000).toFixed(4).replace(/00?$/, "");
