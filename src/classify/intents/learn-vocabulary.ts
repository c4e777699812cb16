/** Which n-grams of the examples are worth remembering, and how rare each is. For the trainer. */
import { featuresOf } from "./features.ts";
import { settings } from "./settings.ts";
import type { Vocabulary } from "./vocabulary.ts";

export function learnVocabulary(texts: readonly string[], classCount: number): Vocabulary {
  const documents = countDocuments(texts);
  const most = Math.min(settings.maxEntries, settings.maxWeights / classCount);
  let kept = [...documents.keys()];
  for (let least = 2; kept.length > most; least += 1) kept = kept.filter((hash) => (documents.get(hash) ?? 0) >= least);
  kept.sort((left, right) => left - right);
  const bits = Math.min(22, 32 - Math.clz32(kept.length));
  const bucketSizes = new Uint8Array(2 ** bits);
  const fingerprints = new Uint8Array(kept.length);
  const rarities = new Uint8Array(kept.length);
  let size = 0;
  let last = -1;
  for (const hash of kept) {
    const key = hash >>> (24 - bits);
    const bucket = key >>> 8;
    // Two n-grams with one key are one entry: the rarer is forgotten.
    if (key === last || bucketSizes[bucket] === 255) continue;
    last = key;
    bucketSizes[bucket] = (bucketSizes[bucket] as number) + 1;
    fingerprints[size] = key & 255;
    rarities[size] = rarity(texts.length, documents.get(hash) ?? 0);
    size += 1;
  }
  return {
    size,
    bits,
    bucketSizes,
    fingerprints: fingerprints.subarray(0, size),
    rarities: rarities.subarray(0, size),
    unknownRarity: rarity(texts.length, 0),
  };
}

function countDocuments(texts: readonly string[]): ReadonlyMap<number, number> {
  const documents = new Map<number, number>();
  for (const text of texts) {
    const { hash, count } = featuresOf(text);
    for (const one of new Set(hash.subarray(0, count))) documents.set(one >>> 0, (documents.get(one >>> 0) ?? 0) + 1);
  }
  return documents;
}

const rarity = (all: number, some: number): number => Math.min(255, Math.round(16 * (1 + Math.log((1 + all) / (1 + some)))));
