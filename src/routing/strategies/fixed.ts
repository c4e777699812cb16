/** One instance, named in the document, and no other: while it is not eligible the pool has none, and messages are held. */
import * as z from "zod/mini";
import type { Strategy } from "../strategy.ts";

const options = z.strictObject({ instance: z.string().check(z.minLength(1)) });

export const fixed = {
  name: "fixed",
  options,
  create(given) {
    const { instance } = options.parse(given);
    return { select: (candidates) => candidates.find((candidate) => candidate.name === instance) };
  },
} satisfies Strategy;
