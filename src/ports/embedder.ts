/** Meaning as numbers: texts that mean alike have vectors that point alike. */
export interface Embedder {
  /** One for each text, in their order. Rejects when it cannot. */
  embed(texts: readonly string[]): Promise<readonly (readonly number[])[]>;
}
