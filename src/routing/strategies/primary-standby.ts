/** Primaries first: standbys get conversations only while no primary is eligible. Among equals it is rendezvous by conversation. */
import * as z from "zod/mini";
import type { Strategy } from "../strategy.ts";
import { highestScore } from "./rendezvous.ts";

export const primaryStandby = {
  name: "primary-standby",
  options: z.strictObject({}),
  create: () => ({
    select(candidates, context) {
      const primaries = candidates.filter((candidate) => candidate.role === "primary");
      return highestScore(primaries.length > 0 ? primaries : candidates, context.conversation);
    },
  }),
} satisfies Strategy;
