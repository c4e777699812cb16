/**
 * Canaries, as the Config object decides them: one for each pool, and none whose promise another would break. Who ended meanwhile is
 * ended once. Pure, like `machine.ts`, which calls it.
 */
import type { Canary } from "../../src/core/canary.ts";
import type { LogLine } from "../../src/core/log-line.ts";
import { want } from "./copies.ts";
import type { CanaryCleared, CanaryEnded, CanaryStarted, ConfigState, Members, Step, Verdict } from "./state.ts";

export function canaryStarted(state: ConfigState, { canary, by }: CanaryStarted): Step {
  const { pool, instance, percentage, id, untilMs, startedAtMs } = canary;
  const { instances = [], pools } = state.document ?? {};
  if (!instances.includes(instance)) return { state, answer: { status: "unknown-instance", instance }, log: [] };
  if (pools !== undefined && !Object.hasOwn(pools, pool)) return { state, answer: { status: "unknown-pool", pool }, log: [] };
  const standing = state.canaries.find((other) => other.pool === pool);
  if (standing !== undefined && isInTheWay(standing, instance, pools)) {
    return { state, answer: { status: "canary-stands", canary: standing }, log: [] };
  }
  const line: LogLine = { level: "info", event: "canary.started", pool, instance, percentage, canary: id, untilMs, by };
  const gone = standing === undefined ? [] : [clearedLine(standing, by)];
  return changed(state, [...without(state, pool), canary], { atMs: startedAtMs, log: [...gone, line] });
}

/** To forget one that has ended must not change who is a member: neither one that the document does not list, nor one that it still does. */
function isInTheWay({ phase, pool, instance }: Canary, next: string, pools: Members | undefined): boolean {
  if (phase === "running") return true;
  const isListed = pools?.[pool]?.includes(instance);
  return phase === "promoted" ? isListed !== true : instance !== next && isListed !== false;
}

/** The judge may end what runs; an operator also what was promoted. */
export function canaryEnded(state: ConfigState, event: CanaryEnded): Step {
  const { pool, id, phase, verdict, atMs, by } = event;
  const standing = state.canaries.find((canary) => canary.pool === pool && (id === undefined || canary.id === id));
  if (standing === undefined) return { state, answer: { status: "no-canary", pool }, log: [] };
  const isOpen = standing.phase === "running" || (id === undefined && standing.phase === "promoted" && phase === "rolled-back");
  if (!isOpen) return { state, answer: { status: "unchanged", number: state.number }, log: [] };
  const ended: Canary = { ...standing, phase, verdict, endedAtMs: atMs };
  return changed(state, [...without(state, pool), ended], { atMs, log: [endedLine(ended, by)] });
}

export function canaryCleared(state: ConfigState, { pool, atMs, by }: CanaryCleared): Step {
  const standing = state.canaries.find((canary) => canary.pool === pool);
  if (standing === undefined) return { state, answer: { status: "no-canary", pool }, log: [] };
  if (standing.phase === "running") return { state, answer: { status: "canary-stands", canary: standing }, log: [] };
  return changed(state, without(state, pool), { atMs, log: [clearedLine(standing, by)] });
}

/**
 * After another document: what it does not know any more is over, and a promoted one that it lists is a member like any other. So was
 * one that the document before listed: the next may drop it.
 */
export function canariesAfter(state: ConfigState, { instances, pools }: Extract<Verdict, { ok: true }>) {
  const isKnown = ({ pool, instance }: Canary): boolean => Object.hasOwn(pools, pool) && instances.includes(instance);
  const isListed = ({ pool, instance }: Canary): boolean =>
    [pools, state.document?.pools].some((lists) => lists?.[pool]?.includes(instance) === true);
  const canaries = state.canaries.filter((canary) => isKnown(canary) && !(canary.phase === "promoted" && isListed(canary)));
  const log = state.canaries.filter((canary) => !canaries.includes(canary)).map(forgottenLine);
  return { canaries, log };
}

const without = (state: ConfigState, pool: string): readonly Canary[] => state.canaries.filter((canary) => canary.pool !== pool);

function changed(
  state: ConfigState,
  canaries: readonly Canary[],
  { atMs, log }: { readonly atMs: number; readonly log: Step["log"] },
): Step {
  const number = state.number + 1;
  const copies = { ...state.copies, accepted: want(state.copies.accepted, atMs) };
  const next: ConfigState = { ...state, number, numberedAtMs: atMs, canaries, copies };
  return { state: next, answer: { status: "accepted", number, warnings: [] }, log };
}

const endedLine = ({ pool, instance, id, phase, verdict }: Canary, by?: string): LogLine => ({
  ...{ level: phase === "promoted" ? "info" : "warn", event: "canary.ended", pool, instance, canary: id, phase },
  ...{ verdict, by },
});

const clearedLine = ({ pool, instance, id }: Canary, by?: string): LogLine => ({
  ...{ level: "info", event: "canary.cleared", pool, instance, canary: id, by },
});

const forgottenLine = (canary: Canary): LogLine =>
  canary.phase === "running" ? endedLine({ ...canary, phase: "rolled-back", verdict: "the document has it no more" }) : clearedLine(canary);
