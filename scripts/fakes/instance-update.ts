/** What the OpenClaw-shaped stand-in reads of a Telegram update: the session it belongs to and the words to answer. Ignores everything else. */
import * as z from "zod";
import type { Accepted } from "./instance-queue.ts";

const message = z.looseObject({
  message_id: z.int(),
  chat: z.looseObject({ id: z.int() }),
  message_thread_id: z.int().optional(),
  is_topic_message: z.boolean().optional(),
  text: z.string().optional(),
  caption: z.string().optional(),
});

const update = z.looseObject({
  update_id: z.int(),
  message: message.optional(),
  channel_post: message.optional(),
  callback_query: z.looseObject({ data: z.string().optional(), message: message.optional() }).optional(),
});

/** Undefined when this is no update; an update of a kind without words is accepted and gets no answer (empty text). */
export function readUpdate(body: unknown): Accepted | undefined {
  const { data } = update.safeParse(body);
  if (data === undefined) return undefined;
  const content = data.message ?? data.channel_post;
  const about = content ?? data.callback_query?.message;
  const chatId = about?.chat.id ?? 0;
  const topic = about?.is_topic_message === true ? about.message_thread_id : undefined;
  return {
    updateId: data.update_id,
    messageKey: content === undefined ? "" : `${chatId}:${content.message_id}`,
    session: `${chatId}${topic === undefined ? "" : `:topic:${topic}`}`,
    chatId,
    ...(topic === undefined ? {} : { topic }),
    text: content?.text ?? content?.caption ?? data.callback_query?.data ?? "",
  };
}
