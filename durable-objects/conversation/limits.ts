/** Exact per-sender and per-conversation limits inside the object that is asked anyway. Buckets are rebuilt from arrivals after a restart. */
import type { CommitLimits, LimitRule, OnLimit } from "../../src/core/commit.ts";
import { type Bucket, type BucketRule, fullBucket, reserveToken, takeToken } from "../../src/core/token-bucket.ts";
import type { Arrival, State } from "./state.ts";

/** Arrivals older than this cannot matter: any bucket that refills slower is treated as full after it. */
export const RECENT_MS = 600_000;
const MAX_RECENT = 1000;
const MAX_BUCKETS = 500;
const WHOLE_CONVERSATION = "";

export interface Admission {
  readonly state: State;
  /** What the limit that refuses it wants done; undefined when it is admitted. */
  readonly refusedBy: OnLimit | undefined;
  /** With `defer`: how long the message waits for its token. */
  readonly waitMs: number;
}

export function admit(state: State, limits: CommitLimits, arrival: Arrival): Admission {
  const rules = rulesFor(limits, arrival.sender);
  const buckets = rules.map(([name, rule]) => ({ name, rule, bucket: state.buckets[name] ?? replay(state.recent, name, rule) }));
  const taken = buckets.map(({ name, rule, bucket }) => ({ name, rule, ...draw(bucket, rule, arrival.atMs) }));
  const refusing = taken.find((one) => !one.isAllowed);
  // A message that one bucket refuses must not cost a token of the other.
  const kept = refusing === undefined ? taken : buckets;
  const changed = { ...state.buckets, ...Object.fromEntries(kept.map(({ name, bucket }) => [name, bucket])) };
  const recent = refusing === undefined && rules.length > 0 ? [...state.recent.slice(1 - MAX_RECENT), arrival] : state.recent;
  const waitMs = Math.max(0, ...taken.map((one) => one.waitMs));
  return { state: { ...state, buckets: prune(changed, arrival.atMs), recent }, refusedBy: refusing?.rule.onLimit, waitMs };
}

function rulesFor(limits: CommitLimits, sender: string): readonly (readonly [string, LimitRule])[] {
  return [
    ...(limits.perSender === undefined || sender === "" ? [] : [[sender, limits.perSender] as const]),
    ...(limits.perConversation === undefined ? [] : [[WHOLE_CONVERSATION, limits.perConversation] as const]),
  ];
}

function draw(bucket: Bucket, rule: LimitRule, nowMs: number) {
  return rule.onLimit === "defer" ? { ...reserveToken(bucket, rule, nowMs), isAllowed: true } : takeToken(bucket, rule, nowMs);
}

/** A group of many: buckets untouched for so long are rebuilt from arrivals when their sender speaks again. */
function prune(buckets: State["buckets"], nowMs: number): State["buckets"] {
  const entries = Object.entries(buckets);
  if (entries.length <= MAX_BUCKETS) return buckets;
  const newest = entries.filter(([, bucket]) => nowMs - bucket.atMs < RECENT_MS).toSorted(([, left], [, right]) => left.atMs - right.atMs);
  return Object.fromEntries(newest.slice(-MAX_BUCKETS));
}

/** The bucket as it would stand, had this incarnation seen the arrivals itself. */
function replay(recent: readonly Arrival[], name: string, rule: BucketRule): Bucket {
  const mine = recent.filter((arrival) => name === WHOLE_CONVERSATION || arrival.sender === name);
  return mine.reduce((bucket, arrival) => reserveToken(bucket, rule, arrival.atMs).bucket, fullBucket(rule, mine[0]?.atMs ?? 0));
}
