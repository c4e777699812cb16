/**
 * In which topics of a chat an instance spoke lately. An edit names a message and not its topic, so these are the conversations
 * to ask. In memory alone: whoever cannot be placed is asked about at the chat itself. It never says who owns what.
 */
import type { Chat } from "../../src/core/message.ts";

/** Instance and chat to topics, the newest first. */
export type Threads = ReadonlyMap<string, readonly string[]>;

interface Utterance {
  readonly instance: string;
  readonly class: string;
  readonly chat?: Chat;
}

/** An edit follows what it edits within moments. More would be asked in vain, one request each. */
const MAX_THREADS = 2;

const MAX_ENTRIES = 1000;

/** Platforms count per chat: topics of a forum share its lane, a business connection has its own. */
export const laneOf = (chat: Chat | undefined): string | undefined => chat && `${chat.connection ?? ""}/${chat.id}`;

const keyOf = ({ instance, chat }: Utterance): string => `${instance} ${laneOf(chat)}`;

export function rememberThread(threads: Threads, said: Utterance): Threads {
  const thread = said.chat?.thread;
  if (said.class !== "send" || thread === undefined) return threads;
  const key = keyOf(said);
  const known = threads.get(key) ?? [];
  if (known[0] === thread) return threads;
  const next = new Map(threads);
  next.delete(key);
  next.set(key, [thread, ...known.filter((other) => other !== thread)].slice(0, MAX_THREADS));
  for (const oldest of next.keys()) if (next.size > MAX_ENTRIES) next.delete(oldest);
  return next;
}

/** Where an edit without a topic may belong. */
export function threadsOf(threads: Threads, said: Utterance): { readonly threads?: readonly string[] } {
  if (said.class !== "edit" || said.chat === undefined || said.chat.thread !== undefined) return {};
  const known = threads.get(keyOf(said));
  return known === undefined ? {} : { threads: known };
}
