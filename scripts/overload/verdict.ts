/** The bars of an overload run, and what misses them. Pure: figures in, findings out. */
import { quantile } from "../bench/statistics.ts";
import type { Figures, Step, Turn } from "./figures.ts";
import { sum } from "./figures.ts";

export const BARS = {
  /** Goodput of every step above 1 ×, over that of 1 ×. */
  goodput: 0.9,
  /** p99 of the others while one is loud, over theirs while all is quiet. */
  othersP99: 2,
  /** Of the webhooks of the others, and of genuine ones beside a flood. */
  beside: 0.95,
  peakMib: 512,
  /** A minute after overload, over what it had when 1 × was found, and over what it had a minute after as much at 1 ×: decision 23. */
  after: 1.1,
  /** The same steps with other people after a minute of quiet, over what they needed first: decision 23. */
  again: 1.1,
  /** Objects that count refusals: each isolate writes once in ten seconds. */
  countedWrites: 2,
} as const;

/** Ratios of neighbours in time; the median, so that one disturbed turn moves nothing. */
const over = (above: readonly number[], below: readonly number[]): number =>
  quantile(
    above.map((value, index) => value / (below[index] ?? Number.NaN)),
    0.5,
  );

export const goodputOver = (step: Step, one: Step): number =>
  over(
    step.turns.map(({ good }) => good),
    one.turns.map(({ good }) => good),
  );

export const othersP99 = ({ fairness: { loud, quiet } }: Figures): number => loud.p99Ms / quiet.p99Ms;

const shareGood = (turns: readonly Turn[]): number => sum(turns, ({ good }) => good) / sum(turns, ({ offered }) => offered);

/** What a flood wrote that a quiet time does not write. */
export const floodWrites = ({ flood: { writes, quietWrites } }: Figures): readonly string[] =>
  writes.filter((name) => !quietWrites.includes(name));

/** Counting refusals is one small write every ten seconds, in one shard. */
const isCount = (name: string): boolean => name.includes("-Shard/");

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

function* ofSteps({ steps }: Figures): Generator<string> {
  const one = steps.find(({ times }) => times === 1);
  if (one === undefined || !steps.some(({ times }) => times >= 3)) return void (yield "no figures for 1 × and 3 ×");
  for (const step of steps.filter(({ times }) => times > 1)) {
    const share = goodputOver(step, one);
    if (!(share >= BARS.goodput)) yield `goodput at ${step.times} × is ${percent(share)} of 1 ×, less than ${percent(BARS.goodput)}`;
  }
}

function* ofRefusals({ steps, fairness, flood }: Figures): Generator<string> {
  const turns = [...steps.flatMap((step) => step.turns), fairness.quiet, fairness.loud, flood.beside];
  const bad = sum(turns, ({ badRefusals }) => badRefusals);
  const unanswered = sum(turns, ({ refusals }) => refusals["0"] ?? 0);
  if (bad > 0) yield `${bad} refusals are no 429 or 503 with a whole Retry-After`;
  if (unanswered > 0) yield `${unanswered} webhooks got no answer`;
}

function* ofOthers(figures: Figures): Generator<string> {
  const ratio = othersP99(figures);
  const good = shareGood([figures.fairness.loud]);
  if (!(ratio <= BARS.othersP99)) yield `one loud account makes the others' p99 ${ratio.toFixed(2)} times as long`;
  if (!(good >= BARS.beside)) yield `only ${percent(good)} of the others' webhooks were acknowledged in time while one was loud`;
}

function* ofFlood(figures: Figures): Generator<string> {
  const { answers, beside } = figures.flood;
  const writes = floodWrites(figures);
  const kept = writes.filter((name) => !isCount(name));
  const wrong = Object.keys(answers).filter((status) => !["401", "429", "503"].includes(status));
  if (kept.length > 0) yield `unsigned webhooks changed ${kept.join(", ")}`;
  if (writes.length - kept.length > BARS.countedWrites) yield `counting unsigned webhooks changed ${writes.length - kept.length} shards`;
  if (wrong.length > 0) yield `unsigned webhooks were answered ${wrong.join(", ")}`;
  if (!(shareGood([beside]) >= BARS.beside)) yield `only ${percent(shareGood([beside]))} of genuine webhooks got through a flood in time`;
}

function* ofMemory({ memory: { earlyMib, baseMib, peakMib, afterMib, againMib } }: Figures): Generator<string> {
  const mostMib = Math.max(peakMib, againMib);
  if (!(mostMib <= BARS.peakMib)) yield `workerd grew to ${mostMib.toFixed(0)} MiB, more than ${BARS.peakMib}`;
  if (!(afterMib <= earlyMib * BARS.after))
    yield `after a minute of quiet workerd has ${afterMib.toFixed(0)} MiB, when 1 × was found it had ${earlyMib.toFixed(0)}`;
  if (!(afterMib <= baseMib * BARS.after))
    yield `after a minute of quiet workerd has ${afterMib.toFixed(0)} MiB, before overload it had ${baseMib.toFixed(0)}`;
  if (!(againMib <= peakMib * BARS.again))
    yield `as much from other people a minute later took workerd to ${againMib.toFixed(0)} MiB, the first to ${peakMib.toFixed(0)}: something was not freed`;
}

function* ofKept({ acknowledged, lost }: Figures): Generator<string> {
  if (acknowledged === 0) yield "nothing was acknowledged";
  if (lost.length > 0) yield `${lost.length} acknowledged messages are lost: ${lost.slice(0, 5).join(", ")}`;
}

/** Empty: every bar was met. */
export const findings = (figures: Figures): readonly string[] =>
  [ofSteps, ofRefusals, ofOthers, ofFlood, ofMemory, ofKept].flatMap((look) => [...look(figures)]);
