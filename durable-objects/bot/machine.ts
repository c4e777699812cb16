/**
 * The bot's desk as state and event to state and effects: which tokens are in force, whose turn it is to speak, and what was
 * counted. Pacing lives in memory alone: after a restart every bucket is full, and the platform's 429 sets it right.
 */
import type { Chat } from "../../src/core/message.ts";
import { freshPacing, holdBack, type Pace, type Pacing, reserveTurn, returnTurn } from "../../src/core/pacing.ts";
import { addDeltas, type Delta, series } from "../../src/core/series.ts";
import { laneOf, rememberThread, type Threads, threadsOf } from "./threads.ts";

export interface BotState {
  /** Instance to generation; the first one needs no row. */
  readonly generations: ReadonlyMap<string, number>;
  readonly pacing: Pacing;
  /** Totals, with what earlier lives of the object wrote down. */
  readonly counters: Delta;
  /** The totals that were last written down. */
  readonly flushed: Delta;
  /** When the counters are written down, if there is anything new in them. */
  readonly flushAtMs: number | undefined;
  readonly serial: number;
  readonly threads: Threads;
}

export type BotEffect =
  | { readonly do: "arm-flush"; readonly atMs: number }
  | { readonly do: "keep-counters"; readonly counters: Delta }
  | { readonly do: "keep-generation"; readonly instance: string; readonly generation: number };

export interface Step<Reply> {
  readonly state: BotState;
  readonly effects: readonly BotEffect[];
  readonly reply: Reply;
}

/** A token of this generation is valid before anybody asked for one: it is a function of the bot's own token. */
export const FIRST_GENERATION = 1;

/** Two bytes of the edge token. */
const LAST_GENERATION = 0xffff;

/** A longer wait is the caller's: a request of a Worker should end within 30 s. */
export const MAX_WAIT_MS = 25_000;

/** Counters of this time, but those of suppressed calls, are lost when the object dies without warning; every flush costs two rows. */
export const FLUSH_AFTER_MS = 60_000;

export const bornWith = (generations: ReadonlyMap<string, number>, counters: Delta): BotState => ({
  generations,
  pacing: freshPacing,
  counters,
  flushed: counters,
  flushAtMs: undefined,
  serial: 0,
  threads: new Map(),
});

export const generationOf = (state: BotState, instance: string): number => state.generations.get(instance) ?? FIRST_GENERATION;

export interface PermitEvent {
  readonly account: string;
  readonly instance: string;
  readonly generation: number;
  readonly class: string;
  readonly chat?: Chat;
  readonly pace?: Pace;
  readonly nowMs: number;
}

export type Permit =
  | { readonly verdict: "revoked" }
  | { readonly verdict: "later"; readonly retryAfterMs: number }
  | { readonly verdict: "go"; readonly waitMs: number; readonly serial: number; readonly threads?: readonly string[] };

export function permit(state: BotState, event: PermitEvent): Step<Permit> {
  if (event.generation !== generationOf(state, event.instance)) return counted(state, event, { verdict: "revoked" });
  const serial = state.serial + 1;
  const numbered = { ...state, serial, threads: rememberThread(state.threads, event) };
  if (event.pace === undefined) return counted(numbered, event, { verdict: "go", waitMs: 0, serial });

  const turn = { chat: laneOf(event.chat), pace: event.pace };
  const { pacing, isReserved, waitMs } = reserveTurn(state.pacing, turn, MAX_WAIT_MS, event.nowMs);
  if (!isReserved) return counted(numbered, event, { verdict: "later", retryAfterMs: waitMs });
  return counted({ ...numbered, pacing }, event, { verdict: "go", waitMs, serial, ...threadsOf(state.threads, event) });
}

/** Only what a person may see arms the flush; typing, reading and edits write no row and ride along. */
function counted(state: BotState, event: PermitEvent, reply: Permit): Step<Permit> {
  const labels = { account: event.account, class: event.class, verdict: reply.verdict };
  const step = count(state, series("egress_calls_total", labels), event.nowMs);
  return event.class === "send" ? { ...step, reply } : { state: { ...step.state, flushAtMs: state.flushAtMs }, effects: [], reply };
}

const count = (state: BotState, name: string, nowMs: number): Step<undefined> => tally(state, { [name]: 1 }, nowMs);

/** What a person may have seen twice, or never, is rare and a matter of record. */
const isForTheRecord = (delta: Delta): boolean => Object.keys(delta).some((name) => name.startsWith("replies_"));

/** Counted here, and written down with everything else that is; at once, when it is for the record. */
export function tally(state: BotState, delta: Delta, nowMs: number): Step<undefined> {
  if (isForTheRecord(delta)) {
    const counters = addDeltas(state.counters, delta);
    return { state: { ...state, counters, flushed: counters }, effects: [{ do: "keep-counters", counters }], reply: undefined };
  }
  const flushAtMs = state.flushAtMs ?? nowMs + FLUSH_AFTER_MS;
  const effects: readonly BotEffect[] = state.flushAtMs === undefined ? [{ do: "arm-flush", atMs: flushAtMs }] : [];
  return { state: { ...state, counters: addDeltas(state.counters, delta), flushAtMs }, effects, reply: undefined };
}

export interface Suppressed {
  readonly account: string;
  readonly instance: string;
  readonly chat: Chat;
  readonly nowMs: number;
}

/** The silenced instance took a turn that the owner can have. Rare, and a matter of record: written down at once. */
export function suppressed(state: BotState, { account, instance, chat }: Suppressed): Step<undefined> {
  const counters = addDeltas(state.counters, { [series("suppressed_total", { account, instance })]: 1 });
  const pacing = returnTurn(state.pacing, laneOf(chat));
  return { state: { ...state, pacing, counters, flushed: counters }, effects: [{ do: "keep-counters", counters }], reply: undefined };
}

export interface Penalty {
  readonly account: string;
  readonly chat?: Chat;
  readonly pace: Pace;
  readonly retryAfterMs: number;
  readonly nowMs: number;
}

export function penalize(state: BotState, { account, chat, pace, retryAfterMs, nowMs }: Penalty): Step<undefined> {
  const step = count(state, series("egress_held_back_total", { account }), nowMs);
  return { ...step, state: { ...step.state, pacing: holdBack(state.pacing, { chat: laneOf(chat), pace }, retryAfterMs, nowMs) } };
}

/** Every token of the instance issued so far stops to work. Generations are finite: after the last one the bot needs a new token. */
export function revoke(state: BotState, instance: string): Step<number | undefined> {
  const generation = generationOf(state, instance) + 1;
  if (generation > LAST_GENERATION) return { state, effects: [], reply: undefined };
  const generations = new Map(state.generations).set(instance, generation);
  return { state: { ...state, generations }, effects: [{ do: "keep-generation", instance, generation }], reply: generation };
}

export const flush = (state: BotState): Step<undefined> => ({
  state: { ...state, flushed: state.counters, flushAtMs: undefined },
  effects: state.flushed === state.counters ? [] : [{ do: "keep-counters", counters: state.counters }],
  reply: undefined,
});
