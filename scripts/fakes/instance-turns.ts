/** The agent of the stand-in gateway: one turn at a time per session, typing first, then the answer through the Bot API. Calls no model. Outermost edge only. */
import { sleep } from "./http-service.ts";
import { type BotOptions, callApi } from "./instance-bot.ts";
import type { Accepted, Queue } from "./instance-queue.ts";
import type { Suspension, Turn } from "./instance-suspend.ts";

export interface TurnFacts {
  readonly name: string;
  readonly turn: number;
  readonly text: string;
}

export interface TurnOptions {
  readonly name: string;
  readonly bot: BotOptions;
  readonly queue: Queue;
  readonly replyText: (facts: TurnFacts) => string;
  /** How long the "model" thinks. */
  readonly thinkMs: number;
  /** How long a turn is prepared before its model is asked. */
  readonly prepareMs: number;
  readonly suspension: Suspension;
}

/** What a real gateway says when it was suspended before its model was asked. */
export const CUT = "⚠️ Gateway is restarting. Please wait a few seconds and try again.";

/** And when Telegram refused its previous answer and the person writes again. */
const UNSURE = "I couldn't confirm whether my previous reply reached this chat.";

/** A gateway sends HTML. @see https://core.telegram.org/bots/api#html-style */
const htmlOf = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const addressOf = ({ chatId, topic }: Accepted): object => ({
  chat_id: `${chatId}`,
  ...(topic === undefined ? {} : { message_thread_id: topic }),
});

interface Taken {
  readonly entry: Accepted;
  readonly turn: number;
  readonly prepared: Turn["prepared"];
}

async function takeTurn(options: TurnOptions, unsure: Set<string>, { entry, turn, prepared }: Taken): Promise<void> {
  const { bot, queue, name, replyText } = options;
  const address = addressOf(entry);
  if (entry.text !== "" && !bot.isStopped()) {
    await callApi(bot, "sendChatAction", { ...address, action: "typing" });
    await sleep(options.prepareMs);
    const said = prepared() ? CUT : htmlOf(replyText({ name, turn, text: entry.text }));
    await sleep(options.thinkMs);
    if (unsure.delete(entry.session)) await callApi(bot, "sendMessage", { ...address, text: UNSURE });
    const called = await callApi(bot, "sendMessage", {
      ...address,
      text: said,
      parse_mode: "HTML",
    });
    if (called === "stopped") return;
    if (called === "refused") unsure.add(entry.session);
  }
  if (!bot.isStopped()) await queue.answered(entry.updateId);
}

/** Returns how to hand in an accepted update. */
export function startTurns(options: TurnOptions): (entry: Accepted, turn: number) => void {
  const sessions = new Map<string, Promise<void>>();
  const unsure = new Set<string>();
  return (entry, turn) => {
    const before = sessions.get(entry.session) ?? Promise.resolve();
    const now = before
      .then(() => options.suspension.turn(({ prepared }) => takeTurn(options, unsure, { entry, turn, prepared })))
      .catch((error: unknown) => console.error(error))
      .finally(() => sessions.get(entry.session) === now && sessions.delete(entry.session));
    sessions.set(entry.session, now);
  };
}
