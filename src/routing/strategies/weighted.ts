/**
 * By weight, exactly: the instance that would be furthest below its share after one more conversation. Deterministic, so a weight
 * of 3 gets three of four and not three of four on average. An instance that joins late is filled up first: give it a small weight while it warms up.
 */
import * as z from "zod/mini";
import type { Strategy } from "../strategy.ts";
import { highestScore, smallest } from "./rendezvous.ts";

export const weighted = {
  name: "weighted",
  options: z.strictObject({}),
  create: () => ({
    select(candidates, context) {
      const due = smallest(candidates, (candidate) => (candidate.pinsTotal + 1) / candidate.weight);
      return highestScore(due, context.conversation);
    },
  }),
} satisfies Strategy;
