/**
 * The n-grams a model knows: a hash table without strings or parsing. Sorted by hash; the upper bits find the bucket, eight more tell
 * its few entries apart (one unknown n-gram in some hundred is taken for a known one, which nobody's score notices).
 */

export interface Vocabulary {
  readonly size: number;
  /** Buckets are a power of two: this many bits of the hash. */
  readonly bits: number;
  /** Entries in each bucket; at most 255. */
  readonly bucketSizes: Uint8Array;
  readonly fingerprints: Uint8Array;
  /** Inverse document frequency of each entry, in sixteenths. */
  readonly rarities: Uint8Array;
  /** What an n-gram never seen counts, in sixteenths. */
  readonly unknownRarity: number;
}

export type Find = (hash: number) => number;

/** The entry of a hash, or -1. */
export function finderOf({ bits, bucketSizes, fingerprints }: Vocabulary): Find {
  const starts = new Uint32Array(bucketSizes.length + 1);
  for (let bucket = 0; bucket < bucketSizes.length; bucket += 1)
    starts[bucket + 1] = (starts[bucket] as number) + (bucketSizes[bucket] as number);
  const shift = 32 - bits;
  const lower = shift - 8;
  return (hash) => {
    const bucket = hash >>> shift;
    const fingerprint = (hash >>> lower) & 255;
    const end = starts[bucket + 1] as number;
    for (let at = starts[bucket] as number; at < end; at += 1) if (fingerprints[at] === fingerprint) return at;
    return -1;
  };
}
