/** When a point counts as proven: every invariant held, workerd died there as often as was asked for, and people were served meanwhile. Pure. */

export interface PointFacts {
  readonly isHeld: boolean;
  readonly hits: number;
  readonly times: number;
  readonly acknowledged: number;
}

/** What is missing, in words; empty when nothing is. */
export function missing({ isHeld, hits, times, acknowledged }: PointFacts): readonly string[] {
  return [
    ...(isHeld ? [] : ["an invariant was broken"]),
    ...(hits === times ? [] : [`hit ${hits} of ${times} times`]),
    ...(acknowledged > 0 ? [] : ["nothing was acknowledged"]),
  ];
}
