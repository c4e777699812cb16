/** What the edge's log said of messages and calls, and the figures that follow from it. Reads; changes nothing. */
import * as z from "zod";
import type { World } from "./world.ts";

const line = z.looseObject({ event: z.string() });
export type Line = z.infer<typeof line>;

const settled = z.looseObject({
  event: z.literal("message.settled"),
  ts: z.string(),
  account: z.string(),
  conversation: z.string().nullable(),
  message: z.string().nullable(),
  instance: z.string().nullable(),
  state: z.string(),
  outcome: z.string(),
  attempts: z.number(),
  ackMs: z.number(),
  deliveredMs: z.number().nullish(),
});
export type Settled = z.infer<typeof settled>;

function parse(text: string): readonly Line[] {
  try {
    const read = line.safeParse(JSON.parse(text));
    return read.success ? [read.data] : [];
  } catch {
    return [];
  }
}

export const linesOf = ({ edge }: Pick<World, "edge">, event?: string): readonly Line[] =>
  edge.lines.flatMap(parse).filter((each) => event === undefined || each.event === event);

/** In the order they ended; of one account, or of all. */
export const settledLines = (world: Pick<World, "edge">, account?: string): readonly Settled[] =>
  linesOf(world, "message.settled")
    .flatMap((each) => settled.safeParse(each).data ?? [])
    .filter((each) => account === undefined || each.account === account);

const held = z.looseObject({ ts: z.string(), conversation: z.string() });

/** Messages during whose time something of their conversation was held: an instance could not take it. */
export function waited(world: Pick<World, "edge">): (message: Settled) => boolean {
  const holds = linesOf(world, "message.held").flatMap((each) => held.safeParse(each).data ?? []);
  return ({ conversation, ts, deliveredMs }) => {
    const endMs = Date.parse(ts);
    const isWithin = (atMs: number): boolean => atMs <= endMs && atMs >= endMs - (deliveredMs ?? 0);
    return holds.some((hold) => hold.conversation === conversation && isWithin(Date.parse(hold.ts)));
  };
}

export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 };
}
