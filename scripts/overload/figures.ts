/** What an overload run measured, as plain figures; and how samples become some of them. Judges nothing. */
import { quantile } from "../bench/statistics.ts";
import type { Sample } from "./open-loop.ts";

/** An acknowledgement counts when it came within so long of the time that was meant. */
export const GOOD_WITHIN_MS = 5_000;

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** One turn of one rate. */
export interface Turn extends Latency {
  readonly offered: number;
  /** Acknowledged in time. */
  readonly good: number;
  /** Answers that are no acknowledgement, by status; "0" got none. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Refusals other than 429 and 503, or without a whole number of seconds to wait. */
  readonly badRefusals: number;
  /** p99 of the generator's own lateness. */
  readonly lagMs: number;
}

export interface Step {
  /** Of what the edge sustains. */
  readonly times: number;
  /** The first of each step ran next to each other, and so on. */
  readonly turns: readonly Turn[];
}

/**
 * What the others met while everybody sent at the usual rate, and while one of them sent ten times its share, in turns: each over all
 * turns of its kind, for a single pause of the machine is a hundredth of one turn.
 */
export interface Fairness {
  readonly quiet: Turn;
  readonly loud: Turn;
}

export interface Flood {
  readonly sent: number;
  /** Answers by status. */
  readonly answers: Readonly<Record<string, number>>;
  /** Objects and files that changed in a quiet time as long as the flood, and in the flood. */
  readonly quietWrites: readonly string[];
  readonly writes: readonly string[];
  /** Genuine webhooks beside a second flood. */
  readonly beside: Turn;
}

export interface Memory {
  /** When 1 × had just been found. */
  readonly earlyMib: number;
  /** A minute after 1 × had brought as much as what follows will: decision 23. */
  readonly baseMib: number;
  readonly peakMib: number;
  /** After a minute of quiet: workerd's allocator gives nothing back, so this is what was needed at most. */
  readonly afterMib: number;
  /** At most while as much came from other people: what has not been freed meanwhile comes on top of what the first needed. */
  readonly againMib: number;
}

export interface Figures {
  /** 1 ×, in webhooks per second. */
  readonly sustained: number;
  /** What connections got through that never wait. */
  readonly closedLoop: number;
  readonly seconds: number;
  readonly steps: readonly Step[];
  readonly fairness: Fairness;
  readonly flood: Flood;
  readonly memory: Memory;
  readonly acknowledged: number;
  /** Acknowledged, and not on the disk after `kill -9`. */
  readonly lost: readonly string[];
}

const isBad = ({ status, retryAfter }: Sample): boolean =>
  status !== 200 && status !== 0 && !((status === 429 || status === 503) && /^[1-9]\d*$/.test(retryAfter ?? ""));

const isGood = ({ status, latencyMs }: Sample): boolean => status === 200 && latencyMs <= GOOD_WITHIN_MS;

export const countBy = (samples: readonly Sample[]): Readonly<Record<string, number>> =>
  Object.fromEntries([...Map.groupBy(samples, ({ status }) => String(status))].map(([status, some]) => [status, some.length]));

export function turnOf(samples: readonly Sample[]): Turn {
  const latencies = samples.filter(({ status }) => status === 200).map(({ latencyMs }) => latencyMs);
  const lags = samples.map(({ lagMs }) => lagMs);
  return {
    ...{ offered: samples.length, good: samples.filter(isGood).length },
    ...{ p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99), lagMs: quantile(lags, 0.99) },
    ...{ refusals: countBy(samples.filter(({ status }) => status !== 200)), badRefusals: samples.filter(isBad).length },
  };
}

export const sum = <Thing>(things: readonly Thing[], of: (thing: Thing) => number): number =>
  things.reduce((total, thing) => total + of(thing), 0);
