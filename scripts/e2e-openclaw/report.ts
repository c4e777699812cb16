/** What this proof tells: a line per case, the figures, and the same as JSON. */
import { writeFileSync } from "node:fs";
import { type Settled, type Spread, settledLines, spreadOf, waited } from "./edge-log.ts";
import { ACCOUNT, WHATSAPP } from "./routes.ts";
import type { World } from "./world.ts";

export interface CaseReport {
  readonly part: string;
  readonly name: string;
  readonly ok: boolean;
  readonly sentence: string;
  readonly ms: number;
}

/** Of one account. */
export interface Figures {
  readonly deliveries: number;
  /** Messages that ended, by the state they ended in. */
  readonly ended: Readonly<Record<string, number>>;
  /** From the arrival of a delivery to its durable commit, as the edge counts it. */
  readonly ackMs: Spread;
  /** The same as the platform sees it: from its request to the answer. */
  readonly ackSeenMs: Spread;
  /** From the arrival of a delivery to its end: accepted by the instance or, on WhatsApp, the answer delivered to the person. */
  readonly deliveredMs: Spread;
  /** The same for those that had to wait for an instance that was down. */
  readonly deliveredAfterWaitMs: Spread;
}

interface Delivered {
  readonly attempts: readonly { readonly status: number | undefined; readonly tookMs: number }[];
}

function figuresOf(world: Pick<World, "edge">, account: string, deliveries: readonly Delivered[]): Figures {
  const settled = settledLines(world, account);
  const hadToWait = waited(world);
  const isEnd = ({ state }: Settled): boolean => state !== "dead";
  const delivered = (isWaiting: boolean): Spread =>
    spreadOf(
      settled.flatMap((each) => (isEnd(each) && each.deliveredMs != null && hadToWait(each) === isWaiting ? [each.deliveredMs] : [])),
    );
  return {
    deliveries: deliveries.length,
    ended: Object.fromEntries([...Map.groupBy(settled, ({ state }) => state)].map(([state, lines]) => [state, lines.length])),
    ackMs: spreadOf(settled.map(({ ackMs }) => ackMs)),
    ackSeenMs: spreadOf(deliveries.flatMap(({ attempts }) => attempts.flatMap(({ status, tookMs }) => (status === 200 ? [tookMs] : [])))),
    deliveredMs: delivered(false),
    deliveredAfterWaitMs: delivered(true),
  };
}

export const allFigures = (world: Pick<World, "edge" | "telegram" | "graph">) => ({
  telegram: figuresOf(world, ACCOUNT, world.telegram.deliveries()),
  whatsapp: figuresOf(world, WHATSAPP, world.graph.deliveries()),
});

const row = (name: string, { count, p50, p99, max }: Spread): string =>
  `  ${name.padEnd(46)} p50 ${String(p50).padStart(6)}  p99 ${String(p99).padStart(6)}  max ${String(max).padStart(6)}  (${count})`;

export const tell = ({ ok, name, sentence, ms }: CaseReport): void =>
  console.log(`${ok ? "ok  " : "FAIL"} ${name} (${(ms / 1000).toFixed(1)} s): ${sentence}`);

function tellOne(platform: string, taken: string, figures: Figures): void {
  if (figures.deliveries === 0) return;
  const ended = Object.entries(figures.ended).map(([state, count]) => `${count} ${state}`);
  console.log(`\nFigures of ${platform}, in ms, of ${figures.deliveries} deliveries (${ended.join(", ")}):`);
  console.log(row("acknowledged, as the edge counts", figures.ackMs));
  console.log(row("acknowledged, as the platform sees it", figures.ackSeenMs));
  console.log(row(taken, figures.deliveredMs));
  console.log(row(`${taken} after a wait`, figures.deliveredAfterWaitMs));
}

export function tellFigures({ telegram, whatsapp }: ReturnType<typeof allFigures>): void {
  tellOne("Telegram", "accepted by the gateway", telegram);
  tellOne("WhatsApp", "answered", whatsapp);
}

export const writeJson = (file: string, facts: object): void => writeFileSync(file, `${JSON.stringify(facts, null, 2)}\n`);
