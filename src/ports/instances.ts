/** The instance objects, seen from a conversation: health, drain and load. */
import type { Outcome } from "../core/outcome.ts";

export interface InstanceStatus {
  readonly name: string;
  readonly isHealthy: boolean;
  readonly isDraining: boolean;
  /** Unhealthy, and only because probes say so: no delivery failed. */
  readonly isDoubted?: boolean;
  /** Accounts whose messages it refuses because of the secret they come with. */
  readonly refuses?: readonly string[];
  /** While it comes back: which share of what it could take it is given, 0 to 1. Not given: all. */
  readonly share?: number;
  readonly pinsLately: number;
  readonly pinsTotal: number;
  readonly lastPinAtMs: number;
}

/**
 * Whether a message that met trouble may go out to an instance now. `wait` while it is down, but for a trial every so often, and while it
 * comes back and enough are on their way. `rampUntilMs`: until then every hand-over to it asks. `isAbsent`: a trial,
 * of one that its probes call down.
 */
export type Turn =
  | { readonly verdict: "go"; readonly rampUntilMs?: number; readonly isAbsent?: true | undefined }
  | {
      readonly verdict: "wait";
      readonly waitMs: number;
      readonly isDown: boolean;
      readonly detail: string;
      readonly rampUntilMs?: number;
      readonly isAbsent?: never;
    };

/** The instance objects: asked only when a conversation has to choose, or when something went wrong. */
export interface Instances {
  /** One entry per name, in the order asked; an object that cannot answer counts as unhealthy. */
  status(names: readonly string[]): Promise<readonly InstanceStatus[]>;
  /** A conversation was given to it. */
  granted(name: string): Promise<void>;
  /** Asked before a hand-over of what met trouble, and before all of a conversation while its instance comes back; an object that cannot answer says go. */
  turn(name: string, isRetry: boolean, account?: string): Promise<Turn>;
  /** Known here, without asking: it refused this account's messages lately. Then first hand-overs ask for their turn too. */
  isRefusing(name: string, account: string, nowMs: number): boolean;
  /** A hand-over has been without an answer for longer than a well instance takes: probe it now. */
  suspect(name: string): Promise<void>;
  /** A hand-over that did not end well, or the first good one after such. */
  report(name: string, outcome: Outcome, account?: string): Promise<void>;
}
