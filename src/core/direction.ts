/** Where a vector points, in a byte for each part, and how alike two directions are. What a part loses is below one in 250 of the largest. */
export interface Direction {
  readonly parts: Int8Array<ArrayBuffer>;
  readonly length: number;
}

/** One without a direction, or of no numbers, is like nothing. */
export function directionOf(vector: readonly number[]): Direction {
  const largest = vector.reduce((most, part) => Math.max(most, Math.abs(part)), 0);
  return withLength(Int8Array.from(vector, (part) => Math.round((part / largest) * 127)));
}

export const directionIn = (bytes: ArrayBuffer): Direction => withLength(new Int8Array(bytes));

const withLength = (parts: Int8Array<ArrayBuffer>): Direction => ({ parts, length: Math.sqrt(product(parts, parts)) });

/** Cosine, -1 to 1; not a number where nothing can be compared. */
export function likeness(left: Direction, right: Direction): number {
  return left.parts.length === right.parts.length ? product(left.parts, right.parts) / (left.length * right.length) : Number.NaN;
}

function product(left: Int8Array, right: Int8Array): number {
  let sum = 0;
  for (let at = 0; at < left.length; at += 1) sum += (left[at] as number) * (right[at] as number);
  return sum;
}
