/**
 * By conversation: every candidate gets a score from conversation and name, the highest wins. The same conversation falls to the
 * same instance without any shared memory, and when an instance leaves only its own conversations move.
 */
import * as z from "zod/mini";
import { hashUnit } from "../../core/hash.ts";
import type { Candidate, Strategy } from "../strategy.ts";

/**
 * Highest random weight; `-weight / ln(u)` makes the share of wins proportional to the weight.
 * @see https://www.eecs.umich.edu/techreports/cse/96/CSE-TR-316-96.pdf
 * @see https://www.snia.org/sites/default/files/SDC15_presentations/dist_sys/Jason_Resch_New_Consistent_Hashings_Rev.pdf
 */
export const scoreOf = (conversation: string, candidate: Candidate): number =>
  -candidate.weight / Math.log(hashUnit(`${conversation}\n${candidate.name}`));

/** The winner of a conversation; other strategies break their ties with it. The name decides where even the scores are equal. */
export function highestScore(candidates: readonly Candidate[], conversation: string): Candidate | undefined {
  let best: { readonly candidate: Candidate; readonly score: number } | undefined;
  for (const candidate of candidates) {
    const score = scoreOf(conversation, candidate);
    const isBetter = best === undefined || score > best.score || (score === best.score && candidate.name < best.candidate.name);
    if (isBetter) best = { candidate, score };
  }
  return best?.candidate;
}

/** Those candidates whose `measure` is the smallest. */
export function smallest(candidates: readonly Candidate[], measure: (candidate: Candidate) => number): readonly Candidate[] {
  const least = candidates.reduce((bound, candidate) => Math.min(bound, measure(candidate)), Number.POSITIVE_INFINITY);
  return candidates.filter((candidate) => measure(candidate) === least);
}

export const rendezvous = {
  name: "rendezvous",
  options: z.strictObject({}),
  create: () => ({ select: (candidates, context) => highestScore(candidates, context.conversation) }),
} satisfies Strategy;
