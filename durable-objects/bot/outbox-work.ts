/** The parts of which a step of the outbox is made: a state on its way to the next one, the rows it touches, and what it asks for. */

import { series } from "../../src/core/series.ts";
import type { ReplyEnd } from "../../src/ports/bots.ts";
import {
  type Entry,
  lengthOf,
  type Moment,
  type Outbox,
  type OutboxEffect,
  type OutboxStep,
  type OutboxWrite,
  TELL_AGAIN,
} from "./outbox-state.ts";
import { Shelf } from "./shelf.ts";
import { isTemplateOut, type Templates, templatesOf, withTemplate } from "./templates.ts";

/** As the machine works on it. */
export type Shelved = Outbox & { readonly entries: Shelf; readonly templates: Templates };

export interface Work {
  readonly state: Shelved;
  /** Keys of rows to write, as the entries stand at the end of the step. */
  readonly dirty: ReadonlySet<string>;
  readonly effects: readonly OutboxEffect[];
}

export const begin = (state: Outbox): Work => ({
  state: { ...state, entries: Shelf.of(state.entries), templates: state.templates ?? templatesOf(state.entries.values()) },
  dirty: new Set(),
  effects: [],
});

/** With its row. */
export const put = (work: Work, entry: Entry): Work => ({ ...hold(work, entry), dirty: new Set(work.dirty).add(entry.key) });

/** In memory alone: what is lost with it costs nothing but time. */
export const hold = (work: Work, entry: Entry): Work => ({
  ...work,
  state: { ...work.state, entries: work.state.entries.with(entry) },
});

export const emit = (work: Work, effect: OutboxEffect): Work => ({ ...work, effects: [...work.effects, effect] });

export const count = (work: Work, name: string, account: string): Work =>
  emit(work, { do: "count", delta: { [series(name, { account })]: 1 } });

/** One row for each entry, however often the step touched it. `fresh` is new, and comes with its words. */
export function finish(work: Work, fresh?: { readonly key: string; readonly parts: readonly string[] }): OutboxStep {
  const writes = [...work.dirty].map((key): OutboxWrite => {
    const entry = work.state.entries.get(key);
    if (entry === undefined) return { row: "delete", key };
    return key === fresh?.key ? { row: "insert", entry, parts: fresh.parts } : { row: "update", entry };
  });
  return { state: work.state, writes, effects: work.effects };
}

/**
 * It ends, and the conversation is told. Only a death is written down: the rows of an answered one say that its parts were taken,
 * so that the next incarnation comes to the same end, if perhaps with less to say about it.
 */
export function end(work: Work, entry: Entry, how: Pick<ReplyEnd, "state" | "outcome">, nowMs: number): Work {
  const { next: parts, repeats } = entry;
  const ended: Entry = { ...entry, end: { ...how, parts, repeats }, tells: 1, tellAtMs: nowMs + TELL_AGAIN.baseMs };
  return emit((how.state === "dead" ? put : hold)(work, ended), { do: "tell", entry: ended });
}

/** `undelivered: part 2 of 3: ...`: some of it may be with the person already. */
export function die(work: Work, entry: Entry, why: { readonly reason: string; readonly detail: string }, nowMs: number): Work {
  const where = entry.next > 0 && entry.next < lengthOf(entry) ? `part ${entry.next + 1} of ${lengthOf(entry)}: ` : "";
  return end(work, entry, { state: "dead", outcome: `${why.reason}: ${where}${why.detail}`.slice(0, 300) }, nowMs);
}

/** The platform has part `next`: by its answer, or by a status that came before it. */
export function take(work: Work, entry: Entry, id: string | undefined, nowMs: number): Work {
  const sent = id === undefined ? entry.sent : [...entry.sent, { part: entry.next, id }];
  const known = sent.filter(({ part }) => part === entry.next).length;
  const { detail: _mended, stops: _shown, stoppedAtMs: _since, ...rest } = entry;
  const taken: Entry = {
    ...rest,
    sent,
    next: entry.next + 1,
    strays: entry.strays + Math.max(0, entry.attempts - known),
    attempts: 0,
    refusals: 0,
    doubts: 0,
    takenAtMs: nowMs,
    notBeforeMs: 0,
  };
  const { state } = work;
  const templates = entry.templateAt === entry.next ? withTemplate(state.templates, entry, nowMs) : state.templates;
  const proven = { ...work, state: { ...state, templates, provenAtMs: nowMs } };
  return count(put(proven, taken), "parts_total", entry.account);
}

/** The template instead of what is left, when the account has one that it has not tried yet, and the person none that is newer than their word. */
export function outside(work: Work, entry: Entry, detail: string, { nowMs, speech }: Pick<Moment, "nowMs" | "speech">): Work {
  const isOver = (why: string) => die(work, entry, { reason: "outside the window", detail: why }, nowMs);
  if (speech?.hasTemplate(entry.chat) !== true || entry.templateAt !== undefined) return isOver(detail);
  if (isTemplateOut(work.state.templates, entry, speech.windowMs, nowMs)) return isOver("the template was sent already");
  const strays = entry.strays + entry.attempts;
  return put(work, { ...entry, strays, templateAt: entry.next, attempts: 0, refusals: 0, doubts: 0, notBeforeMs: 0, detail });
}

/** The account may speak again. */
export function resume(work: Work, account: string): Work {
  const { stopped, ...state } = work.state;
  return stopped === undefined ? work : emit({ ...work, state }, { do: "resumed", account });
}
