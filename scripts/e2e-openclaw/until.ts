/** Waiting for something that another process does: looks again and again, and says what did not happen. */
import { sleep } from "../fakes/http-service.ts";

/** A promise of this proof that did not hold; its message is the sentence that is printed. */
export class Broken extends Error {}

export function must(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Broken(sentence);
}

const POLL_MS = 50;
const DEFAULT_MS = 60_000;

/** Resolves with the first answer that is neither undefined nor false. */
export async function until<T>(what: string, look: () => T | Promise<T>, withinMs = DEFAULT_MS): Promise<NonNullable<T>> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
    if (Date.now() > deadlineMs) throw new Broken(`waited ${Math.round(withinMs / 1000)} s in vain for ${what}`);
    await sleep(POLL_MS);
  }
}
