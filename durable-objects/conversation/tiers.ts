/**
 * Which of its pool's agents a message is asked of. Pure. A conversation goes from the simple tier to the complex one with its first
 * complex message, and not back while it lives on: between agents nothing is shared, and each change costs what was said.
 */
import type { Commit } from "../../src/core/commit.ts";
import type { Moment } from "./hold.ts";
import type { Asked, Entry, State } from "./state.ts";

/** A gateway begins every session anew once a day: after so much silence the complex agent has nothing left to lose. @see https://docs.openclaw.ai/concepts/session */
export const TIER_REST_MS = 24 * 3_600_000;

/** Empty in a pool that makes no difference. */
export function tierOf(state: State, pool: string, { commit, nowMs, rules }: Moment & { readonly commit: Commit }): Pick<Entry, "tier"> {
  if (rules.pools[pool]?.tiers === undefined) return {};
  const isRaised = nowMs - (state.complexAtMs[pool] ?? Number.NEGATIVE_INFINITY) < TIER_REST_MS;
  return { tier: isRaised || commit.isComplex === true ? "complex" : "simple" };
}

export const withTier = (state: State, { pool, tier, committedAtMs }: Entry): State =>
  tier === "complex" ? { ...state, complexAtMs: { ...state.complexAtMs, [pool]: committedAtMs } } : state;

/** A message as its row tells of it. */
export interface Told {
  readonly pool: string;
  readonly tier: Entry["tier"] | null;
  readonly tries: number;
  readonly state: string;
  readonly atMs: number;
}

/** What the newest messages say, oldest first; one that is sent again says nothing new. */
export function tiersIn(rows: readonly Told[]): Pick<State, "complexAtMs" | "lastAsked"> {
  const asked = rows.filter(({ tries, state }) => tries > 0 || state === "replying" || state === "answered");
  return {
    complexAtMs: Object.fromEntries(rows.flatMap(({ pool, tier, atMs }) => (tier === "complex" ? [[pool, atMs]] : []))),
    lastAsked: Object.fromEntries(
      asked.map(({ pool, tier, tries }): [string, Asked] => [pool, tries === 0 ? "nobody" : (tier ?? undefined)]),
    ),
  };
}
