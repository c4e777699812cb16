/**
 * A canary: a share of a pool's new conversations goes to one instance, and how they fare is compared with the rest. Admin state that
 * travels with the routes document, like drains. Over RPC and in KV: additive changes only.
 */
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
