/** The part of the configuration that decides how a conversation delivers: plain data, so that the machine can be driven without a document. */
export interface PoolRules {
  readonly instances: readonly string[];
  readonly policy: "hold" | "hold-then-move" | "move";
  readonly holdMs: number;
  readonly ambiguous: "park" | "resend";
  readonly maxAttempts: number;
  readonly poisonMs: number;
  readonly attemptMs: number;
}

export interface DeliveryRules {
  /** Number of the routes document these come from. */
  readonly number: number;
  readonly pools: Readonly<Record<string, PoolRules>>;
  /** Account id to its default pool: where a message goes whose own pool is gone. */
  readonly defaultPools: Readonly<Record<string, string>>;
  readonly draining: readonly string[];
}
