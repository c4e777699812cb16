/**
 * The ports over the shards: the index (`Shards`), embedded quotas and permits, and what the admin API and the sweeper ask of
 * all shards at once. Nothing here retries: every call may be repeated by its caller without counting twice.
 */
import { type ConversationRef, type Residency, refName, refOf } from "../../src/core/conversation-ref.ts";
import { readDeadId } from "../../src/core/dead-id.ts";
import { hash32 } from "../../src/core/hash.ts";
import { addDeltas } from "../../src/core/series.ts";
import type { Permits } from "../../src/ports/permits.ts";
import type { Quota } from "../../src/ports/quota.ts";
import type { DeadEntry, Shards } from "../../src/ports/shards.ts";
import { within } from "../config/deadline.ts";
import type { Env } from "../env.ts";
import { objectOf } from "../objects.ts";
import { systemClock } from "../runtime.ts";
import type { KeptAnswer } from "./answer-rows.ts";
import { byNewest, type DeadFilter, type ListedDead } from "./dead-rows.ts";
import type { ShardReading } from "./durable-object.ts";
import type { NearAnswer, NearLook } from "./near-rows.ts";
import type { Pending } from "./storage.ts";

type ShardEnv = Pick<Env, "SHARD" | "JURISDICTIONS">;

/** Part of every key: it can never change without losing what the shards hold. */
export const SHARD_COUNT = 64;

const shardAt = (env: ShardEnv, index: number, residency?: Residency) => objectOf(env, env.SHARD, `shard-${index}`, { residency });
const shardFor = (env: ShardEnv, key: string, residency?: Residency) => shardAt(env, hash32(key) % SHARD_COUNT, residency);
const shardOfRef = (env: ShardEnv, ref: ConversationRef) => shardFor(env, ref.key, ref.residency);

export const shardsOf = (env: ShardEnv): Shards => ({
  flush: async (ref, flush) => {
    await shardOfRef(env, ref).flush(refName(ref), flush);
  },
  count: async (account, delta) => {
    await shardFor(env, account).count(delta);
  },
  setPending: async (ref, isPending) => {
    await shardOfRef(env, ref).setPending(refName(ref), isPending);
  },
  addDead: async (ref, entry) => {
    await shardOfRef(env, ref).addDead(entry);
  },
  removeDead: async (ref, id) => {
    await shardOfRef(env, ref).removeDead(id);
  },
});

/** The embedded quota. It throws when its shard cannot be asked: a policy stands around it, as around every backend. */
export const quotaOf = (env: ShardEnv): Quota => ({
  take: async (name, rule) => await shardFor(env, name).take(name, rule),
});

/**
 * A pool's permits. When the shard cannot be asked there is none: the message waits, and nothing is lost. A permit that
 * could not be given back lapses by itself.
 */
export const permitsOf = (env: ShardEnv): Permits => ({
  acquire: async (pool, limit, leaseMs) => {
    try {
      return await shardFor(env, pool).acquire(pool, limit, leaseMs);
    } catch {
      return undefined;
    }
  },
  release: async (pool, permit) => {
    try {
      await shardFor(env, pool).release(pool, permit);
    } catch {
      // the lease runs out
    }
  },
});

/** Answers that may be given again. Where people must stay in a residency, so do the answers they got; whoever cannot ask asks an agent. */
export const answersOf = (env: ShardEnv, residency: Residency | undefined) => ({
  get: async (key: string): Promise<string | undefined> => await shardFor(env, key, residency).answer(key),
  /** Each shard keeps its part of `most`. */
  keep: async (answer: KeptAnswer, most: number): Promise<void> => {
    await shardFor(env, answer.key, residency).keepAnswer(answer, Math.floor(most / SHARD_COUNT));
  },
  nearest: async (look: NearLook): Promise<string | undefined> => await shardFor(env, look.alike, residency).nearestAnswer(look),
  /** What has all in common but the words is in one shard. */
  keepNear: async (answer: NearAnswer, most: number): Promise<void> => {
    await shardFor(env, answer.alike, residency).keepNearAnswer(answer, most);
  },
});

/** Every shard there is: those of the given residencies, and always those of none, where accounts without one are counted. */
function allShards(env: ShardEnv, residencies: readonly Residency[]) {
  return [undefined, ...new Set(residencies)].flatMap((residency) =>
    Array.from({ length: SHARD_COUNT }, (_, index) => shardAt(env, index, residency)),
  );
}

/** The totals of all shards. Rejects when one cannot be asked: a total without it would look like a counter that fell. */
export async function readShards(env: ShardEnv, residencies: readonly Residency[]): Promise<ShardReading> {
  const nowMs = systemClock.nowMs();
  const readings: readonly ShardReading[] = await Promise.all(allShards(env, residencies).map((shard) => shard.read(nowMs)));
  return {
    delta: addDeltas(...readings.map(({ delta }) => delta)),
    active: addDeltas(...readings.map(({ active }) => active)),
    pending: readings.reduce((sum, { pending }) => sum + pending, 0),
    dead: readings.reduce((sum, { dead }) => sum + dead, 0),
  };
}

/** The newest `limit` dead letters of all shards. */
export async function listDead(env: ShardEnv, residencies: readonly Residency[], filter: DeadFilter): Promise<readonly DeadEntry[]> {
  const pages: readonly (readonly DeadEntry[])[] = await Promise.all(allShards(env, residencies).map((shard) => shard.listDead(filter)));
  return pages.flat().toSorted(byNewest).slice(0, filter.limit);
}

/** Of those that died until then the oldest, as they were written, and how many there are. An older shard counts what it gives. */
export async function dueDead(env: ShardEnv, residencies: readonly Residency[], filter: DeadFilter & { readonly untilMs: number }) {
  const given: readonly (readonly ListedDead[])[] = await Promise.all(allShards(env, residencies).map((shard) => shard.listDead(filter)));
  const pages = given.map((page) => page.filter(({ atMs }) => atMs <= filter.untilMs));
  const count = pages.reduce((sum, page) => sum + (page[0]?.due ?? page.length), 0);
  return { letters: pages.flat().toSorted(byOldest).slice(0, filter.limit), count };
}

const seqOf = ({ id }: DeadEntry): number => readDeadId(id)?.seq ?? 0;
const byOldest = (left: DeadEntry, right: DeadEntry): number => left.atMs - right.atMs || seqOf(left) - seqOf(right);

export interface SweepLimits {
  readonly perShard: number;
  /** Over all shards: every conversation is a request of one invocation. */
  readonly total: number;
  /** For each shard: one that hangs must not keep the others' conversations from being found. */
  readonly withinMs: number;
}

/**
 * Conversations for the sweeper to poke, those that wait longest first; what is beyond the total keeps its turn. A shard that
 * cannot be asked has its turn at the next sweep.
 */
export async function sweepShards(
  env: ShardEnv,
  residencies: readonly Residency[],
  most: SweepLimits,
): Promise<readonly ConversationRef[]> {
  const batches = await Promise.allSettled(
    allShards(env, residencies).map(async (shard) => {
      const pending: readonly Pending[] = await within(systemClock, most.withinMs, shard.pendingBatch(most.perShard));
      return pending.map((one) => ({ ...one, shard }));
    }),
  );
  const found = batches.flatMap((batch) => (batch.status === "fulfilled" ? batch.value : []));
  const oldest = found.toSorted((left, right) => left.pokedAtMs - right.pokedAtMs).slice(0, most.total);
  const turns = Map.groupBy(oldest, ({ shard }) => shard);
  const told = [...turns].map(([shard, had]) =>
    within(systemClock, most.withinMs, shard.poked(had.map(({ conversation }) => conversation))),
  );
  await Promise.allSettled(told);
  return oldest.flatMap(({ conversation }) => refOf(conversation) ?? []);
}
