/** Which example means most the same as a message, by vectors from elsewhere. Knows no model, and no threshold. */
export interface Example {
  /** Undefined: of no intent. */
  readonly intent: string | undefined;
  readonly vector: readonly number[];
}

export interface Nearest {
  readonly intent: string | undefined;
  /** Cosine, -1 to 1. */
  readonly similarity: number;
}

/** Undefined where nothing can be compared. */
export function nearestOf(examples: readonly Example[]): (vector: readonly number[]) => Nearest | undefined {
  const units = examples.map(({ intent, vector }) => ({ intent, unit: unitOf(vector) }));
  return (vector) => {
    const asked = unitOf(vector);
    let nearest: Nearest | undefined;
    for (const { intent, unit } of units) {
      const similarity = unit.length === asked.length ? dot(unit, asked) : Number.NaN;
      if (similarity > (nearest?.similarity ?? Number.NEGATIVE_INFINITY)) nearest = { intent, similarity };
    }
    return nearest;
  };
}

/** Of no direction: all of it not a number, and so like nothing. */
function unitOf(vector: readonly number[]): Float32Array {
  const length = Math.hypot(...vector);
  return Float32Array.from(vector, (part) => part / length);
}

function dot(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < left.length; at += 1) sum += (left[at] as number) * (right[at] as number);
  return sum;
}
