/**
 * When a bot may say the next thing: a token bucket for the bot and one per chat, lent on credit so that callers wait in the
 * order they came. A platform's `retry_after` moves a bucket into the future. A pure value that never sleeps.
 */
import { type Bucket, type BucketRule, fullBucket, refill, reserveToken } from "./token-bucket.ts";

export interface Pace {
  readonly chat?: BucketRule;
  readonly bot: BucketRule;
}

interface Lane {
  readonly bucket: Bucket;
  readonly rule: BucketRule;
}

export interface Pacing {
  readonly bot: Lane | undefined;
  /** By chat, the least recently used first. */
  readonly chats: ReadonlyMap<string, Lane>;
}

export interface Turn {
  readonly chat?: string | undefined;
  readonly pace: Pace;
}

/**
 * A full bucket says nothing that a new one does not, so idle chats are forgotten. Were more chats than this in use at once, the
 * least recently used would forget its debt: the platform's own 429 then has the last word.
 */
export const MAX_PACED_CHATS = 1000;

export const freshPacing: Pacing = { bot: undefined, chats: new Map() };

/** Reserves a turn, unless its wait would be longer than `maxWaitMs`: then nothing is taken, and `waitMs` says when to come again. */
export function reserveTurn(
  pacing: Pacing,
  turn: Turn,
  maxWaitMs: number,
  nowMs: number,
): { readonly pacing: Pacing; readonly isReserved: boolean; readonly waitMs: number } {
  const bot = reserveIn(pacing.bot, turn.pace.bot, nowMs);
  const chatRule = turn.chat === undefined ? undefined : turn.pace.chat;
  const chat = chatRule === undefined ? undefined : reserveIn(pacing.chats.get(turn.chat ?? ""), chatRule, nowMs);
  const waitMs = Math.max(bot.waitMs, chat?.waitMs ?? 0);
  if (waitMs > maxWaitMs) return { pacing, isReserved: false, waitMs };
  const chats = chat === undefined ? pacing.chats : withLane(pacing.chats, turn.chat ?? "", chat.lane, nowMs);
  return { pacing: { bot: bot.lane, chats }, isReserved: true, waitMs };
}

/** Gives a turn back that was not used. */
export function returnTurn(pacing: Pacing, chat: string | undefined): Pacing {
  const lane = pacing.chats.get(chat ?? "");
  const chats = lane === undefined ? pacing.chats : new Map(pacing.chats).set(chat ?? "", refunded(lane));
  return { bot: pacing.bot && refunded(pacing.bot), chats };
}

/** Nothing goes to this chat (to anybody, without a chat) before the time the platform asked for; then one at a time. */
export function holdBack(pacing: Pacing, turn: Turn, retryAfterMs: number, nowMs: number): Pacing {
  const untilMs = nowMs + retryAfterMs;
  if (turn.chat === undefined) return { ...pacing, bot: held(pacing.bot, turn.pace.bot, untilMs) };
  const lane = held(pacing.chats.get(turn.chat), turn.pace.chat ?? turn.pace.bot, untilMs);
  return { ...pacing, chats: withLane(pacing.chats, turn.chat, lane, nowMs) };
}

/** A bucket may stand in the future: the wait until there comes on top of the wait for its token. */
function reserveIn(lane: Lane | undefined, rule: BucketRule, nowMs: number): { readonly lane: Lane; readonly waitMs: number } {
  const before = lane?.bucket ?? fullBucket(rule, nowMs);
  const { bucket, waitMs } = reserveToken(before, rule, nowMs);
  return { lane: { bucket, rule }, waitMs: waitMs + Math.max(0, before.atMs - nowMs) };
}

const refunded = (lane: Lane): Lane => ({
  ...lane,
  bucket: { ...lane.bucket, tokens: Math.min(lane.rule.burst, lane.bucket.tokens + 1) },
});

function held(lane: Lane | undefined, rule: BucketRule, untilMs: number): Lane {
  const bucket = lane?.bucket ?? { tokens: 1, atMs: untilMs };
  return { rule, bucket: { tokens: Math.min(1, bucket.tokens), atMs: Math.max(bucket.atMs, untilMs) } };
}

function withLane(chats: ReadonlyMap<string, Lane>, key: string, lane: Lane, nowMs: number): ReadonlyMap<string, Lane> {
  const next = new Map(chats);
  next.delete(key);
  next.set(key, lane);
  if (next.size > MAX_PACED_CHATS) forgetIdle(next, nowMs);
  return next;
}

function forgetIdle(chats: Map<string, Lane>, nowMs: number): void {
  for (const [key, lane] of chats) {
    const isFull = lane.bucket.atMs <= nowMs && refill(lane.bucket, lane.rule, nowMs).tokens >= lane.rule.burst;
    if (isFull) chats.delete(key);
  }
  for (const key of chats.keys()) {
    if (chats.size <= MAX_PACED_CHATS) return;
    chats.delete(key);
  }
}
