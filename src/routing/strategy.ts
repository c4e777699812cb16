/**
 * The contract of a strategy: picks an instance from a pool for a conversation that has none. One file each under
 * `strategies/`, one shared suite for all. It sees only eligible candidates (healthy, not draining), and neither clock nor dice of its own.
 */
import type * as z from "zod/mini";

export interface Candidate {
  readonly name: string;
  readonly region?: string;
  readonly weight: number;
  readonly role: "primary" | "standby";
  /** Conversations it was given in the last minutes: the load signal that needs nobody's help. */
  readonly pinsLately: number;
  /** Conversations it was ever given. */
  readonly pinsTotal: number;
  /** 0 when it never was given one. */
  readonly lastPinAtMs: number;
}

export interface PlacementContext {
  /** Conversation key: the same conversation gives the same choice where the strategy is a hash. */
  readonly conversation: string;
  /** The account's region; never the platform's egress address. */
  readonly region?: string;
}

export interface Selector {
  /** One of `candidates`, or undefined only when there is none (or the strategy's own rule leaves none). */
  select(candidates: readonly Candidate[], context: PlacementContext): Candidate | undefined;
}

export interface Strategy {
  readonly name: string;
  readonly options: z.ZodMiniObject;
  create(options: Readonly<Record<string, unknown>>): Selector;
}
