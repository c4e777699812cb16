/** An account as the journey sees it: one bot or number on one channel. Built by `src/config/`; secrets are names, never values. */
import type { Residency, Scope } from "./conversation-ref.ts";

/** Who may speak first in a conversation that has no owner yet. See `src/config/schema.ts` for the meaning of each. */
export type Proactive = "owner" | "pool" | "deny";

export interface Account {
  /** `telegram:support` */
  readonly id: string;
  readonly channel: string;
  /** The part of the id after the colon; the part of the webhook path. */
  readonly name: string;
  readonly pool: string;
  readonly region?: string;
  readonly residency?: Residency;
  readonly scope: Scope;
  readonly proactive: Proactive;
  /** Purpose to name of a Worker variable: `{ token: "TG_TOKEN" }`. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What only this channel's accounts have, parsed by the channel's own schema. */
  readonly options: Readonly<Record<string, unknown>>;
}
