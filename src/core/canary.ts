/**
 * A canary: a share of a pool's new conversations goes to one instance, and how they fare is compared with the rest. Admin state that
 * travels with the routes document, like drains. Over RPC and in KV: additive changes only.
 */
import { hashUnit } from "./hash.ts";

export interface Canary {
  /** New for every start; conversations are drawn by it. */
  readonly id: string;
  readonly pool: string;
  /** A member of the pool, or an instance of the document that could be one. */
  readonly instance: string;
  /** Of the pool's new conversations, 0 to 100. */
  readonly percentage: number;
  readonly startedAtMs: number;
  readonly untilMs: number;
  /** `rolled-back`: nobody is given to it, and who was given to it moves on. `promoted`: it counts as a member like any other. */
  readonly phase: "running" | "promoted" | "rolled-back";
  /** Why it ended, in figures. */
  readonly verdict?: string;
  readonly endedAtMs?: number;
}

/** Who serves a pool beside what its document lists. A canary that was rolled back is nobody's, but it never empties a pool. */
export function membersWith(listed: readonly string[], { instance, phase }: Canary): readonly string[] {
  const others = listed.filter((name) => name !== instance);
  if (phase === "rolled-back") return others.length > 0 ? others : listed;
  return others.length < listed.length ? listed : [...listed, instance];
}

export type CanaryGroup = "canary" | "control";

/**
 * Which group a conversation is drawn into: those that the canary gets, an equally large one of the rest that it is compared with, or
 * none of both. The same conversation is always drawn the same way.
 */
export function groupOf({ id, percentage }: Canary, conversation: string): CanaryGroup | undefined {
  const drawn = 100 * hashUnit(`${id}\n${conversation}`);
  if (drawn < percentage) return "canary";
  return drawn >= Math.max(percentage, 100 - percentage) ? "control" : undefined;
}

/** What one message met in a conversation of either group: its first hand-over, or the first answer since. */
export interface Observation {
  readonly id: string;
  readonly group: CanaryGroup;
  readonly kind: "handed" | "answered";
  readonly ms: number;
  readonly isError?: boolean;
}
