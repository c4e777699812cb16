/** The flood shield: charges only failed verifications, and then refuses before any hashing. */
export interface Shield {
  /** How long this source must wait, or undefined when it may try. */
  refuses(source: string, nowMs: number): number | undefined;
  /** A verification failed. */
  charge(source: string, nowMs: number): void;
}
