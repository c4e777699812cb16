/** What a case of this proof is: a title, and a run that returns what it saw or throws what did not hold. */
import type { Customer } from "../customers.ts";
import type { World } from "../world.ts";

export interface Stage extends World {
  /** Which instance answers a direct chat of the bot, as far as people know it. */
  readonly owners: Map<number, string>;
  /** The same of the people who write to the WhatsApp number. */
  readonly customers: Map<Customer, string>;
  /** Messages, by wamid, that were lost with their gateway's turn, and whose people were told so; with what they said. */
  readonly parked: Map<string, string>;
}

export interface Case {
  readonly name: string;
  readonly run: (stage: Stage) => Promise<string>;
}

export const chatsOf = ({ owners }: Stage, instance: string): readonly number[] =>
  [...owners].flatMap(([chat, owner]) => (owner === instance ? [chat] : []));

export const customersOf = ({ customers }: Stage, instance: string): readonly Customer[] =>
  [...customers].flatMap(([customer, owner]) => (owner === instance ? [customer] : []));

/** How long to wait for an answer that must not come. */
export const QUIET_MS = 5_000;
