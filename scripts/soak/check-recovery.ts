/**
 * How soon an edge that was killed sends what waited, although nobody writes: from its start to the first receipt. Judged where nothing else
 * explains a wait: the conversation was left alone, its instances were well for a while, and the next kill came later. Pure.
 */
import { turnsOf } from "./check-dead.ts";
import { byName } from "./check-receipts.ts";
import { type Facts, type Kill, type Link, type Name, overlaps, type Window } from "./facts.ts";

/** What is promised. */
export const RECOVERED_WITHIN_MS = 10_000;
/** An instance that was broken is out for ten seconds, and what waited for it is asked for at growing distances. */
const CALM_MS = 30_000;

interface Waiting {
  readonly name: Name;
  readonly conversation: string;
  /** First in its line when workerd was killed, and not ended when it was back. */
  readonly turn: Window;
}

/** From the start after each kill until the first of what waited was received; kills that nothing was judged by are left out. */
export function recoveries(facts: Facts): readonly number[] {
  const pushed = facts.links.filter(({ isOnce, speakers }) => !isOnce && speakers.length === 0);
  const turns = turnsOf(facts);
  const receipts = byName(facts.receipts);
  const lanes = pushed.flatMap((link) => facts.said.flatMap((one) => laneOf(one, link, turns)));
  return facts.kills.flatMap((kill, index) => {
    const nextAtMs = facts.kills[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    const waits = lanes.flatMap(({ link, ...waiting }) => {
      if (!isWaiting(waiting, kill) || !isCalm(link, kill, facts)) return [];
      const atMs = receipts.get(waiting.name)?.find((receipt) => receipt.atMs > kill.fromMs)?.atMs;
      const untilMs = Math.min(atMs ?? Number.POSITIVE_INFINITY, kill.toMs + RECOVERED_WITHIN_MS + 1);
      const isJudged = untilMs < nextAtMs && !isSpokenIn(waiting, { fromMs: kill.fromMs, toMs: untilMs }, facts);
      return isJudged ? [Math.max(0, (atMs ?? waiting.turn.toMs) - kill.toMs)] : [];
    });
    return waits.length === 0 ? [] : [Math.min(...waits)];
  });
}

/** Kills after which the first of what waited came too late. */
export const slowRecoveries = (facts: Facts): readonly string[] =>
  recoveries(facts)
    .filter((ms) => ms > RECOVERED_WITHIN_MS)
    .map((ms) => `${ms} ms from the start to the first hand-over`);

function laneOf(
  { name, account, conversation }: Facts["said"][number],
  link: Link,
  turns: ReadonlyMap<Name, Window>,
): readonly (Waiting & { readonly link: Link })[] {
  const turn = account === link.account ? turns.get(name) : undefined;
  return turn === undefined ? [] : [{ name, conversation, turn, link }];
}

const isWaiting = ({ turn }: Waiting, kill: Kill): boolean => turn.fromMs < kill.fromMs && turn.toMs > kill.toMs;

function isCalm({ account, instances }: Link, kill: Kill, { troubles }: Facts): boolean {
  const time = { fromMs: kill.fromMs - CALM_MS, toMs: kill.toMs + RECOVERED_WITHIN_MS };
  return !troubles.some((trouble) => (trouble.where === account || instances.includes(trouble.where)) && overlaps(trouble, time));
}

/** Another message of the same conversation would wake it. */
const isSpokenIn = ({ name, conversation }: Waiting, time: Window, { ended }: Facts): boolean =>
  ended.some(
    (other) =>
      other.conversation === conversation && other.name !== name && other.arrivedAtMs >= time.fromMs && other.arrivedAtMs <= time.toMs,
  );
