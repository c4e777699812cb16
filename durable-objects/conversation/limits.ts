/** Exact per-sender and per-conversation limits inside the object that is asked anyway. Buckets are rebuilt from arrivals after a restart. */
import type { CommitLimits } from "../../src/core/commit.ts";
import { type Bucket, type BucketRule, fullBucket, reserveToken, takeToken } from "../../src/core/token-bucket.ts";
import type { Arrival, State } from "./state.ts";

/** Arrivals older than this cannot matter: any bucket that refills slower is treated as full after it. */
export const RECENT_MS = 600_000;
const MAX_RECENT = 1000;
const WHOLE_CONVERSATION = "";

export interface Admission {
  readonly state: State;
  readonly isAllowed: boolean;
  /** With `defer`: how long the message waits for its token. */
  readonly waitMs: number;
}

export function admit(state: State, limits: CommitLimits, arrival: Arrival): Admission {
  const rules = rulesFor(limits, arrival.sender);
  const buckets = rules.map(([name, rule]) => ({ name, rule, bucket: state.buckets[name] ?? replay(state.recent, name, rule) }));
  const taken = buckets.map(({ name, rule, bucket }) => ({ name, ...draw(bucket, rule, arrival.atMs, limits.onLimit === "defer") }));
  const isAllowed = taken.every((one) => one.isAllowed);
  // A message that one bucket refuses must not cost a token of the other.
  const kept = isAllowed ? taken : buckets;
  const next = { ...state, buckets: { ...state.buckets, ...Object.fromEntries(kept.map(({ name, bucket }) => [name, bucket])) } };
  const recent = isAllowed && rules.length > 0 ? [...state.recent.slice(1 - MAX_RECENT), arrival] : state.recent;
  return { state: { ...next, recent }, isAllowed, waitMs: Math.max(0, ...taken.map((one) => one.waitMs)) };
}

function rulesFor(limits: CommitLimits, sender: string): readonly (readonly [string, BucketRule])[] {
  return [
    ...(limits.perSender === undefined || sender === "" ? [] : [[sender, limits.perSender] as const]),
    ...(limits.perConversation === undefined ? [] : [[WHOLE_CONVERSATION, limits.perConversation] as const]),
  ];
}

function draw(bucket: Bucket, rule: BucketRule, nowMs: number, isDeferring: boolean) {
  return isDeferring ? { ...reserveToken(bucket, rule, nowMs), isAllowed: true } : takeToken(bucket, rule, nowMs);
}

/** The bucket as it would stand, had this incarnation seen the arrivals itself. */
function replay(recent: readonly Arrival[], name: string, rule: BucketRule): Bucket {
  const mine = recent.filter((arrival) => name === WHOLE_CONVERSATION || arrival.sender === name);
  return mine.reduce((bucket, arrival) => reserveToken(bucket, rule, arrival.atMs).bucket, fullBucket(rule, mine[0]?.atMs ?? 0));
}
