/**
 * From WhatsApp's ids to the chat and sender of a message, and back to a recipient. A person is known by the user id that Meta gives each
 * business, and by the phone number only where there is no such id: who has a username keeps the number to himself.
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */
import type { Chat } from "../../core/message.ts";
import { given } from "../given.ts";

const USER_ID = /^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/;
const PHONE = /^\+?(\d{5,20})$/;
const GROUP_ID = /^[A-Za-z0-9+/=_.@:-]{1,256}$/;

/** What a payload says of somebody; each may be missing. */
export interface PersonIds {
  readonly userId?: string | undefined;
  readonly phone?: string | undefined;
}

export interface Person {
  /** The user id, or else the phone number. */
  readonly id: string;
  readonly chat: Chat;
  /** Their chat before they had a user id: only where both are known. */
  readonly formerly?: Chat;
}

export function personOf({ userId, phone }: PersonIds): Person | undefined {
  const number = PHONE.exec(phone ?? "")?.[1];
  if (userId !== undefined && USER_ID.test(userId)) {
    return { id: userId, chat: direct(userId), ...given("formerly", number === undefined ? undefined : direct(number)) };
  }
  return number === undefined ? undefined : { id: number, chat: direct(number) };
}

/** Undefined when the id is no group's: what is said there could not be answered. */
export const groupOf = (id: string): Chat | undefined => (GROUP_ID.test(id) ? { id, kind: "group" } : undefined);

const direct = (id: string): Chat => ({ id, kind: "direct" });

/**
 * The fields that address a call to a chat.
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/groups/groups-messaging
 */
export function recipientOf(chat: Chat): Readonly<Record<string, string>> {
  if (chat.kind !== "direct") return { recipient_type: "group", to: chat.id };
  return { recipient_type: "individual", [USER_ID.test(chat.id) ? "recipient" : "to"]: chat.id };
}
