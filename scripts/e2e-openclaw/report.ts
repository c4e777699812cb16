/** What this proof tells: a line per case, the figures, and the same as JSON. */
import { writeFileSync } from "node:fs";
import { type Spread, settledLines, spreadOf, waited } from "./edge-log.ts";
import type { World } from "./world.ts";

export interface CaseReport {
  readonly name: string;
  readonly ok: boolean;
  readonly sentence: string;
  readonly ms: number;
}

export interface Figures {
  readonly updates: number;
  /** From the arrival of a delivery to its durable commit, as the edge counts it. */
  readonly ackMs: Spread;
  /** The same as the platform sees it: from its request to the answer. */
  readonly ackSeenMs: Spread;
  /** From the arrival of a delivery to its acceptance by the instance. */
  readonly deliveredMs: Spread;
  /** The same for those that had to wait for an instance that was down. */
  readonly deliveredAfterWaitMs: Spread;
}

export function figuresOf(world: Pick<World, "edge" | "telegram">): Figures {
  const settled = settledLines(world);
  const hadToWait = waited(world);
  const delivered = (isWaiting: boolean): Spread =>
    spreadOf(settled.flatMap((message) => (message.deliveredMs != null && hadToWait(message) === isWaiting ? [message.deliveredMs] : [])));
  return {
    updates: world.telegram.deliveries().length,
    ackMs: spreadOf(settled.map(({ ackMs }) => ackMs)),
    ackSeenMs: spreadOf(
      world.telegram.deliveries().flatMap(({ attempts }) => attempts.flatMap(({ status, tookMs }) => (status === 200 ? [tookMs] : []))),
    ),
    deliveredMs: delivered(false),
    deliveredAfterWaitMs: delivered(true),
  };
}

const row = (name: string, { count, p50, p99, max }: Spread): string =>
  `  ${name.padEnd(46)} p50 ${String(p50).padStart(6)}  p99 ${String(p99).padStart(6)}  max ${String(max).padStart(6)}  (${count})`;

export const tell = ({ ok, name, sentence, ms }: CaseReport): void =>
  console.log(`${ok ? "ok  " : "FAIL"} ${name} (${(ms / 1000).toFixed(1)} s): ${sentence}`);

export function tellFigures(figures: Figures): void {
  console.log(`\nFigures, in ms, of ${figures.updates} updates:`);
  console.log(row("acknowledged, as the edge counts", figures.ackMs));
  console.log(row("acknowledged, as the platform sees it", figures.ackSeenMs));
  console.log(row("accepted by the gateway", figures.deliveredMs));
  console.log(row("accepted by the gateway after a wait for it", figures.deliveredAfterWaitMs));
}

export const writeJson = (file: string, facts: object): void => writeFileSync(file, `${JSON.stringify(facts, null, 2)}\n`);
