/** The demo's hand on the stand-in for Telegram's servers: play a person, repeat an update, see what the bot said. */
import * as z from "zod";
import { EdgeFailure } from "../edge/failure.ts";
import { controlOf, type Delivery, type Platform } from "./platform.ts";
import type { TelegramWords } from "./words.ts";

const deliverySchema = z.looseObject({
  update: z.looseObject({ update_id: z.int() }),
  attempts: z.array(z.looseObject({ status: z.number().optional() })),
});

type Update = z.infer<typeof deliverySchema>["update"];

export interface TelegramDelivery extends Delivery {
  readonly update: Update;
}

const sentSchema = z.array(z.looseObject({ messageId: z.int(), threadId: z.int().optional(), text: z.string(), atMs: z.number() }));

export interface Telegram extends Platform<TelegramWords> {
  readonly say: (words: TelegramWords) => Promise<TelegramDelivery>;
  readonly repeat: (update: Update) => Promise<TelegramDelivery>;
}

export const messageIdOf = ({ update_id }: Update): string => `u${update_id}`;

function delivered(json: unknown): TelegramDelivery {
  const { data } = deliverySchema.safeParse(json);
  if (data === undefined) throw new EdgeFailure("the bot has no webhook, or does not want this kind of update");
  return { messageId: messageIdOf(data.update), statuses: data.attempts.map(({ status }) => status), update: data.update };
}

export function telegramAt(url: string): Telegram {
  const ask = controlOf(url, "Telegram");
  return {
    say: async ({ chat, text, topic, from }) =>
      delivered(await ask("say", { chat, text, ...(topic === undefined ? {} : { topic }), ...(from === undefined ? {} : { from }) })),
    repeat: async (update) => delivered(await ask("deliver", { update })),
    listen: async ({ chat, topic }) => {
      const lastBefore = Math.max(0, ...sentSchema.parse(await ask("sent")).map(({ messageId }) => messageId));
      return async () => ({
        replies: sentSchema
          .parse(await ask(`sent?chat=${chat}`))
          .filter((each) => each.messageId > lastBefore && each.threadId === topic)
          .map(({ text }) => text),
      });
    },
  };
}
