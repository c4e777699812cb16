/**
 * Which characters have a property, asked of the runtime itself. `npm run build` puts it in place of the pattern engine's own tables,
 * which are a third of that engine's size. Some milliseconds of work: for when a pattern with such a class is compiled.
 */

/** Characters are looked at in these spans. Between them are surrogates, and ten planes that are empty: one of each stands for all. */
const SPANS = [
  [0, 0xd800],
  [0xe000, 0x40000],
  [0xe0000, 0x110000],
] as const;

const STEP = 0x800;
const BMP_END = 0x10000;

/** Triples of first, last and 1, as the engine keeps its tables; `property` is what stands in `\p{…}`. */
export function rangesOf(property: string): Uint32Array {
  const one = new RegExp(`\\p{${property}}`, "u");
  const runs = new RegExp(`\\p{${property}}+`, "gu");
  const ranges: number[] = [];
  let seen = 0;
  for (const [from, to] of SPANS) {
    if (from > seen && one.test(String.fromCodePoint(seen))) add(ranges, seen, from - 1);
    for (let start = from; start < to; start += STEP) addRuns(ranges, start, runs);
    seen = to;
  }
  return Uint32Array.from(ranges);
}

function addRuns(ranges: number[], start: number, runs: RegExp): void {
  const points = new Uint32Array(STEP);
  for (let index = 0; index < STEP; index += 1) points[index] = start + index;
  const text: string = Reflect.apply(String.fromCodePoint, String, points);
  const width = start < BMP_END ? 1 : 2;
  for (const { 0: run, index } of text.matchAll(runs)) add(ranges, start + index / width, start + (index + run.length) / width - 1);
}

function add(ranges: number[], first: number, last: number): void {
  const end = ranges.length;
  if (end > 0 && ranges[end - 2] === first - 1) ranges[end - 2] = last;
  else ranges.push(first, last, 1);
}
