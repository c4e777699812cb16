/**
 * One of the 64 index objects of a residency: metric totals, conversations with work pending, dead letters, embedded quotas
 * and permits. It never stands on the healthy path of a message, except for batched flushes and what an operator configured.
 */
import { DurableObject } from "cloudflare:workers";
import type { Delta } from "../../src/core/series.ts";
import type { BucketRule } from "../../src/core/token-bucket.ts";
import type { QuotaVerdict } from "../../src/ports/quota.ts";
import type { DeadEntry, Flush } from "../../src/ports/shards.ts";
import type { Env } from "../env.ts";
import { migrate } from "../migrate.ts";
import { jsonLog, systemClock, webDice } from "../runtime.ts";
import { answerIn, type KeptAnswer, keepAnswer } from "./answer-rows.ts";
import { addCounters, readCounters } from "./counter-rows.ts";
import { addDead, type DeadFilter, type ListedDead, listDead, removeDead } from "./dead-rows.ts";
import * as machine from "./machine.ts";
import { keepNearAnswer, type NearAnswer, type NearLook, nearestAnswer } from "./near-rows.ts";
import { MIGRATIONS } from "./schema.ts";
import * as rows from "./storage.ts";

export interface ShardReading {
  readonly delta: Delta;
  /** Conversations seen in the last hour, by instance. */
  readonly active: Readonly<Record<string, number>>;
  readonly pending: number;
  readonly dead: number;
}

const PERMIT_BYTES = 8;

export class Shard extends DurableObject<Env> {
  readonly #sql: SqlStorage;
  readonly #quotas = new Map<string, machine.HeldQuota>();
  #isPurgeArmed = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    migrate(ctx.storage, MIGRATIONS);
  }

  async flush(conversation: string, flush: Flush): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      if (!machine.isNews(rows.lastSerial(this.#sql, conversation), flush.serial)) return;
      addCounters(this.#sql, flush.delta);
      rows.rememberFlush(this.#sql, conversation, flush);
    });
    await this.#armPurge();
  }

  count(delta: Delta): void {
    this.ctx.storage.transactionSync(() => addCounters(this.#sql, delta));
  }

  setPending(conversation: string, isPending: boolean): void {
    if (isPending) rows.setPending(this.#sql, conversation, systemClock.nowMs());
    else rows.clearPending(this.#sql, conversation);
  }

  pendingBatch(limit: number): readonly rows.Pending[] {
    return rows.oldestPending(this.#sql, limit);
  }

  poked(conversations: readonly string[]): void {
    rows.markPoked(this.#sql, conversations, systemClock.nowMs());
  }

  async addDead(entry: DeadEntry): Promise<void> {
    addDead(this.#sql, entry);
    await this.#armPurge();
  }

  removeDead(id: string): void {
    removeDead(this.#sql, id);
  }

  listDead(filter: DeadFilter): readonly ListedDead[] {
    return listDead(this.#sql, filter);
  }

  read(nowMs: number): ShardReading {
    return {
      delta: readCounters(this.#sql),
      active: rows.activeByInstance(this.#sql, nowMs - machine.ACTIVE_FOR_MS),
      pending: rows.countRows(this.#sql, "pending"),
      dead: rows.countRows(this.#sql, "dead"),
    };
  }

  take(name: string, rule: BucketRule): QuotaVerdict {
    const held = this.#quotas.get(name) ?? rows.readQuota(this.#sql, name);
    const taken = machine.takeQuota(held, { rule, nowMs: systemClock.nowMs() });
    if (taken.isDue) rows.writeQuota(this.#sql, name, taken.held);
    this.#quotas.set(name, taken.held);
    return taken.verdict;
  }

  acquire(pool: string, limit: number, leaseMs: number): string | undefined {
    const nowMs = systemClock.nowMs();
    if (!machine.hasFreePermit(rows.leasedPermits(this.#sql, pool, nowMs), limit)) return undefined;
    const permit = webDice.hex(PERMIT_BYTES);
    rows.leasePermit(this.#sql, pool, { permit, lapsesAtMs: nowMs + leaseMs });
    return permit;
  }

  release(pool: string, permit: string): void {
    rows.returnPermit(this.#sql, pool, permit);
  }

  answer(key: string): string | undefined {
    return answerIn(this.#sql, key, systemClock.nowMs());
  }

  /** `most`: of its pool, in this shard. */
  async keepAnswer(answer: KeptAnswer, most: number): Promise<void> {
    this.ctx.storage.transactionSync(() => keepAnswer(this.#sql, answer, { most, nowMs: systemClock.nowMs() }));
    await this.#armFor(answer);
  }

  nearestAnswer(look: NearLook): string | undefined {
    return nearestAnswer(this.#sql, look, systemClock.nowMs());
  }

  /** `most`: of its pool, in this shard; there is a limit to that. */
  async keepNearAnswer(answer: NearAnswer, most: number): Promise<void> {
    this.ctx.storage.transactionSync(() => keepNearAnswer(this.#sql, answer, { most, nowMs: systemClock.nowMs() }));
    await this.#armFor(answer);
  }

  async #armFor({ endsAtMs }: KeptAnswer): Promise<void> {
    const purgeAtMs = machine.notSooner(endsAtMs, systemClock.nowMs());
    const armedMs = await this.ctx.storage.getAlarm();
    if (armedMs === null || armedMs > purgeAtMs) await this.#arm(purgeAtMs);
  }

  /** Never throws: what could not be purged is purged later, or when the next who writes finds no alarm. */
  override async alarm(): Promise<void> {
    const nowMs = systemClock.nowMs();
    try {
      const purged = this.#purge(nowMs);
      this.#isPurgeArmed = false;
      const nextAtMs = machine.nextPurgeAtMs(purged, nowMs);
      if (nextAtMs !== undefined) await this.#arm(nextAtMs);
    } catch (error) {
      jsonLog.write({ level: "error", event: "shard.unpurged", detail: String(error) });
      await this.#arm(nowMs + machine.PURGE_RETRY_MS).catch(() => undefined);
    }
  }

  #purge(nowMs: number): machine.Purged {
    const before = {
      nowMs,
      silentMs: nowMs - machine.FORGET_AFTER_MS,
      deadMs: nowMs - machine.FORGET_DEAD_AFTER_MS,
      limit: machine.PURGE_BATCH,
    };
    return this.ctx.storage.transactionSync(() => rows.purge(this.#sql, before));
  }

  /** Once per life in memory the alarm is looked up; only an object that has none and now holds what can grow old pays for arming one. */
  async #armPurge(): Promise<void> {
    if (this.#isPurgeArmed) return;
    if ((await this.ctx.storage.getAlarm()) === null) await this.#arm(systemClock.nowMs() + machine.FORGET_AFTER_MS);
    this.#isPurgeArmed = true;
  }

  async #arm(atMs: number): Promise<void> {
    this.#isPurgeArmed = false;
    await this.ctx.storage.setAlarm(atMs);
    this.#isPurgeArmed = true;
  }
}
