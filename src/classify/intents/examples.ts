/** Examples as the solver sees them: sparse vectors in one run of memory, each with the number of its class. */
import type { Reader } from "./vector.ts";

export interface Examples {
  readonly count: number;
  readonly classes: Uint16Array;
  /** Entries of example `i` are at `[starts[i], starts[i + 1])`. */
  readonly starts: Uint32Array;
  readonly entries: Uint32Array;
  readonly values: Float32Array;
  readonly masses: Float32Array;
}

export function readExamples(texts: readonly string[], classes: readonly number[], read: Reader): Examples {
  const starts = new Uint32Array(texts.length + 1);
  let entries = new Uint32Array(texts.length * 64 + 64);
  let values = new Float32Array(entries.length);
  const masses = new Float32Array(texts.length);
  let end = 0;
  for (const [index, text] of texts.entries()) {
    const vector = read(text);
    if (end + vector.count > entries.length) {
      entries = grown(entries, new Uint32Array((end + vector.count) * 2));
      values = grown(values, new Float32Array(entries.length));
    }
    entries.set(vector.entries.subarray(0, vector.count), end);
    values.set(vector.values.subarray(0, vector.count), end);
    masses[index] = vector.mass;
    end += vector.count;
    starts[index + 1] = end;
  }
  return {
    count: texts.length,
    classes: Uint16Array.from(classes),
    starts,
    entries: entries.subarray(0, end),
    values: values.subarray(0, end),
    masses,
  };
}

function grown<T extends Uint32Array | Float32Array>(small: T, large: T): T {
  large.set(small);
  return large;
}
