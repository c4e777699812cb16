/** The part of the configuration that decides how a conversation delivers: plain data, so that the machine can be driven without a document. */
export interface PoolRules {
  readonly instances: readonly string[];
  readonly policy: "hold" | "hold-then-move" | "move";
  readonly holdMs: number;
  readonly ambiguous: "park" | "resend";
  readonly maxAttempts: number;
  readonly poisonMs: number;
  /** Deadline of one hand-over; undefined: what the link needs. */
  readonly attemptMs?: number | undefined;
  /** Undefined: a conversation stays with the standby it moved to. */
  readonly returnAfterMs?: number | undefined;
  /** Members that serve only while no primary can. */
  readonly standbys: readonly string[];
  readonly backlog: {
    readonly policy: "flush" | "collapse";
    readonly keep: number;
    readonly afterMs: number;
    readonly maxAgeMs?: number | undefined;
  };
  /** What the person is told of. */
  readonly tells: { readonly held: boolean; readonly moved: boolean; readonly unanswered: boolean };
  /** A new owner is told what was said before: how long its first message waits for that. */
  readonly handoverMs?: number | undefined;
  /** Who is asked goes by how complex a message is: two agents, who share no session, or two models of one. */
  readonly tiers?: "agents" | "models" | undefined;
  /** The answer to a first message is kept for whoever asks the same. */
  readonly keepsAnswers?: true | undefined;
}

/** What delivery must know of the link an instance has for an account. */
export interface LinkRules {
  /** See `src/links/link.ts`. */
  readonly absorbsRepeats: boolean;
  readonly attemptMs: number;
  readonly takesPermit: boolean;
}

export interface DeliveryRules {
  /** Number of the routes document these come from. */
  readonly number: number;
  readonly pools: Readonly<Record<string, PoolRules>>;
  /** Account id to its default pool: where a message goes whose own pool is gone. */
  readonly defaultPools: Readonly<Record<string, string>>;
  /** Account id to the pools its messages may enter: no other way in, wherever the conversation was last. */
  readonly reach: Readonly<Record<string, readonly string[]>>;
  readonly draining: readonly string[];
  /** Those of them that will be back. */
  readonly returning: readonly string[];
  /** Instance to account to the link between them. */
  readonly links: Readonly<Record<string, Readonly<Record<string, LinkRules>>>>;
}
