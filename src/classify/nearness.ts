/**
 * How alike two questions must be to have the same answer: measured on examples of which it is known that they mean different things.
 * Knows no service and no document.
 */
import { mostSeen } from "../core/ceiling.ts";
import { type Direction, likeness } from "../core/direction.ts";

export interface Sample {
  /** Undefined: out of scope. */
  readonly intent: string | undefined;
  /** Where these differ nobody asks how alike two are. */
  readonly marks: string;
  readonly direction: Direction;
}

/** Within an intent questions have different answers too, and no example says which: what is less alike than this is never the same. */
const LEAST = 0.8;
/** So many are compared at once. */
const STRIDE = 16;

/** Of each that could be taken for one of another intent: how like it is to the likest of those. Likest first. */
export async function falseLikeness(samples: readonly Sample[], pause: () => Promise<void>): Promise<readonly number[]> {
  const likest: number[] = [];
  for (const [at, sample] of samples.entries()) {
    const others = samples.filter(({ intent }) => intent !== sample.intent);
    if (others.length > 0) likest.push(likestOf(sample, others));
    if (at % STRIDE === STRIDE - 1) await pause();
  }
  return likest.toSorted((left, right) => right - left);
}

function likestOf({ marks, direction }: Sample, others: readonly Sample[]): number {
  let most = -1;
  for (const other of others) if (other.marks === marks) most = Math.max(most, likeness(direction, other.direction) || -1);
  return most;
}

/** What is more alike is the same question; undefined where the examples are too few to say so. `likest` as above. */
export function boundOf(likest: readonly number[], ceiling: number): number | undefined {
  const allowed = mostSeen(likest.length, ceiling);
  return allowed < 0 ? undefined : Math.max(likest[allowed] ?? -1, LEAST);
}
