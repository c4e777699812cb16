/**
 * In turn: whoever was given a conversation longest ago. That is round robin without a shared counter: each grant moves an instance
 * to the end of the queue, one that joins comes next, and two edges that choose at once may pick the same one, which no counter
 * at the edge could prevent more cheaply. Weights do not matter here.
 */
import * as z from "zod/mini";
import type { Candidate, Strategy } from "../strategy.ts";
import { smallest } from "./rendezvous.ts";

const byName = (left: Candidate, right: Candidate): Candidate => (right.name < left.name ? right : left);

export const roundRobin = {
  name: "round-robin",
  options: z.strictObject({}),
  create: () => ({
    select(candidates) {
      const [first, ...others] = smallest(candidates, (candidate) => candidate.lastPinAtMs);
      return first === undefined ? undefined : others.reduce(byName, first);
    },
  }),
} satisfies Strategy;
