/** What a case of this proof is: a title, and a run that returns what it saw or throws what did not hold. */
import type { World } from "../world.ts";

export interface Stage extends World {
  /** Which instance answers a direct chat, as far as people know it. */
  readonly owners: Map<number, string>;
}

export interface Case {
  readonly name: string;
  readonly run: (stage: Stage) => Promise<string>;
}

export const chatsOf = ({ owners }: Stage, instance: string): readonly number[] =>
  [...owners].flatMap(([chat, owner]) => (owner === instance ? [chat] : []));

/** How long to wait for an answer that must not come. */
export const QUIET_MS = 5_000;
