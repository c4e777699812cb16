/**
 * The binary shape of a trained model: one header and runs of bytes that are used where they lie, little-endian. A weight is stored
 * as the distance to the class before it and a signed level; 255 is a distance without a weight.
 */
import { type Calibration, SIGNS } from "./calibration.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** Raised whenever the same bytes would classify differently: a Worker refuses what it does not know. */
export const ARTEFACT_VERSION = 2;

export const MAGIC = 0x4e494543; // "CEIN"
export const HEADER_WORDS = 12;
/** Scale, mass of the usual message, threshold and coefficients, behind the header. */
export const NUMBERS = 3 + SIGNS;
export const FAR = 255;

export interface ModelParts {
  /** Intents in the document's order. A class behind them, if any, is "out of scope". */
  readonly names: readonly string[];
  readonly classCount: number;
  readonly vocabulary: Vocabulary;
  /** How many of the distances and levels belong to each entry. */
  readonly entrySizes: Uint16Array;
  readonly distances: Uint8Array;
  readonly levels: Int8Array;
  /** What one level weighs. */
  readonly scale: number;
  /** The mass of the usual message. */
  readonly usual: number;
  readonly calibration: Calibration;
}

/** A flipped bit in any word changes the sum: each step is a bijection. Against accidents, not against people. */
export function checksum(words: Uint32Array, from: number): number {
  let sum = 0x811c9dc5;
  for (let at = from; at < words.length; at += 1) sum = Math.imul(sum ^ (words[at] as number), 0x01000193);
  return sum >>> 0;
}

export const padded = (bytes: number): number => (bytes + 3) & ~3;
