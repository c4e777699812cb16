/** Weights of a solver made small: on a scale of few levels, where the least fall to none and are dropped. */
import { FAR } from "./layout.ts";
import { settings } from "./settings.ts";
import type { Weights } from "./solve.ts";

export interface Compressed {
  readonly entrySizes: Uint16Array;
  readonly distances: Uint8Array;
  readonly levels: Int8Array;
  readonly scale: number;
}

export function compress(weights: Weights, classCount: number, entryCount: number): Compressed {
  let largest = 0;
  for (const weight of weights) largest = Math.max(largest, Math.abs(weight));
  // One intent alone has no weights.
  const scale = Math.fround(largest / settings.levels) || 1;
  const entrySizes = new Uint16Array(entryCount);
  const distances: number[] = [];
  const levels: number[] = [];
  for (let entry = 0; entry < entryCount; entry += 1) {
    let last = 0;
    const before = levels.length;
    for (let column = 0; column < classCount; column += 1) {
      const level = Math.round((weights[entry * classCount + column] as number) / scale);
      if (level === 0) continue;
      for (; column - last >= FAR; last += FAR) {
        distances.push(FAR);
        levels.push(0);
      }
      distances.push(column - last);
      levels.push(level);
      last = column;
    }
    entrySizes[entry] = levels.length - before;
  }
  return { entrySizes, distances: Uint8Array.from(distances), levels: Int8Array.from(levels), scale };
}
