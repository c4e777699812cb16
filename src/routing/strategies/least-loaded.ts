/**
 * By load: the fewest conversations given in the last minutes, in proportion to the weight. What an instance is really busy with
 * only it knows; how many conversations it was just given the edge knows for certain, and without asking.
 */
import * as z from "zod/mini";
import type { Strategy } from "../strategy.ts";
import { highestScore, smallest } from "./rendezvous.ts";

export const leastLoaded = {
  name: "least-loaded",
  options: z.strictObject({}),
  create: () => ({
    select(candidates, context) {
      const idle = smallest(candidates, (candidate) => (candidate.pinsLately + 1) / candidate.weight);
      return highestScore(idle, context.conversation);
    },
  }),
} satisfies Strategy;
