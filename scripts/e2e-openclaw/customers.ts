/** The people of this proof who write to the WhatsApp number, through the stand-in for Meta. They know nothing of gateways but what answers tell. */
import { randomBytes } from "node:crypto";
import * as z from "zod";
import type { Item } from "../fakes/graph-payload.ts";
import { type Echo, readEcho } from "./echo.ts";
import { type Settled, settledLines } from "./edge-log.ts";
import { until } from "./until.ts";
import type { World } from "./world.ts";

/** Under which of their names Meta tells of them: a phone, a user id, or both. */
export interface Customer {
  readonly from?: string;
  readonly userId?: string;
}

export interface Words {
  readonly text: string;
  /** The wamid, by which Meta and the edge know the message. */
  readonly id: string;
}

type Whatsapp = Pick<World, "graph">;

const ANSWER_WITHIN_MS = 60_000;

export const customer = (index: number): Customer => ({ from: `${491_510_000_000 + index}`, userId: `DE.${100 + index}Ab` });

export const words = (text: string): Words => ({ text, id: `wamid.${randomBytes(16).toString("hex")}` });

export const said = (who: Customer, { text, id }: Words): Extract<Item, { readonly kind: "said" }> => ({ kind: "said", ...who, text, id });

/** What the number sent to this person, under any of their names. */
export const heardBy = ({ graph }: Whatsapp, { from, userId }: Customer): readonly string[] =>
  graph.sent().flatMap(({ to, text }) => (to === userId || to.replace(/^\+/, "") === from ? [text] : []));

export const answersTo = (world: Whatsapp, who: Customer, text?: string): readonly Echo[] =>
  heardBy(world, who).flatMap((heard) => {
    const echo = readEcho(heard);
    return echo === undefined || (text !== undefined && echo.text !== text) ? [] : [echo];
  });

/** What was sent to them and is no model's. */
export const noticesTo = (world: Whatsapp, who: Customer): readonly string[] =>
  heardBy(world, who).filter((heard) => readEcho(heard) === undefined);

/** Resolves when Meta has its 2xx, which is long before the answer. */
export async function deliver({ graph }: Whatsapp, items: readonly Item[]): Promise<void> {
  const record = await graph.deliverBatch(items);
  if (record?.outcome !== "delivered") throw new Error(`the edge did not acknowledge a delivery: ${record?.outcome ?? "no callback"}`);
}

export async function write(world: Whatsapp, who: Customer, text: string): Promise<Words> {
  const written = words(text);
  await deliver(world, [said(who, written)]);
  return written;
}

export const untilAnswered = (world: Whatsapp, who: Customer, text: string, withinMs = ANSWER_WITHIN_MS): Promise<Echo> =>
  until(`an answer to "${text}" for ${who.userId ?? who.from}`, () => answersTo(world, who, text)[0], withinMs);

/** Writes it and waits for the answer. */
export async function ask(world: Whatsapp, who: Customer, text: string): Promise<Echo> {
  await write(world, who, text);
  return untilAnswered(world, who, text);
}

const payload = z.object({
  entry: z.array(
    z.object({ changes: z.array(z.object({ value: z.object({ messages: z.array(z.object({ id: z.string() })).default([]) }) })) }),
  ),
});

/** Messages that Meta has its 2xx for, by wamid: each once, however often it was delivered. */
export function acknowledged({ graph }: Whatsapp): readonly string[] {
  const delivered = graph.deliveries().filter(({ outcome }) => outcome === "delivered");
  const entries = delivered.flatMap((record) => payload.parse(record.payload).entry);
  const messages = entries.flatMap(({ changes }) => changes.flatMap(({ value }) => value.messages));
  return [...new Set(messages.map(({ id }) => id))];
}

export const endsOf = (world: Pick<World, "edge">, { id }: Pick<Words, "id">): readonly Settled[] =>
  settledLines(world).filter(({ message }) => message === id);

export const untilEnded = (world: Pick<World, "edge">, message: Words, withinMs = ANSWER_WITHIN_MS): Promise<Settled> =>
  until(`the end of "${message.text}"`, () => endsOf(world, message)[0], withinMs);
