/**
 * The name of a conversation: the unit of order and affinity, and the key of its object. It is built in one place for both
 * directions (a webhook that comes in, an instance's call that goes out), or the two would not meet.
 */
import type { Chat } from "./message.ts";

export type Residency = "eu" | "fedramp" | "us";
export type Scope = "chat" | "sender" | "person";

export interface ConversationRef {
  /** A Durable Object jurisdiction or nothing; part of the identity from the first release. */
  readonly residency?: Residency;
  /** Readable and unique: `telegram:support/chat/-100/topic/5`, `telegram:support/sender/777`, `person/alice`. */
  readonly key: string;
}

export interface RefSource {
  readonly account: string;
  readonly scope: Scope;
  readonly residency?: Residency | undefined;
  /** `account/sender` to the person's name, for scope `person`. */
  readonly identities: ReadonlyMap<string, string>;
}

/**
 * Scope widens direct chats only: OpenClaw's `session.dmScope` merges direct messages, never groups. In a direct chat the
 * sender is the chat, so a call that goes out finds the same conversation from the chat id alone. Not so behind a connection:
 * there the bot's principal writes in the customer's chat too, so those chats keep a conversation each.
 */
export function conversationRef(source: RefSource, chat: Chat, senderId?: string): ConversationRef {
  const residency = source.residency === undefined ? {} : { residency: source.residency };
  return { ...residency, key: keyOf(source, chat, senderId) };
}

function keyOf(source: RefSource, chat: Chat, senderId: string | undefined): string {
  if (chat.kind === "direct" && chat.connection === undefined && source.scope !== "chat") {
    const sender = senderId ?? chat.id;
    const person = source.scope === "person" ? source.identities.get(`${source.account}/${sender}`) : undefined;
    return person === undefined ? path(source.account, "sender", sender) : path("person", person);
  }
  const connection = chat.connection === undefined ? [] : ["via", chat.connection];
  const thread = chat.thread === undefined ? [] : ["topic", chat.thread];
  return path(source.account, ...connection, "chat", chat.id, ...thread);
}

const path = (...parts: readonly string[]): string => parts.map(encodePart).join("/");

/** What nearly every id is made of, and `encodeURIComponent` leaves alone. */
const PLAIN = /^[\w.!~*'():-]+$/;

/** An id from outside can hold half a surrogate pair, at which `encodeURIComponent` throws; `%u` cannot come from it, so nothing collides. */
function encodePart(part: string): string {
  if (PLAIN.test(part)) return part;
  return part
    .replace(/[^\p{Surrogate}]+|\p{Surrogate}/gu, (run) =>
      run.isWellFormed() ? encodeURIComponent(run) : `%u${run.charCodeAt(0).toString(16)}`,
    )
    .replaceAll("%3A", ":");
}

/** The text an object's id is made of; the inverse of `refOf`. */
export const refName = (ref: ConversationRef): string => `${ref.residency ?? ""}|${ref.key}`;

export function refOf(name: string): ConversationRef | undefined {
  const match = /^(eu|fedramp|us|)\|(.+)$/s.exec(name);
  if (match?.[2] === undefined) return undefined;
  return match[1] === "" ? { key: match[2] } : { residency: match[1] as Residency, key: match[2] };
}

/** Dedupe and hand-over key of one event: the same on every attempt, never shared by two accounts. */
export const messageKey = (account: string, messageId: string): string => `${account}/${messageId}`;
