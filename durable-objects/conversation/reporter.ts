/**
 * Reports ended messages to the shard in batches, each exactly once: a batch gets a serial and is written down before it is
 * sent, and the shard ignores a serial it has seen. After a crash the same batch goes out again under the same serial.
 */
import type { ConversationRef } from "../../src/core/conversation-ref.ts";
import type { OutcomeKind } from "../../src/core/outcome.ts";
import { addDeltas, type Delta, series } from "../../src/core/series.ts";
import type { Shards } from "../../src/ports/shards.ts";
import { FAULTS, hasStopped } from "../fault-point.ts";
import { deltaOf } from "./ledger.ts";
import type { Ending } from "./state.ts";
import type { ConversationStorage } from "./storage.ts";

/** First and last of a run of numbers: what ends behind a stuck head is mostly one after the other. */
type Range = readonly [first: number, last: number];

/** Endings up to `below`, and those in `beyond`, are in a batch already. */
interface Batch {
  readonly serial: number;
  readonly delta: Delta;
  readonly below: number;
  readonly beyond: readonly Range[];
  readonly instance?: string;
  readonly atMs: number;
  readonly isSent: boolean;
}

const META = "batch";
const MAX_UNSETTLED = 20;
const NONE: Batch = { serial: 0, delta: {}, below: 0, beyond: [], atMs: 0, isSent: true };

export class Reporter {
  readonly #storage: ConversationStorage;
  #batch: Batch;
  #waiting: readonly Ending[];
  /** Outcomes that settled nothing: counted in memory, and told with the next batch. */
  #unsettled: Delta = {};
  #unsettledCount = 0;

  constructor(storage: ConversationStorage) {
    this.#storage = storage;
    this.#batch = JSON.parse(storage.meta(META) ?? JSON.stringify(NONE)) as Batch;
    this.#waiting = storage.endingsAfter(this.#batch.below).filter((ending) => !isIn(this.#batch.beyond, ending.seq));
  }

  /** Endings no batch holds yet. After a start these are the ones whose log line may have died with the last incarnation. */
  get waiting(): readonly Ending[] {
    return this.#waiting;
  }

  /** Every message up to this number has ended and is reported. */
  get below(): number {
    return this.#batch.below;
  }

  get hasWork(): boolean {
    return this.#waiting.length > 0 || !this.#batch.isSent || this.#unsettledCount >= MAX_UNSETTLED;
  }

  /** An attempt that settled nothing. A long outage reports every so often, not at every retry. */
  count(instance: string, outcome: OutcomeKind): void {
    this.#unsettled = addDeltas(this.#unsettled, { [series("clawedge_outcomes_total", { instance, outcome })]: 1 });
    this.#unsettledCount += 1;
  }

  /** A turn that may have been run before is asked for again: nobody but this counter can tell. */
  countRepeat(instance: string): void {
    this.#unsettled = addDeltas(this.#unsettled, { [series("clawedge_repeats_total", { instance })]: 1 });
  }

  countLookUp(pool: string, result: "hit" | "similar" | "miss"): void {
    this.#unsettled = addDeltas(this.#unsettled, { [series("clawedge_answer_cache_total", { pool, result })]: 1 });
  }

  add(ending: Ending): void {
    this.#waiting = [...this.#waiting, ending];
  }

  /** Sends what is owed; a failure leaves it for the next alarm. `firstOpen` is the lowest number that has not ended. */
  async flush(
    shards: Shards,
    at: { readonly ref: ConversationRef; readonly nowMs: number; readonly firstOpen: number; readonly instance?: string },
  ): Promise<void> {
    // A step that stopped has told of none of its ends: a batch must not pass over them.
    if (FAULTS && hasStopped()) return;
    if (this.#batch.isSent && this.hasWork) this.#prepare(at);
    if (this.#batch.isSent) return;
    const { serial, delta, instance, atMs } = this.#batch;
    await shards.flush(at.ref, { serial, delta, atMs, ...(instance === undefined ? {} : { instance }) });
    // Alarm and sweeper may both have sent it, and one of them may have gone on to the next batch since.
    if (this.#batch.serial === serial) this.#save({ ...this.#batch, isSent: true });
  }

  #prepare(at: { readonly nowMs: number; readonly firstOpen: number; readonly instance?: string }): void {
    const delta = addDeltas(this.#unsettled, ...this.#waiting.map(deltaOf));
    this.#unsettled = {};
    this.#unsettledCount = 0;
    const below = Math.max(this.#batch.below, at.firstOpen - 1);
    const instance = at.instance === undefined ? {} : { instance: at.instance };
    const beyond = addToRanges(
      this.#batch.beyond.filter(([, last]) => last > below),
      this.#waiting.map((ending) => ending.seq).filter((seq) => seq > below),
    );
    this.#waiting = [];
    this.#save({
      serial: this.#batch.serial + 1,
      delta,
      below,
      beyond,
      atMs: at.nowMs,
      isSent: false,
      ...instance,
    });
  }

  #save(batch: Batch): void {
    this.#batch = batch;
    this.#storage.setMeta(META, JSON.stringify(batch));
  }
}

const isIn = (ranges: readonly Range[], seq: number): boolean => ranges.some(([first, last]) => first <= seq && seq <= last);

function addToRanges(ranges: readonly Range[], seqs: readonly number[]): readonly Range[] {
  const merged: [number, number][] = [];
  for (const [first, last] of [...ranges, ...seqs.map((seq): Range => [seq, seq])].toSorted(([left], [right]) => left - right)) {
    const previous = merged.at(-1);
    if (previous === undefined || first > previous[1] + 1) merged.push([first, last]);
    else previous[1] = Math.max(previous[1], last);
  }
  return merged;
}
