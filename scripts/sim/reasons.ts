/**
 * Whether there was a reason: for a message that expired, was limited or died, and for a conversation that left an instance which knows it.
 * Told by what happened in the world, never by what a row says of it.
 */
import type { Event } from "../../durable-objects/conversation/machine.ts";
import type { Attempt, Entry, Pin } from "../../durable-objects/conversation/state.ts";
import type { PoolRules } from "../../src/core/delivery-rules.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import type { ConversationObject } from "./conversation-object.ts";
import type { MessageRow } from "./conversation-rows.ts";
import type { Book } from "./ledger-conversations.ts";
import type { Plan } from "./plan.ts";
import type { World } from "./world.ts";

/** Nobody loses their history twice within it. */
const REST_MS = 60_000;
/** Choosing takes its time: who was asked for under one document may be found under the next. */
const KNOWN_AFTER_MS = 15_000;
/** Clocks differ by a minute at most. */
const SKEW_MS = 120_000;

const poolOf = ({ pools }: Plan, name: string) => pools.find((pool) => pool.name === name);

export const poisonMsOf = (plan: Plan, { pool }: Entry): number => poolOf(plan, pool)?.rules.poisonMs ?? 0;

/** Pins that come from another conversation, or from who speaks first, are no moves. */
export const isMove = (event: Event["type"] | undefined): boolean => !["adopt", "handed", "speak"].includes(event ?? "speak");

interface Leaving {
  readonly from: Pin;
  readonly to: Pin;
  /** Since when what is next waits. */
  readonly sinceMs: number;
  /** What came of its last hand-over that was heard of, if it had one. */
  readonly outcome: Outcome | undefined;
  readonly movedAtMs: number | undefined;
}

/** Busy is not broken, a refusal is about us, and a model is not its gateway. */
const isMovable = ({ kind, isDraining }: Outcome): boolean =>
  kind === "busy" ? isDraining === true : kind !== "refused" && kind !== "model-failed";

/** Who knows the conversation is not left without a reason. */
export function wrongMove(object: ConversationObject, book: Book, to: Pin): string | undefined {
  const { name, state, world } = object;
  const from = book.pins.get(to.pool);
  const isLeft = to.instance !== from?.instance || to.isLeft === true;
  if (from?.isUsed !== true || from.isLeft === true || !isLeft) return undefined;
  const outcome = world.ledger.tried.outcomeOf(`${name} #${state.queue[0]?.seq}`);
  const wrong = leftWrongly(object, { from, to, outcome, sinceMs: book.sinceMs, movedAtMs: book.movedAtMs });
  if (to.instance !== from.instance) book.movedAtMs = world.agenda.nowMs;
  return wrong === undefined ? undefined : `leaves ${from.instance} ${wrong}`;
}

function leftWrongly({ world, rows }: ConversationObject, leaving: Leaving): string | undefined {
  const { from, to, movedAtMs } = leaving;
  const { nowMs } = world.agenda;
  const documents = world.operator.recent(world, KNOWN_AFTER_MS);
  const pools = documents.flatMap(({ pools }) => pools[from.pool] ?? []);
  if (pools.some(({ instances }) => !instances.includes(from.instance))) return undefined;
  const isSteady = world.plan.weather.clockJumps === 0 && rows.pins.size === 1;
  if (isSteady && movedAtMs !== undefined && nowMs - movedAtMs < REST_MS) return "though it moved a moment ago";
  if (to.isLeft !== true && pools.some((pool) => mayReturn(pool, from))) return undefined;
  if (pools.every(({ policy }) => policy === "hold")) return "though its pool holds";
  const isDrained = documents.some(({ draining }) => draining.includes(from.instance));
  return withoutTrouble(leaving, isDrained) ?? (isSteady ? tooEarly(leaving, pools, nowMs) : undefined);
}

const mayReturn = ({ standbys, returnAfterMs }: PoolRules, { instance }: Pin): boolean =>
  returnAfterMs !== undefined && standbys.includes(instance);

const withoutTrouble = ({ outcome }: Leaving, isDrained: boolean): string | undefined =>
  isDrained || (outcome !== undefined && isMovable(outcome)) ? undefined : `though it was ${outcome?.kind ?? "not asked"}`;

function tooEarly({ sinceMs }: Leaving, pools: readonly PoolRules[], nowMs: number): string | undefined {
  if (pools.some(({ policy }) => policy === "move")) return undefined;
  const holdMs = Math.min(...pools.map((pool) => pool.holdMs));
  return nowMs - sinceMs < holdMs ? `after ${nowMs - sinceMs} ms, and its pool holds for ${holdMs}` : undefined;
}

/** Not to who has no part in it any more, unless that may have it; and not for ever. */
export function wrongHandOver(world: World, entry: Entry, { instance }: Attempt, message: string): string | undefined {
  const { plan, operator, ledger } = world;
  const documents = operator.recent(world, KNOWN_AFTER_MS);
  if (documents.every(({ pools }) => pools[entry.pool]?.instances.includes(instance) !== true)) return "which is not in the pool";
  const isDrained = documents.every(({ draining }) => draining.includes(instance));
  if (isDrained && !ledger.tried.mayHave(message, instance)) return "which drains";
  return ledger.tried.isTooLong(message, poisonMsOf(plan, entry) + (plan.weather.clockJumps === 0 ? 0 : SKEW_MS));
}

export function isExpiredWrongly({ plan }: World, { rows }: ConversationObject, row: MessageRow): boolean {
  const { entry, endedAtMs = 0 } = row;
  const backlog = poolOf(plan, entry.pool)?.rules.backlog;
  if ((entry.expiresAtMs ?? Number.POSITIVE_INFINITY) <= endedAtMs) return false;
  if (endedAtMs - entry.committedAtMs >= (backlog?.maxAgeMs ?? Number.POSITIVE_INFINITY)) return false;
  const newer = [...rows.messages.values()].filter((other) => other.entry.pool === entry.pool && other.entry.seq > entry.seq);
  return backlog?.policy !== "collapse" || newer.length < backlog.keep;
}

/** A limit takes as many as its bucket holds before it refuses one. */
export function isLimitedWrongly({ plan: { limit } }: World, { rows }: ConversationObject, { entry, sender }: MessageRow): boolean {
  if (limit === undefined || limit.onLimit === "defer") return true;
  const before = [...rows.messages.values()].filter((other) => other.sender === sender && other.entry.seq < entry.seq);
  return before.filter(({ state }) => state !== "limited").length < limit.burst;
}
