/**
 * Templates that are out: one for each chat and window. A second says nothing that the first did not, costs money, and counts as a
 * nuisance. In memory, with what the rows still tell after a restart; bounded: whoever is forgotten can get one more.
 */
import { type Entry, MAX_AGE_MS, MAX_TEMPLATES } from "./outbox-state.ts";
import { laneOf } from "./threads.ts";

export type Templates = ReadonlyMap<string, number>;

const isTemplateTaken = ({ templateAt, next, end }: Entry): boolean =>
  templateAt !== undefined && next > templateAt && end?.state !== "dead";

export const templatesOf = (entries: Iterable<Entry>): Templates =>
  [...entries].filter(isTemplateTaken).reduce<Templates>((known, entry) => withTemplate(known, entry, entry.takenAtMs), new Map());

export function withTemplate(templates: Templates, { chat }: Entry, atMs: number): Templates {
  const next = new Map(templates);
  const lane = laneOf(chat) ?? "";
  next.delete(lane);
  next.set(lane, atMs);
  const [oldest] = next.keys();
  if (next.size > MAX_TEMPLATES && oldest !== undefined) next.delete(oldest);
  return next;
}

/** It was not delivered after all, or the person has written. */
export function withoutTemplate(templates: Templates, { chat }: Entry): Templates {
  const lane = laneOf(chat) ?? "";
  if (!templates.has(lane)) return templates;
  const next = new Map(templates);
  next.delete(lane);
  return next;
}

export function isTemplateOut(templates: Templates, { chat }: Entry, windowMs: number | undefined, nowMs: number): boolean {
  const atMs = templates.get(laneOf(chat) ?? "");
  return atMs !== undefined && nowMs < atMs + (windowMs ?? MAX_AGE_MS);
}

/** A question asked after the template is the person's word. */
export const isAnswered = (templates: Templates, { chat, askedAtMs, isReplay }: Entry): boolean =>
  isReplay !== true && askedAtMs > (templates.get(laneOf(chat) ?? "") ?? Number.POSITIVE_INFINITY);
