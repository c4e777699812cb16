/** A fast, stable, non-cryptographic hash for placement (rendezvous, shards). Never for secrets or dedupe. */

/** 32-bit FNV-1a with murmur3's finaliser, so that near keys land far apart. @see http://www.isthe.com/chongo/tech/comp/fnv/ */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The same as a number in the open interval (0, 1). */
export const hashUnit = (text: string): number => (hash32(text) + 0.5) / 0x1_0000_0000;
