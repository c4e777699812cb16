/**
 * How a canary fares beside the rest, and whether that ends it. Pure. Counts and coarse histograms are all that is kept, and one look is
 * one of many: while it runs only what chance almost never makes ends it, for it is looked at every few seconds.
 */
import type { Canary, CanaryGroup, Observation } from "../../src/core/canary.ts";

/** Upper bounds grow by the square root of two, from 10 ms to about 11 minutes; the last one is open. */
const BOUNDS = Array.from({ length: 33 }, (_, index) => 10 * Math.SQRT2 ** index);

export interface Figures {
  readonly handed: number;
  readonly errors: number;
  readonly answered: number;
  /** Observations by bound: of hand-overs, and of first answers. */
  readonly handing: readonly number[];
  readonly answering: readonly number[];
}

export interface Evidence extends Readonly<Record<CanaryGroup, Figures>> {
  /** How long its instance drained meanwhile, or nobody else of its pool was well, and when that was last seen. */
  readonly drained?: { readonly ms: number; readonly atMs: number };
}

const NONE: Figures = { handed: 0, errors: 0, answered: 0, handing: [], answering: [] };
export const NO_EVIDENCE: Evidence = { canary: NONE, control: NONE };

export function observed(evidence: Evidence, observation: Observation): Evidence {
  return { ...evidence, [observation.group]: counted(evidence[observation.group], observation) };
}

/** Last seen so lately that it goes on, or that who drained may still be coming back. */
const LATELY_MS = 30_000;

const drainedLately = (evidence: Evidence, nowMs: number): boolean => nowMs - (evidence.drained?.atMs ?? -Infinity) < LATELY_MS;

/** Looked at while its instance drains, or while there is nobody to go to: that time is no part of its own. */
export function drained(evidence: Evidence, nowMs: number): Evidence {
  const { ms, atMs } = evidence.drained ?? { ms: 0, atMs: nowMs };
  return { ...evidence, drained: { ms: ms + (drainedLately(evidence, nowMs) ? nowMs - atMs : 0), atMs: nowMs } };
}

/** It runs longer by that. */
export const endOf = ({ untilMs }: Canary, evidence: Evidence): number => untilMs + (evidence.drained?.ms ?? 0);

function counted(figures: Figures, { kind, ms, isError }: Observation): Figures {
  if (kind === "answered") return { ...figures, answered: figures.answered + 1, answering: raised(figures.answering, ms) };
  const handed = figures.handed + 1;
  // How soon it fails says nothing of how fast it is.
  return isError === true
    ? { ...figures, handed, errors: figures.errors + 1 }
    : { ...figures, handed, handing: raised(figures.handing, ms) };
}

function raised(counts: readonly number[], ms: number): readonly number[] {
  const found = BOUNDS.findIndex((bound) => ms <= bound);
  const index = found === -1 ? BOUNDS.length : found;
  return Array.from({ length: Math.max(counts.length, index + 1) }, (_, at) => (counts[at] ?? 0) + Number(at === index));
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

function indexAt(counts: readonly number[], share: number): number {
  const wanted = share * sum(counts);
  let below = 0;
  return counts.findIndex((count) => {
    below += count;
    return below >= wanted;
  });
}

/** The upper bound of the 95th percentile in ms; 0 when nothing was observed. */
const p95Of = (counts: readonly number[]): number => Math.round(BOUNDS[Math.min(indexAt(counts, 0.95), BOUNDS.length - 1)] ?? 0);

const ENOUGH = 20;
/** One-sided two-proportion z. At any look while it runs: stricter, because many looks are many chances to be wrong; and at the last. */
const Z_RUNNING = 3.7;
const Z_LAST = 2.8;
const LEAST_DIFFERENCE = 0.02;
/** Whether somebody answers depends on what was asked too. */
const LEAST_UNANSWERED = 0.1;
const FIRST_ERRORS = 5;
const SLOWER = { times: 2, byMs: 500 };

interface Share {
  readonly of: number;
  readonly all: number;
}

/** @see https://www.itl.nist.gov/div898/handbook/prc/section3/prc33.htm */
function isWorse(canary: Share, control: Share, { z, by }: { readonly z: number; readonly by: number }): boolean {
  const difference = canary.of / canary.all - control.of / control.all;
  const pooled = (canary.of + control.of) / (canary.all + control.all);
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / canary.all + 1 / control.all));
  return difference >= by && difference >= z * deviation;
}

/** Never made of an instance that drains, nor of one that is all its pool has. */
export interface Look {
  readonly canary: Canary;
  readonly evidence: Evidence;
  /** Why the instance is out; not given while it is well. */
  readonly out?: string | undefined;
  /** Most others are out too: it is not the canary. */
  readonly isCommon?: boolean;
  readonly nowMs: number;
}

export interface CanaryEnd {
  readonly phase: "promoted" | "rolled-back";
  /** Why, in figures. */
  readonly verdict: string;
}

export function judge({ canary, evidence, out, isCommon = false, nowMs }: Look): CanaryEnd | undefined {
  // While it is out all the same, that is no time to promote it.
  const isExcused = out !== undefined && (isCommon || drainedLately(evidence, nowMs));
  const isLast = nowMs >= endOf(canary, evidence) && !isExcused;
  const ground = (out === undefined || isExcused ? undefined : `the instance is out: ${out}`) ?? groundIn(evidence, isLast);
  if (ground !== undefined) return { phase: "rolled-back", verdict: `${ground}; ${wordsOf(evidence)}` };
  if (!isLast) return undefined;
  return observationsIn(evidence) >= ENOUGH
    ? { phase: "promoted", verdict: wordsOf(evidence) }
    : { phase: "rolled-back", verdict: `inconclusive: ${observationsIn(evidence)} observations; ${wordsOf(evidence)}` };
}

/** Of the group of which less was seen. */
const observationsIn = ({ canary, control }: Evidence): number => Math.min(canary.handed, control.handed);

function groundIn(evidence: Evidence, isLast: boolean): string | undefined {
  const { canary, control } = evidence;
  const z = isLast ? Z_LAST : Z_RUNNING;
  if (hasFailedFromTheStart(evidence)) return "its first hand-overs all failed";
  if (observationsIn(evidence) < ENOUGH) return undefined;
  const errors = [canary, control].map(({ errors: of, handed: all }) => ({ of, all })) as [Share, Share];
  if (isWorse(...errors, { z, by: LEAST_DIFFERENCE })) return "more hand-overs fail";
  if (isSlower(canary.handing, control.handing, z)) return "hand-overs take longer";
  if (isSlower(canary.answering, control.answering, z)) return "answers take longer";
  const silent = [canary, control].map((one) => ({ of: Math.max(0, one.handed - one.answered), all: one.handed })) as [Share, Share];
  return isLast && control.answered > 0 && isWorse(...silent, { z, by: LEAST_UNANSWERED }) ? "fewer messages are answered" : undefined;
}

const hasFailedFromTheStart = ({ canary, control }: Evidence): boolean =>
  canary.errors === canary.handed && Math.min(canary.handed, control.handed) >= FIRST_ERRORS && 5 * control.errors <= control.handed;

/**
 * Its 95th percentile is beyond twice the rest's, and half a second beyond it. Of twenty observations the slowest two decide where that
 * percentile is, so the share of what is beyond must be more than chance, too.
 */
function isSlower(canary: readonly number[], control: readonly number[], z: number): boolean {
  const share = { canary: sum(canary), control: sum(control) };
  if (Math.min(share.canary, share.control) < ENOUGH) return false;
  const restMs = BOUNDS[indexAt(control, 0.95)] ?? Infinity;
  const limitMs = Math.max(SLOWER.times * restMs, restMs + SLOWER.byMs);
  const beyond = (counts: readonly number[]): number => sum(counts.filter((_, index) => (BOUNDS[index - 1] ?? 0) >= limitMs * (1 - 1e-9)));
  const slow = { of: beyond(canary), all: share.canary };
  return slow.of > 0.05 * slow.all && isWorse(slow, { of: beyond(control), all: share.control }, { z, by: LEAST_DIFFERENCE });
}

/** What operators and metrics are told of a group. */
export const figuresOf = ({ handed, errors, answered, handing, answering }: Figures) => ({
  ...{ handed, errors, answered },
  p95Ms: p95Of(handing),
  answerP95Ms: p95Of(answering),
});

const wordsOf = ({ canary, control }: Evidence): string => `canary ${figuresIn(canary)}; rest ${figuresIn(control)}`;

const figuresIn = ({ handed, errors, answered, handing, answering }: Figures): string =>
  `${errors} errors of ${handed}, p95 ${p95Of(handing)} ms, ${answered} answered, p95 ${p95Of(answering)} ms`;
