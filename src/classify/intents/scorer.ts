/** Scores by an artefact's weights: one pass over a message's n-grams, one array of scores for all messages. */
import { type Ranking, rank } from "./calibration.ts";
import type { ModelParts } from "./layout.ts";
import { readerFor, type Vector } from "./vector.ts";

/** Valid until the next message is scored. */
export interface Scored {
  vector: Vector;
  readonly ranking: Ranking;
}

export interface Scorer {
  readonly score: (text: string) => Scored;
  /** What the n-gram at `at` of the scored vector gave to a class. */
  readonly weightOf: (vector: Vector, at: number, wanted: number) => number;
}

export function scorerFor({ names, classCount, vocabulary, entrySizes, distances, levels, scale, usual }: ModelParts): Scorer {
  const read = readerFor(vocabulary);
  const starts = new Uint32Array(vocabulary.size + 1);
  for (let entry = 0; entry < vocabulary.size; entry += 1) starts[entry + 1] = (starts[entry] as number) + (entrySizes[entry] as number);
  const scores = new Float64Array(classCount);
  const scored: Scored = { vector: read(""), ranking: { scores, intents: names.length, usual, best: 0, second: -1 } };

  const weightOf = (vector: Vector, at: number, wanted: number): number => {
    const entry = vector.entries[at] as number;
    let column = 0;
    for (let place = starts[entry] as number; place < (starts[entry + 1] as number); place += 1) {
      column += distances[place] as number;
      // A distance too long for one byte is a step without a weight.
      if (column === wanted && levels[place] !== 0) return (vector.values[at] as number) * scale * (levels[place] as number);
    }
    return 0;
  };

  const score = (text: string): Scored => {
    const vector = read(text);
    scores.fill(0);
    for (let at = 0; at < vector.count; at += 1) {
      const entry = vector.entries[at] as number;
      const value = (vector.values[at] as number) * scale;
      const end = starts[entry + 1] as number;
      let column = 0;
      for (let place = starts[entry] as number; place < end; place += 1) {
        column += distances[place] as number;
        scores[column] = (scores[column] as number) + value * (levels[place] as number);
      }
    }
    scored.vector = vector;
    rank(scored.ranking);
    return scored;
  };

  return { score, weightOf };
}
