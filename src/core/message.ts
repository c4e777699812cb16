/** The normalised thing a delivery carries. Channels build it; everything behind them knows no platform. */
import type { DeliveryStatus } from "./delivery-status.ts";
import type { Turn } from "./turn.ts";

export type ChatKind = "direct" | "group" | "channel";

export interface Chat {
  /** The platform's id of the chat, as text. */
  readonly id: string;
  readonly kind: ChatKind;
  /** A topic or thread inside the chat that is a conversation of its own. */
  readonly thread?: string;
  /** A connection through which the bot acts for somebody else (Telegram business): never the same conversation as the bot's own chat. */
  readonly connection?: string;
}

export interface Sender {
  readonly id: string;
  /** IETF tag as the platform gives it, lower case. */
  readonly language?: string;
}

export interface Message {
  /** The platform's id of the event, unique within the account; the dedupe key is made of it. */
  readonly id: string;
  /** The platform's name of the event: `message`, `callback_query`, ... */
  readonly kind: string;
  readonly chat: Chat;
  readonly sender?: Sender;
  /** What a person wrote (text or caption); empty when there is none. */
  readonly text: string;
  /** In a group: whether it addresses the bot (mention, reply to it, command). In a direct chat always true. */
  readonly isAddressed: boolean;
  /** The command without slash and bot name, lower case: `/Start@bot` is `start`. */
  readonly command?: string;
  /** It refers to something said earlier (a button, a reaction, an edit): it goes where the conversation is, not where its words would send it. */
  readonly isFollowUp?: boolean;
  readonly sentAtMs?: number;
  /** After this it is worthless: it ends as `expired` and is not handed over. */
  readonly expiresAtMs?: number;
  /** The chat lives on under another id (Telegram group to supergroup, WhatsApp phone to user id). */
  readonly movedTo?: Chat;
  /** The chat continues another one, which says `movedTo` in its own words. */
  readonly movedFrom?: Chat;
  /**
   * Under which the same person wrote before the platform gave this chat its id: a conversation that begins here continues that one.
   * Said with every message; asked for once.
   */
  readonly formerly?: Chat;
  /** For a channel that no instance speaks: what is stored and handed over in place of the delivery's bytes. */
  readonly turn?: Turn;
  /** The platform's address (a phone number's id) of another account than the one the delivery came to: accounts of one app share a callback. */
  readonly address?: string;
}

/** A chat that lives on under another id, told by itself and not by a message. */
export interface ChatMove {
  readonly from: Chat;
  readonly to: Chat;
  readonly address?: string;
}

/** What a delivery held: messages to route, and things acknowledged by name because nobody routes them. */
export interface Parsed {
  readonly messages: readonly Message[];
  readonly ignored: readonly string[];
  readonly statuses?: readonly DeliveryStatus[];
  readonly moves?: readonly ChatMove[];
}
