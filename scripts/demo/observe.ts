/** Follows one message through the running edge until its journey is over, or patience is. Looks; never intervenes. */
import { sleep } from "../fakes/http-service.ts";
import type { Admin } from "./admin.ts";
import type { Log, LogLine } from "./edge-log.ts";
import { isOver, type Journey, linesOf, readJourney, type Seen, type View } from "./journey.ts";
import type { Delivery, Telegram, Words } from "./telegram.ts";

export interface Stage {
  readonly log: Log;
  readonly admin: Admin;
  readonly telegram: Telegram;
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

interface Watch {
  readonly stage: Stage;
  readonly start: { readonly line: number; readonly heard: number };
  readonly words: Words;
}

export async function beginWatch(stage: Stage, words: Words): Promise<Watch> {
  return { stage, words, start: { line: stage.log().length, heard: await stage.telegram.lastHeard() } };
}

async function look({ stage, start, words }: Watch, delivery: Delivery): Promise<Journey> {
  const messageId = `u${delivery.update.update_id}`;
  const lines = linesOf(stage.log().slice(start.line), messageId);
  const statuses = delivery.attempts.map(({ status }) => status);
  const replies = await stage.telegram.heard(words, start.heard);
  const seen: Seen = { lines, statuses, replies, view: undefined };
  const { conversation } = readJourney(seen);
  const view: View | undefined = conversation === undefined ? undefined : await stage.admin.view(conversation, messageId);
  return readJourney({ ...seen, view });
}

async function until<T>(see: () => Promise<T>, isEnough: (seen: T) => boolean, withinMs: number): Promise<T> {
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
  return follow(watch, await stage.telegram.say(words), patience);
}

export interface Knock {
  readonly messageId: string;
  readonly knock: () => Promise<number | undefined>;
}

/** A delivery that should be turned away: the log's word of that names no message, so the first one since counts, and any of the message itself. */
export async function followRefusal(stage: Stage, words: Words, { messageId, knock }: Knock): Promise<Journey> {
  const { start } = await beginWatch(stage, words);
  const status = await knock();
  const look = async (): Promise<readonly LogLine[]> => {
    const lines = stage.log().slice(start.line);
    return [...lines.filter(({ event }) => event === "delivery.refused").slice(0, 1), ...linesOf(lines, messageId)];
  };
  await until(look, (lines) => lines.length > 0, REFUSED_WITHIN_MS);
  await sleep(AFTERMATH_MS);
  const replies = await stage.telegram.heard(words, start.heard);
  return readJourney({ lines: await look(), statuses: [status], replies, view: undefined });
}
