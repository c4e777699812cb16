/**
 * A message as a vector over a vocabulary: sublinear counts times rarity, words and characters each brought to length one. N-grams
 * never seen count in the length, so that a message of unknown words scores low everywhere. Trainer and model share this file.
 */
import { type Features, featuresOf } from "./features.ts";
import { finderOf, type Vocabulary } from "./vocabulary.ts";

/** Valid until the next message is read. */
export interface Vector {
  features: Features;
  count: number;
  readonly entries: Uint32Array;
  readonly values: Float64Array;
  /** Where in the features an entry was first met. */
  readonly places: Uint16Array;
  /** Share of what is unknown, in words and pairs, and in characters. */
  unknownWords: number;
  unknownGrams: number;
  /** How much was said, in n-grams by their rarity: before the length was brought to one. */
  mass: number;
}

export type Reader = (text: string) => Vector;

export function readerFor(vocabulary: Vocabulary): Reader {
  const find = finderOf(vocabulary);
  const { rarities } = vocabulary;
  const unknown = (vocabulary.unknownRarity / 16) ** 2;
  const seen = new Uint16Array(vocabulary.size);
  const size = Math.min(vocabulary.size, 16_384);
  const vector: Vector = {
    features: featuresOf(""),
    count: 0,
    entries: new Uint32Array(size),
    values: new Float64Array(size),
    places: new Uint16Array(size),
    unknownWords: 0,
    unknownGrams: 0,
    mass: 0,
  };
  const { entries, values, places } = vector;

  /** One block of features; answers the share that is unknown. */
  const block = (read: Features, from: number, to: number): number => {
    const first = vector.count;
    let unknownSquares = 0;
    for (let at = from; at < to; at += 1) {
      const entry = find(read.hash[at] as number);
      if (entry < 0) unknownSquares += unknown;
      else if ((seen[entry] as number) > 0) seen[entry] = (seen[entry] as number) + 1;
      else {
        seen[entry] = 1;
        places[vector.count] = at;
        entries[vector.count++] = entry;
      }
    }
    let squares = unknownSquares;
    for (let at = first; at < vector.count; at += 1) {
      const entry = entries[at] as number;
      const value = ((rarities[entry] as number) / 16) * Math.sqrt(seen[entry] as number);
      seen[entry] = 0;
      values[at] = value;
      squares += value * value;
    }
    vector.mass = squares;
    const scale = 1 / Math.sqrt(squares);
    for (let at = first; at < vector.count; at += 1) values[at] = (values[at] as number) * scale;
    return squares === 0 ? 0 : unknownSquares / squares;
  };

  return (text) => {
    const read = featuresOf(text);
    vector.features = read;
    vector.count = 0;
    vector.unknownWords = block(read, 0, read.words);
    vector.unknownGrams = block(read, read.words, read.count);
    return vector;
  };
}
