/**
 * Which of its pool's agents a message is asked of. Pure. A conversation goes from the simple tier to the complex one with its first
 * complex message, and not back while it lives on: between agents nothing is shared, and each change costs what was said.
 */
import type { Commit } from "../../src/core/commit.ts";
import { brief } from "./briefing.ts";
import type { Moment } from "./hold.ts";
import { type Entry, type Pin, type State, type Step, withHead } from "./state.ts";

/** A gateway begins every session anew once a day: after so much silence the complex agent has nothing left to lose. @see https://docs.openclaw.ai/concepts/session */
export const TIER_REST_MS = 24 * 3_600_000;

type Tiering = Pick<Entry, "tier" | "isRaised">;

/** Empty in a pool that makes no difference. */
export function tierOf(state: State, pool: string, { commit, nowMs, rules }: Moment & { readonly commit: Commit }): Tiering {
  const tiers = rules.pools[pool]?.tiers;
  if (tiers === undefined) return {};
  const isRaised = nowMs - (state.complexAtMs[pool] ?? Number.NEGATIVE_INFINITY) < TIER_REST_MS;
  if (!isRaised && commit.isComplex !== true) return { tier: "simple" };
  const hasHistory = tiers === "agents" && state.pins[pool]?.isUsed === true;
  return { tier: "complex", ...(!isRaised && hasHistory ? { isRaised: true } : {}) };
}

export const withTier = (state: State, { pool, tier, committedAtMs }: Entry): State =>
  tier === "complex" ? { ...state, complexAtMs: { ...state.complexAtMs, [pool]: committedAtMs } } : state;

/** As after a move, where the pool wants that: the other agent is told what was said before. */
export function raise(state: State, head: Entry, pin: Pin, moment: Moment): Step {
  const raised: Entry = { ...head, isRaised: undefined };
  return brief(withHead(state, raised), raised, pin, moment);
}
