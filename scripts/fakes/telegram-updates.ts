/** Updates in the shape Telegram sends them, for a stand-in that plays the person: entities in UTF-16 units, chats by the sign of their id. */
import { chatOf, type Json, type Update } from "./telegram-bot.ts";

export interface Said {
  /** Positive: a direct chat; negative: a group; below -100…: a supergroup. */
  readonly chat: number;
  readonly text: string;
  /** Who says it. Default: the person of the direct chat, or 777. */
  readonly from?: number;
  /** Topic of a forum. */
  readonly topic?: number;
  readonly language?: string;
  readonly updateId?: number;
  readonly messageId?: number;
  readonly kind?: "message" | "edited_message";
}

export interface UpdateIds {
  readonly nextUpdateId: () => number;
  readonly nextMessageId: () => number;
  readonly nowMs: () => number;
}

const MARKS: readonly (readonly [type: string, pattern: RegExp])[] = [
  ["bot_command", /(?<=^|\s)\/[A-Za-z0-9_]+(?:@[A-Za-z0-9_]+)?/g],
  ["mention", /(?<=^|\s)@[A-Za-z0-9_]{3,}/g],
];

/** Commands and mentions, marked as Telegram marks them. */
function entitiesOf(text: string): readonly Json[] {
  return MARKS.flatMap(([type, pattern]) =>
    [...text.matchAll(pattern)].map((found) => ({ offset: found.index, length: found[0].length, type })),
  );
}

export function userOf(id: number, language = "en"): Json {
  return { id, is_bot: false, first_name: "Test", username: `user${id}`, language_code: language };
}

export function messageUpdate(said: Said, ids: UpdateIds): Update {
  const from = said.from ?? (said.chat > 0 ? said.chat : 777);
  const entities = entitiesOf(said.text);
  const date = Math.floor(ids.nowMs() / 1000);
  const isForum = said.topic !== undefined;
  const message = {
    message_id: said.messageId ?? ids.nextMessageId(),
    from: userOf(from, said.language),
    chat: { ...chatOf(said.chat), ...(isForum && said.chat < 0 ? { is_forum: true } : {}) },
    date,
    ...(said.kind === "edited_message" ? { edit_date: date } : {}),
    ...(isForum ? { message_thread_id: said.topic, is_topic_message: true } : {}),
    text: said.text,
    ...(entities.length > 0 ? { entities } : {}),
  };
  return { update_id: said.updateId ?? ids.nextUpdateId(), [said.kind ?? "message"]: message };
}
