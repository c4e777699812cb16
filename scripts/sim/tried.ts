/** What came of hand-overs, message by message, by the answers that were heard and by those that were lost. */
import type { Attempt } from "../../durable-objects/conversation/state.ts";
import { hasReached, type Outcome } from "../../src/core/outcome.ts";

/** Fewer say nothing of the message. */
const LEAST_REACHED = 6;

interface Told {
  /** How many reached an instance. */
  reached: number;
  /** Since when every one of them did. */
  reachedSinceMs?: number | undefined;
  lastAtMs: number;
  /** The last attempt, where it counts. */
  counted?: string | undefined;
  /** How many lost their answer with their incarnation. */
  lost: number;
  last?: Outcome;
  /** Where a turn may have begun, or the message may be. */
  readonly mayBeAt: Set<string>;
}

export class Tried {
  readonly #told = new Map<string, Told>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  cameBack(message: string, { id, instance }: Attempt, outcome: Outcome): void {
    const told = this.#of(message);
    const isReached = hasReached(outcome.kind) && outcome.kind !== "refused" && outcome.isAbsent !== true;
    told.last = outcome;
    told.lastAtMs = this.#nowMs();
    told.counted = isReached ? id : undefined;
    if (isReached) told.reached += 1;
    if (outcome.isHeldBack !== true)
      told.reachedSinceMs = isReached && outcome.isInternal !== true ? (told.reachedSinceMs ?? this.#nowMs()) : undefined;
    if (mayHave(outcome)) told.mayBeAt.add(instance);
  }

  /** Its answer came to nobody, or was not written down. */
  isLost(message: string, { id, instance }: Attempt): void {
    const told = this.#of(message);
    told.mayBeAt.add(instance);
    told.lost += 1;
    if (told.counted !== id) return;
    told.counted = undefined;
    told.reached -= 1;
    if (told.reached === 0) told.reachedSinceMs = undefined;
  }

  lost(message: string): number {
    return this.#told.get(message)?.lost ?? 0;
  }

  reached(message: string): number {
    return this.#told.get(message)?.reached ?? 0;
  }

  outcomeOf(message: string): Outcome | undefined {
    return this.#told.get(message)?.last;
  }

  isDoubted(message: string): boolean {
    return (this.#told.get(message)?.mayBeAt.size ?? 0) > 0;
  }

  mayHave(message: string, instance: string): boolean {
    return this.#told.get(message)?.mayBeAt.has(instance) === true;
  }

  /** Nothing else came of it for longer than a message may fail. */
  isTooLong(message: string, mostMs: number): string | undefined {
    const { reached, reachedSinceMs, lastAtMs } = this.#of(message);
    if (reached < LEAST_REACHED || reachedSinceMs === undefined) return undefined;
    const forMs = lastAtMs - reachedSinceMs;
    return forMs > mostMs ? `where it failed for ${forMs} ms` : undefined;
  }

  #of(message: string): Told {
    const told = this.#told.get(message) ?? { reached: 0, lastAtMs: 0, lost: 0, mayBeAt: new Set<string>() };
    this.#told.set(message, told);
    return told;
  }
}

const mayHave = ({ kind, mayHave: hasIt }: Outcome): boolean =>
  hasIt === true || kind === "unknown" || kind === "model-failed" || kind === "cut-off";
