/** The people of this proof: they write to the bot through the stand-in for Telegram and read what it says. They know nothing of gateways but what answers tell. */
import type { DeliveryRecord } from "../fakes/telegram-sender.ts";
import type { Said } from "../fakes/telegram-updates.ts";
import { type Echo, readEcho } from "./echo.ts";
import { until } from "./until.ts";
import type { World } from "./world.ts";

export interface Answer extends Echo {
  readonly chat: string;
  readonly threadId: number | undefined;
  readonly atMs: number;
}

type Telegram = Pick<World, "telegram">;

const ANSWER_WITHIN_MS = 60_000;

/** Only the model's words count as an answer; a gateway's own notices ("I'm continuing your interrupted request…") do not. */
export function answers({ telegram }: Telegram, chat?: number): readonly Answer[] {
  return telegram.sent(chat).flatMap((sent) => {
    const echo = readEcho(sent.text);
    return echo === undefined ? [] : [{ ...echo, chat: sent.chat, threadId: sent.threadId, atMs: sent.atMs }];
  });
}

/** Everything else the bot said. */
export const notices = ({ telegram }: Telegram, chat?: number): readonly string[] =>
  telegram.sent(chat).flatMap(({ text }) => (readEcho(text) === undefined ? [text] : []));

export const answersTo = (world: Telegram, chat: number, text: string): readonly Answer[] =>
  answers(world, chat).filter((answer) => answer.text === text);

/** Resolves when the platform has its 2xx, which is long before the answer. */
export async function say({ telegram }: Telegram, said: Said): Promise<DeliveryRecord> {
  const record = await telegram.say(said);
  if (record?.outcome !== "delivered") throw new Error(`the edge did not acknowledge "${said.text}": ${record?.outcome ?? "no webhook"}`);
  return record;
}

export async function untilAnswered(world: Telegram, chat: number, text: string, withinMs = ANSWER_WITHIN_MS): Promise<Answer> {
  return until(`an answer to "${text}" in chat ${chat}`, () => answersTo(world, chat, text)[0], withinMs);
}

/** Says it and waits for the answer, as people do. */
export async function ask(world: Telegram, said: Said, withinMs = ANSWER_WITHIN_MS): Promise<Answer> {
  await say(world, said);
  return untilAnswered(world, said.chat, said.text, withinMs);
}
