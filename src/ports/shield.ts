/** The flood shield: charges only failed verifications, and then refuses before any hashing. */
export interface Shield {
  /** Nobody was charged lately: no source is refused, and none need be worked out. */
  isQuiet(): boolean;
  /** How long this source must wait, or undefined when it may try. */
  refuses(source: string, nowMs: number): number | undefined;
  /** A verification failed. */
  charge(source: string, nowMs: number): void;
}
