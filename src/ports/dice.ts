/** Chance, so that tests and simulations can choose it. */
export interface Dice {
  /** A number in [0, 1). */
  next(): number;
  /** `bytes` random bytes in hexadecimal. */
  hex(bytes: number): string;
}
