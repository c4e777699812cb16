/** One JSON line of the edge's log. No bodies, no secrets, no phone numbers: only names, ids and counts. */
export type Level = "debug" | "info" | "warn" | "error";

export interface LogLine {
  readonly level: Level;
  /** Dotted, stable: `message.settled`, `delivery.rejected`, `instance.ejected`, `routes.rejected`, `egress.suppressed`. */
  readonly event: string;
  readonly [fact: string]: string | number | boolean | null | undefined | readonly string[];
}
