/** How much must have happened, so that a run without a finding says something. Pure. */
import { type Facts, kindOf, type Least } from "./facts.ts";

const PER_MINUTE: Least = { acknowledged: 2_000, kills: 2 };

/** A run of ten minutes comes to 20,000 messages and 20 kills; the shortest to one kill. */
export const leastOf = (minutes: number): Least => ({
  acknowledged: Math.floor(PER_MINUTE.acknowledged * minutes),
  kills: Math.max(1, Math.floor(PER_MINUTE.kills * minutes)),
});

export const isEnough = (least: Least, { acknowledged, kills }: Least): boolean =>
  acknowledged >= least.acknowledged && kills >= least.kills;

export function tooFew({ said, kills, least }: Facts): readonly string[] {
  const acknowledged = said.filter(({ isAcknowledged }) => isAcknowledged).length;
  return [
    ...(acknowledged < least.acknowledged ? [`${acknowledged} acknowledged, wanted ${least.acknowledged}`] : []),
    ...(kills.length < least.kills ? [`${kills.length} kills, wanted ${least.kills}`] : []),
  ];
}

/** Kinds of trouble that nobody met: the run says nothing of them. */
export function unmet({ mustMeet, troubles }: Facts): readonly string[] {
  const met = new Set(troubles.filter(({ isMissed }) => isMissed !== true).map(kindOf));
  return mustMeet.filter((kind) => !met.has(kind));
}
