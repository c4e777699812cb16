/** The demo's hand on the stand-in for Telegram's servers: play a person, repeat an update, see what the bot said. Over HTTP, so that `say` uses it too. */
import * as z from "zod";
import { EdgeFailure } from "../edge/failure.ts";

const deliverySchema = z.looseObject({
  update: z.looseObject({ update_id: z.int() }),
  attempts: z.array(z.looseObject({ status: z.number().optional() })),
});

export type Delivery = Readonly<z.infer<typeof deliverySchema>>;

const sentSchema = z.array(z.looseObject({ messageId: z.int(), threadId: z.int().optional(), text: z.string(), atMs: z.number() }));

export interface Words {
  readonly chat: number;
  readonly text: string;
  readonly topic?: number | undefined;
  readonly from?: number | undefined;
}

export interface Telegram {
  /** Resolves when the webhook was acknowledged, which Telegram repeats until it is. */
  readonly say: (words: Words) => Promise<Delivery>;
  readonly repeat: (update: Delivery["update"]) => Promise<Delivery>;
  /** What the bot said there, oldest first, without what was said up to message `after`. */
  readonly heard: (where: { readonly chat: number; readonly topic?: number | undefined }, after: number) => Promise<readonly string[]>;
  /** The number of the last thing the bot said anywhere. */
  readonly lastHeard: () => Promise<number>;
}

const WITHIN_MS = 30_000;

export function telegramAt(url: string): Telegram {
  const ask = async (verb: string, body?: object): Promise<unknown> => {
    const init: RequestInit = { redirect: "manual", signal: AbortSignal.timeout(WITHIN_MS) };
    const post = { ...init, method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`${url}/__control/${verb}`, body === undefined ? init : post);
    const json: unknown = await answer.json();
    if (!answer.ok) throw new EdgeFailure(`the stand-in for Telegram refused "${verb}": ${JSON.stringify(json)}`);
    return json;
  };
  const delivered = (json: unknown): Delivery => {
    const { data } = deliverySchema.safeParse(json);
    if (data === undefined) throw new EdgeFailure("the bot has no webhook, or does not want this kind of update");
    return data;
  };
  return {
    say: async ({ chat, text, topic, from }) =>
      delivered(await ask("say", { chat, text, ...(topic === undefined ? {} : { topic }), ...(from === undefined ? {} : { from }) })),
    repeat: async (update) => delivered(await ask("deliver", { update })),
    heard: async ({ chat, topic }, after) =>
      sentSchema
        .parse(await ask(`sent?chat=${chat}`))
        .filter((each) => each.messageId > after && each.threadId === topic)
        .map(({ text }) => text),
    lastHeard: async () => Math.max(0, ...sentSchema.parse(await ask("sent")).map(({ messageId }) => messageId)),
  };
}
