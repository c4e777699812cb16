/**
 * The stand-in gateway in its default mode: it asks its `apiRoot` for updates and has no listener. What it was given is on disk before the
 * next question confirms it. Outermost edge only. @see https://core.telegram.org/bots/api#getupdates
 */
import { setTimeout as wait } from "node:timers/promises";
import * as z from "zod";
import { type BotOptions, callApi } from "./instance-bot.ts";
import type { Inbox } from "./instance-inbox.ts";
import type { Queue } from "./instance-queue.ts";
import { readUpdate } from "./instance-update.ts";

export interface PollCounts {
  /** Questions that were answered, with updates or without. */
  readonly answered: number;
  readonly updates: number;
  /** Of these, below the offset: known before. */
  readonly ignored: number;
  /** Questions that ended because somebody else asked. */
  readonly conflicts: number;
  /** Questions that were refused otherwise, or not answered. */
  readonly failures: number;
  /** Of the next question. */
  readonly offset: number;
  readonly isAsking: boolean;
}

export interface Polling {
  readonly counts: () => PollCounts;
  /** A question that waits is given up when the fault of the inbox says so. */
  readonly follow: () => void;
  /** Resolves when nothing is asked or stored any more. */
  readonly stop: () => Promise<void>;
}

export interface PollParts {
  readonly bot: BotOptions;
  readonly inbox: Inbox;
  readonly queue: Queue;
}

type Told = { readonly updates: readonly unknown[] } | { readonly refused: number; readonly retryAfterMs?: number };

interface State extends PollParts {
  readonly gone: AbortController;
  question: AbortController | undefined;
  storing: Promise<void>;
  answered: number;
  updates: number;
  ignored: number;
  conflicts: number;
  failures: number;
}

const TIMEOUT_S = 30;
/** The server answers a waiting question in time; when it does not, the connection is dead. */
const PATIENCE_MS = (TIMEOUT_S + 15) * 1000;
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 5_000;
const DEAF_LOOK_MS = 100;

/** Everything a gateway handles. */
const ALLOWED_UPDATES = ["message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "message_reaction"];

const answerSchema = z.looseObject({
  ok: z.boolean(),
  result: z.array(z.unknown()).optional(),
  parameters: z.looseObject({ retry_after: z.number().optional() }).optional(),
});
const idSchema = z.looseObject({ update_id: z.int() });

const isDeaf = ({ inbox }: State): boolean => inbox.fault()?.kind === "deaf";

async function ask({ bot, queue }: State, signal: AbortSignal): Promise<Told> {
  const question = { offset: queue.offset(), timeout: TIMEOUT_S, limit: 100, allowed_updates: ALLOWED_UPDATES };
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(question) };
  const limited = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const response = await fetch(`${bot.apiRoot}/bot${bot.token}/getUpdates`, { ...init, redirect: "manual", signal: limited });
  const { data } = answerSchema.safeParse(await response.json().catch(() => undefined));
  if (response.ok && data?.ok === true) return { updates: data.result ?? [] };
  const retryAfter = data?.parameters?.retry_after;
  return { refused: response.status, ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter * 1_000 }) };
}

/** One after another, each on disk; then the offset, which also passes by what was no news. */
async function keep(state: State, updates: readonly unknown[]): Promise<void> {
  const { inbox, queue } = state;
  let next = queue.offset();
  for (const update of updates) {
    const id = idSchema.safeParse(update).data?.update_id;
    const entry = readUpdate(update);
    state.updates += 1;
    if (id === undefined || entry === undefined || id < next) state.ignored += 1;
    else {
      await inbox.take(entry);
      next = id + 1;
    }
  }
  if (next !== queue.offset()) await queue.moveOffset(next);
}

/** Undefined when it went well; else how long to wait, where the answer says it. */
async function askOnce(state: State): Promise<{ readonly waitMs: number | undefined } | undefined> {
  const question = new AbortController();
  state.question = question;
  const told = await ask(state, question.signal).catch((): Told => ({ refused: 0 }));
  state.question = undefined;
  if (question.signal.aborted) return undefined;
  if ("updates" in told) {
    state.answered += 1;
    state.storing = keep(state, told.updates);
    await state.storing;
    return undefined;
  }
  if (told.refused === 409) state.conflicts += 1;
  else state.failures += 1;
  return { waitMs: told.retryAfterMs };
}

/** Longer after each refusal or silence, as a gateway does: nothing is final, not even a token that is refused. */
async function askOn(state: State): Promise<void> {
  const pause = (ms: number): Promise<void> => wait(ms, undefined, { signal: state.gone.signal });
  let pauseMs = FIRST_PAUSE_MS;
  while (!state.gone.signal.aborted) {
    const fault = state.inbox.takeFault();
    if (fault?.kind === "slow") await pause(fault.ms);
    const failed = isDeaf(state) ? { waitMs: DEAF_LOOK_MS } : await askOnce(state);
    if (failed !== undefined) await pause(failed.waitMs ?? pauseMs);
    pauseMs = failed === undefined || failed.waitMs !== undefined ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, MAX_PAUSE_MS);
  }
}

/** As a gateway starts: it looks at the bot, makes sure that no webhook stands in its way, and clears the command list. */
async function run(state: State): Promise<void> {
  for (const [method, params] of [
    ["getMe", {}],
    ["deleteWebhook", { drop_pending_updates: false }],
    ["deleteMyCommands", {}],
  ] as const) {
    await callApi(state.bot, method, params);
  }
  await askOn(state);
}

export function startPolling(parts: PollParts): Polling {
  const gone = new AbortController();
  const counts = { answered: 0, updates: 0, ignored: 0, conflicts: 0, failures: 0 };
  const state: State = { ...parts, ...counts, gone, question: undefined, storing: Promise.resolve() };
  run(state).catch((error: unknown) => {
    if (!gone.signal.aborted) console.error(error);
  });
  return {
    counts: () => {
      const { answered, updates, ignored, conflicts, failures, queue, question } = state;
      return { answered, updates, ignored, conflicts, failures, offset: queue.offset(), isAsking: question !== undefined };
    },
    follow: () => {
      if (isDeaf(state)) state.question?.abort();
    },
    stop: async () => {
      gone.abort();
      state.question?.abort();
      await state.storing;
    },
  };
}
