/** What is found in a delivery, one thing at a time, and the names of what is not routed. */
import type { DeliveryStatus } from "../../core/delivery-status.ts";
import type { ChatMove, Message, Parsed } from "../../core/message.ts";
import { given } from "../given.ts";

export type Found =
  | { readonly message: Message }
  | { readonly status: DeliveryStatus }
  | { readonly move: ChatMove }
  | { readonly ignored: string };

/** Names go into logs and counters: few, short, and in a small alphabet. */
const MAX_NAMES = 20;
const MAX_NAME_LENGTH = 40;

export const plainName = (name: string): string => name.slice(0, MAX_NAME_LENGTH).replaceAll(/[^a-z0-9_]/g, "_");

/** `what` is ours, `name` is the platform's. */
export const ignored = (what: string, name: string): Found => ({ ignored: `${what}:${plainName(name)}` });

export function parsedOf(found: readonly Found[]): Parsed {
  const statuses = found.flatMap((it) => ("status" in it ? [it.status] : []));
  const moves = found.flatMap((it) => ("move" in it ? [it.move] : []));
  const names = found.flatMap((it) => ("ignored" in it ? [it.ignored] : []));
  return {
    messages: found.flatMap((it) => ("message" in it ? [it.message] : [])),
    ignored: found.length === 0 ? ["empty"] : names.slice(0, MAX_NAMES),
    ...given("statuses", statuses.length === 0 ? undefined : statuses),
    ...given("moves", moves.length === 0 ? undefined : moves),
  };
}
