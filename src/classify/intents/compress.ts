/** Weights of a solver made small: the least ones dropped, the others on a scale of 127 levels. */
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
  const scale = Math.fround(largest / 127);
  const least = largest * settings.pruneBelow;
  const entrySizes = new Uint16Array(entryCount);
  const distances: number[] = [];
  const levels: number[] = [];
  for (let entry = 0; entry < entryCount; entry += 1) {
    let last = 0;
    const before = levels.length;
    for (let column = 0; column < classCount; column += 1) {
      const weight = weights[entry * classCount + column] as number;
      if (Math.abs(weight) < least || weight === 0) continue;
      for (; column - last >= FAR; last += FAR) {
        distances.push(FAR);
        levels.push(0);
      }
      distances.push(column - last);
      levels.push(Math.round(weight / scale));
      last = column;
    }
    entrySizes[entry] = levels.length - before;
  }
  return { entrySizes, distances: Uint8Array.from(distances), levels: Int8Array.from(levels), scale };
}
