/**
 * What an isolate remembers of the configuration, shared by everything that runs in it. Plain data only: I/O objects and promises
 * belong to the request that began them and may die with it.
 */
import type { Snapshot } from "../../src/pipeline/snapshot.ts";

export interface Memory {
  snapshot: Snapshot | undefined;
  /** The name of the snapshot's model: most numbers that follow have the same. */
  model: string | undefined;
  /** What the snapshot was compiled from: the same text has use for the same model. */
  text: string | undefined;
  /** When KV was last looked at. */
  checkedAtMs: number;
  /** When a refresh last began. A time and not a lock: the request it ran in may have been cancelled. */
  refreshStartedAtMs: number;
  /** The newest number that this build cannot compile; 0 for none. */
  uncompilable: number;
  /** The newest number that was logged as one that is not served. */
  refused: number;
  /** Hash of a raw text to the time from which it may be offered again. */
  readonly offered: Map<string, number>;
}

const memories = new WeakMap<KVNamespace, Memory>();

/** By the binding, which is the same object for the Worker and all objects in its isolate. */
export function memoryOf(kv: KVNamespace): Memory {
  const known = memories.get(kv);
  if (known !== undefined) return known;
  const memory: Memory = {
    snapshot: undefined,
    model: undefined,
    text: undefined,
    checkedAtMs: Number.NEGATIVE_INFINITY,
    refreshStartedAtMs: Number.NEGATIVE_INFINITY,
    uncompilable: 0,
    refused: 0,
    offered: new Map(),
  };
  memories.set(kv, memory);
  return memory;
}

/** For tests that empty KV and objects under a running isolate: otherwise it refuses the numbers that begin anew. */
export const forget = (kv: KVNamespace): void => void memories.delete(kv);

/**
 * Something newer could be had. A number that only newer code compiles is none: while a deploy spreads, what is in force here
 * serves rather than a 503 for everybody.
 */
export const isBelow = (memory: Memory, atLeast: number): boolean => numberIn(memory) < atLeast && memory.uncompilable < atLeast;

export const numberIn = (memory: Memory): number => memory.snapshot?.routes.number ?? 0;
