/** Interleaved rounds (A B C, A B C, …): what disturbs the machine disturbs all targets, and a ratio compares neighbours in time. */
import { type Figures, run, type Target } from "./load.ts";
import { ratios, type Spread, spreadOf } from "./statistics.ts";

export interface Contestant {
  readonly target: Target;
  /** Resolves when what the round began has ended and costs the next one nothing. */
  readonly settled?: () => Promise<void>;
}

export interface Plan {
  readonly rounds: number;
  readonly connections: number;
  readonly requests: number;
}

export type Results = ReadonlyMap<string, readonly Figures[]>;

/** Hands out numbers that no target has seen: a repeated update would be acknowledged as a duplicate, without being stored. */
export function freshIndices(): (count: number) => number {
  let next = 0;
  return (count) => {
    const from = next;
    next += count;
    return from;
  };
}

export async function interleave(contestants: readonly Contestant[], plan: Plan, fresh: (count: number) => number): Promise<Results> {
  const results = new Map<string, Figures[]>(contestants.map(({ target }) => [target.name, []]));
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const { target, settled } of contestants) {
      const figures = await run(target, { ...plan, from: fresh(plan.requests) });
      results.get(target.name)?.push(figures);
      await settled?.();
    }
  }
  return results;
}

export function spread(results: Results, name: string, figure: keyof Figures): Spread {
  return spreadOf((results.get(name) ?? []).map((round) => round[figure]));
}

/** The figure of `name` over that of `baseline`, round by round. */
export function ratio(results: Results, figure: keyof Figures, [name, baseline]: readonly [string, string]): Spread {
  const of = (which: string): readonly number[] => (results.get(which) ?? []).map((round) => round[figure]);
  return spreadOf(ratios(of(name), of(baseline)));
}
