/**
 * Crammer and Singer's support vector machine, solved in its dual: each example moves its own weights until no class pushes against
 * another. The order is drawn from a seed, so the same examples give the same weights.
 *
 * @see https://www.jmlr.org/papers/v2/crammer01a.html
 */
import type { Examples } from "./examples.ts";
import { settings } from "./settings.ts";

/** Weight of entry `e` for class `c` at `e * classes + c`. */
export type Weights = Float32Array;

export interface Problem {
  readonly examples: Examples;
  readonly classCount: number;
  readonly entryCount: number;
  readonly onPass?: () => void;
}

export function solve({ examples, classCount, entryCount, onPass }: Problem): Weights {
  const weights = new Float32Array(entryCount * classCount);
  const alphas = new Float32Array(examples.count * classCount);
  const gradient = new Float64Array(classCount);
  const moved = new Float64Array(classCount);
  const visit = (example: number): boolean => {
    const own = examples.classes[example] as number;
    const square = margins(examples, example, weights, gradient);
    if (square === 0) return false;
    gradient[own] = (gradient[own] as number) - 1;
    const alpha = alphas.subarray(example * classCount, (example + 1) * classCount);
    const isPushed = balance({ own, square, gradient, alpha, moved });
    if (isPushed) apply(examples, example, moved, weights);
    return isPushed;
  };

  const order = Uint32Array.from({ length: examples.count }, (_, index) => index);
  const random = generator(1);
  // An example that nothing pushed is let be for as many passes as that was so in a row.
  const calm = new Uint8Array(examples.count);
  const rest = new Uint8Array(examples.count);
  for (let pass = 0; pass < settings.passes; pass += 1) {
    shuffle(order, random);
    for (const example of order) {
      if ((rest[example] as number) > 0) rest[example] = (rest[example] as number) - 1;
      else {
        calm[example] = visit(example) ? 0 : (calm[example] as number) + 1;
        rest[example] = calm[example] as number;
      }
    }
    onPass?.();
  }
  return weights;
}

/** Scores of an example by class; answers the square of its length. Eight rows at a time: this loop is where training spends its time. */
export function margins({ starts, entries, values }: Examples, example: number, w: Weights, scores: Float64Array): number {
  const n = scores.length;
  const end = starts[example + 1] as number;
  let square = 0;
  scores.fill(0);
  let at = starts[example] as number;
  const row = (offset: number): number => (entries[at + offset] as number) * n;
  const val = (offset: number): number => values[at + offset] as number;
  for (; at + 8 <= end; at += 8) {
    const [r0, r1, r2, r3, r4, r5, r6, r7] = [row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7)];
    const [v0, v1, v2, v3, v4, v5, v6, v7] = [val(0), val(1), val(2), val(3), val(4), val(5), val(6), val(7)];
    square += v0 * v0 + v1 * v1 + v2 * v2 + v3 * v3 + v4 * v4 + v5 * v5 + v6 * v6 + v7 * v7;
    for (let c = 0; c < n; c += 1) {
      const half = v0 * (w[r0 + c] as number) + v1 * (w[r1 + c] as number) + v2 * (w[r2 + c] as number) + v3 * (w[r3 + c] as number);
      const rest = v4 * (w[r4 + c] as number) + v5 * (w[r5 + c] as number) + v6 * (w[r6 + c] as number) + v7 * (w[r7 + c] as number);
      scores[c] = (scores[c] as number) + half + rest;
    }
  }
  for (; at < end; at += 1) {
    const [r, v] = [row(0), val(0)];
    square += v * v;
    for (let c = 0; c < n; c += 1) scores[c] = (scores[c] as number) + v * (w[r + c] as number);
  }
  return square;
}

/** One example's part of the dual. */
interface Turn {
  readonly own: number;
  readonly square: number;
  readonly gradient: Float64Array;
  readonly alpha: Float32Array;
  readonly moved: Float64Array;
}

const MAX_MOVES = 20;

/** Moves weight from the class that pushes most to the one that pushes least of those with room, until they agree. */
function balance(turn: Turn): boolean {
  const { own, square, gradient, alpha, moved } = turn;
  moved.fill(0);
  for (let move = 0; move < MAX_MOVES; move += 1) {
    const high = strongest(gradient);
    const low = weakest(turn);
    const gap = low < 0 ? 0 : (gradient[high] as number) - (gradient[low] as number);
    if (gap < settings.tolerance) return move > 0;
    const room = (low === own ? settings.cost : 0) - (alpha[low] as number);
    const delta = Math.min(gap / (2 * square), room);
    alpha[low] = (alpha[low] as number) + delta;
    alpha[high] = (alpha[high] as number) - delta;
    gradient[low] = (gradient[low] as number) + delta * square;
    gradient[high] = (gradient[high] as number) - delta * square;
    moved[low] = (moved[low] as number) + delta;
    moved[high] = (moved[high] as number) - delta;
  }
  return true;
}

function strongest(gradient: Float64Array): number {
  let high = 0;
  for (let c = 1; c < gradient.length; c += 1) if ((gradient[c] as number) > (gradient[high] as number)) high = c;
  return high;
}

/** Of the classes whose weight may still grow: the own up to the cost of an error, the others up to zero. */
function weakest({ own, gradient, alpha }: Turn): number {
  let low = (alpha[own] as number) < settings.cost ? own : -1;
  for (let c = 0; c < gradient.length; c += 1)
    if ((alpha[c] as number) < 0 && c !== own && (low < 0 || (gradient[c] as number) < (gradient[low] as number))) low = c;
  return low;
}

function apply(examples: Examples, example: number, moved: Float64Array, weights: Weights): void {
  const { starts, entries, values } = examples;
  const end = starts[example + 1] as number;
  for (let c = 0; c < moved.length; c += 1) {
    const delta = moved[c] as number;
    if (delta === 0) continue;
    for (let at = starts[example] as number; at < end; at += 1) {
      const place = (entries[at] as number) * moved.length + c;
      weights[place] = (weights[place] as number) + delta * (values[at] as number);
    }
  }
}

type Random = () => number;

/** xorshift32: 32 bits, never zero. */
function generator(seed: number): Random {
  let state = seed * 0x9e3779b1 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function shuffle(order: Uint32Array, random: Random): void {
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = random() % (last + 1);
    const kept = order[last] as number;
    order[last] = order[other] as number;
    order[other] = kept;
  }
}
