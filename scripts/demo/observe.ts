/** Follows one message through the running edge until its journey is over, or patience is. Looks; never intervenes. */
import { sleep } from "../fakes/http-service.ts";
import type { Admin } from "./admin.ts";
import type { Log, LogLine } from "./edge-log.ts";
import type { Gateways } from "./gateways.ts";
import { isOver, type Journey, linesOf, readJourney } from "./journey.ts";
import type { Delivery, Ear } from "./platform.ts";
import type { Telegram } from "./telegram.ts";
import type { WhatsApp } from "./whatsapp.ts";
import { isWhatsApp, type TelegramWords, type Words } from "./words.ts";

export interface Stage {
  readonly log: Log;
  readonly admin: Admin;
  readonly telegram: Telegram;
  readonly whatsapp: WhatsApp;
  readonly gateways: Gateways;
}

export interface Patience {
  readonly withinMs: number;
  /** Called at every look, with what is known so far. */
  readonly onLook?: (journey: Journey) => void;
}

const LOOK_EVERY_MS = 40;
/** After the end: time for a second answer, or a second attempt, to show itself. */
const AFTERMATH_MS = 250;
const REFUSED_WITHIN_MS = 2_000;

export interface Watch {
  readonly stage: Stage;
  readonly line: number;
  readonly ear: Ear;
}

const listen = ({ telegram, whatsapp }: Stage, words: Words): Promise<Ear> =>
  isWhatsApp(words) ? whatsapp.listen(words) : telegram.listen(words);

export async function beginWatch(stage: Stage, words: Words): Promise<Watch> {
  return { stage, line: stage.log().length, ear: await listen(stage, words) };
}

/** What is known without the admin API comes first: it names the conversation to ask about. */
async function look({ stage, line, ear }: Watch, { messageId, statuses }: Delivery): Promise<Journey> {
  const lines = linesOf(stage.log().slice(line), messageId);
  const { conversation, account, settled } = readJourney({ lines, statuses, replies: [], view: undefined });
  const view = conversation === undefined ? undefined : await stage.admin.view(conversation, messageId);
  const heard = await ear({ messageId, conversation, view });
  const isAnswer = settled?.state === "answered" && settled.instance !== undefined && account !== undefined;
  const asked = isAnswer ? await stage.gateways.asked(settled.instance, account, messageId) : undefined;
  return readJourney({ lines, statuses, ...heard, asked, view });
}

export async function until<T>(see: () => Promise<T>, isEnough: (seen: T) => boolean, withinMs: number): Promise<T> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const seen = await see();
    if (isEnough(seen) || Date.now() > deadlineMs) return seen;
    await sleep(LOOK_EVERY_MS);
  }
}

/** The journey as it stood when it was over, and a moment later; or when patience ended. */
export async function follow(watch: Watch, delivery: Delivery, { withinMs, onLook }: Patience): Promise<Journey> {
  const see = async (): Promise<Journey> => {
    const journey = await look(watch, delivery);
    onLook?.(journey);
    return journey;
  };
  const journey = await until(see, isOver, withinMs);
  if (!isOver(journey)) return journey;
  await sleep(AFTERMATH_MS);
  return see();
}

/** Says it, and follows it. */
export async function sayAndFollow(stage: Stage, words: Words, patience: Patience): Promise<Journey> {
  const watch = await beginWatch(stage, words);
  const delivery = isWhatsApp(words) ? stage.whatsapp.say(words) : stage.telegram.say(words);
  return follow(watch, await delivery, patience);
}

export interface Knock {
  readonly messageId: string;
  readonly knock: () => Promise<number | undefined>;
}

/** A delivery that should be turned away: the log's word of that names no message, so the first one since counts, and any of the message itself. */
export async function followRefusal(stage: Stage, words: TelegramWords, { messageId, knock }: Knock): Promise<Journey> {
  const { line, ear } = await beginWatch(stage, words);
  const status = await knock();
  const seeLines = async (): Promise<readonly LogLine[]> => {
    const lines = stage.log().slice(line);
    return [...lines.filter(({ event }) => event === "delivery.refused").slice(0, 1), ...linesOf(lines, messageId)];
  };
  await until(seeLines, (lines) => lines.length > 0, REFUSED_WITHIN_MS);
  await sleep(AFTERMATH_MS);
  const heard = await ear({ messageId, conversation: undefined, view: undefined });
  return readJourney({ lines: await seeLines(), statuses: [status], ...heard, view: undefined });
}
