/** Texts with their vectors, however many there are. */
import type { Embedder } from "../ports/embedder.ts";

/** As many as the service takes. @see https://developers.cloudflare.com/workers-ai/models/bge-m3/ */
const AT_ONCE = 100;

export async function withVectors<Of extends { readonly text: string }>(
  all: readonly Of[],
  embedder: Embedder,
): Promise<readonly (Of & { readonly vector: readonly number[] })[]> {
  const vectors: (readonly number[])[] = [];
  for (let from = 0; from < all.length; from += AT_ONCE)
    vectors.push(...(await embedder.embed(all.slice(from, from + AT_ONCE).map(({ text }) => text))));
  return all.map((one, at) => ({ ...one, vector: vectors[at] ?? [] }));
}
