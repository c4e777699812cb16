/** The instance objects, seen from a conversation: health, drain and load. */
import type { Outcome } from "../core/outcome.ts";

export interface InstanceStatus {
  readonly name: string;
  readonly isHealthy: boolean;
  readonly isDraining: boolean;
  readonly pinsLately: number;
  readonly pinsTotal: number;
  readonly lastPinAtMs: number;
}

/** The instance objects: asked only when a conversation has to choose, or when something went wrong. */
export interface Instances {
  /** One entry per name, in the order asked; an object that cannot answer counts as unhealthy. */
  status(names: readonly string[]): Promise<readonly InstanceStatus[]>;
  /** A conversation was given to it. */
  granted(name: string): Promise<void>;
  /** A hand-over that did not end well, or the first good one after such. */
  report(name: string, outcome: Outcome): Promise<void>;
}
