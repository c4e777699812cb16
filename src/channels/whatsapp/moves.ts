/**
 * A person who lives on under another id: who changes the phone number gets a new user id as well. Two deliveries tell it, and neither is
 * something a person said: nothing of it is handed to an agent, who would answer it.
 */
import type { Chat } from "../../core/message.ts";
import { given } from "../given.ts";
import { type Found, ignored } from "./found.ts";
import { personOf } from "./identity.ts";
import { type Head, systemSchema, userIdUpdateSchema, userIdUpdatesSchema } from "./payload.ts";

const CHANGES: ReadonlySet<string> = new Set(["user_changed_number", "user_changed_user_id", "customer_changed_number"]);

/**
 * What stands beside `system` is who it was, and in it who it is now. A history may stand under the old user id or, from before there were
 * such ids, under the old number: each moves, and a chat that has moved already stays moved.
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/system
 */
export function readSystem(raw: unknown, head: Head, address: string | undefined): readonly Found[] {
  const parsed = systemSchema.safeParse(raw);
  if (!parsed.success) return [ignored("unreadable", "system")];
  const system = parsed.data;
  if (!CHANGES.has(system.type)) return [ignored("system", system.type)];
  const to = personOf({ userId: system.user_id, phone: system.wa_id })?.chat;
  const before = [personOf({ userId: system.previous_user_id ?? head.from_user_id }), personOf({ phone: head.from })];
  const moves = before.flatMap((person) => moved(person?.chat, to, address));
  return moves.length === 0 ? [ignored("system", system.type)] : moves;
}

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids */
export function readUserIdUpdates(raw: unknown, own: string): readonly Found[] {
  const parsed = userIdUpdatesSchema.safeParse(raw);
  if (!parsed.success) return [ignored("unreadable", "user_id_update")];
  const address = foreign(parsed.data.metadata.phone_number_id, own);
  return parsed.data.user_id_update.flatMap((update) => readUpdate(update, address));
}

function readUpdate(raw: unknown, address: string | undefined): readonly Found[] {
  const update = userIdUpdateSchema.safeParse(raw);
  if (!update.success) return [ignored("unreadable", "user_id_update")];
  const { previous, current } = update.data.user_id;
  const moves = moved(personOf({ userId: previous })?.chat, personOf({ userId: current })?.chat, address);
  return moves.length === 0 ? [ignored("unreadable", "user_id_update")] : moves;
}

function moved(from: Chat | undefined, to: Chat | undefined, address: string | undefined): readonly Found[] {
  if (from === undefined || to === undefined || from.id === to.id) return [];
  return [{ move: { from, to, ...given("address", address) } }];
}

/** Another number of the app than the account's; undefined for its own. */
export const foreign = (phoneNumberId: string, own: string): string | undefined => (phoneNumberId === own ? undefined : phoneNumberId);
