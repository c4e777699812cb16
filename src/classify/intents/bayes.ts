/**
 * Multinomial naive Bayes over the same vectors, as weights that are added to the machine's. For each entry, what a class without it
 * would weigh is subtracted: only classes that have seen an entry keep a weight, and the ranking is the same.
 */
import type { Examples } from "./examples.ts";
import { settings } from "./settings.ts";
import type { Weights } from "./solve.ts";

export function addBayes(weights: Weights, examples: Examples, classCount: number): void {
  const sums = new Float32Array(weights.length);
  const totals = new Float64Array(classCount);
  for (let example = 0; example < examples.count; example += 1) {
    const own = examples.classes[example] as number;
    for (let at = examples.starts[example] as number; at < (examples.starts[example + 1] as number); at += 1) {
      const place = (examples.entries[at] as number) * classCount + own;
      sums[place] = (sums[place] as number) + (examples.values[at] as number);
      totals[own] = (totals[own] as number) + (examples.values[at] as number);
    }
  }
  for (let place = 0; place < sums.length; place += 1) {
    const sum = sums[place] as number;
    if (sum === 0) continue;
    weights[place] = (weights[place] as number) + settings.bayesWeight * Math.log(1 + sum / settings.bayesSmoothing);
  }
}
