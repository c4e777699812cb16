/**
 * The Config object's decisions: which text is in force, under which number, and what KV should say of it. Pure: hash, verdict and
 * time arrive inside the event. Numbers only grow; a document that is refused changes nothing but what is said about it.
 */
import type { LogLine } from "../../src/core/log-line.ts";
import { addDeltas, series } from "../../src/core/series.ts";
import { canariesAfter, canaryCleared, canaryEnded, canaryStarted } from "./canaries.ts";
import { abandon, failed, isPending, staleUntilMs, superseded, want, wrote } from "./copies.ts";
import type {
  ConfigAnswer,
  ConfigEvent,
  ConfigState,
  DocumentFacts,
  DrainSet,
  Issue,
  Offered,
  Rejection,
  Step,
  Unwritten,
  Written,
} from "./state.ts";
import {
  type AfterTraining,
  answerOfTraining,
  trainingBegan,
  trainingEnded,
  trainingWanted,
  untrainable,
  withGivenUp,
} from "./training.ts";

/** A row holds 2 MB; nobody reads more than this anyway. */
const MAX_ISSUES = 100;

export function step(state: ConfigState, event: ConfigEvent): Step {
  switch (event.kind) {
    case "offered":
      return offered(state, event);
    case "training-began":
      return afterTraining(trainingBegan(state, event));
    case "training-ended":
      return afterTraining(trainingEnded(state, event));
    case "drain-set":
      return drainSet(state, event);
    case "canary-started":
      return canaryStarted(state, event);
    case "canary-ended":
      return canaryEnded(state, event);
    case "canary-cleared":
      return canaryCleared(state, event);
    case "written":
      return written(state, event);
    case "unwritten":
      return unwritten(state, event);
  }
}

function offered(state: ConfigState, event: Offered): Step {
  const stop = event.source === "raw" ? rawStop(state, event) : undefined;
  return stop === undefined ? decided(state, event) : { state, answer: stop, log: [] };
}

const decided = (state: ConfigState, event: Offered): Step => withGivenUp(state, event, decide(state, event));

/** Until its intents are trained, a push leaves the raw key alone: it may yet be refused. */
function decide(state: ConfigState, event: Offered): Step {
  const { verdict, source } = event;
  if (verdict.ok && verdict.isUntrained === true) return trainingWanted(source === "raw" ? dealtWith(state, event) : state, event);
  const dealt = dealtWith(state, event);
  if (!verdict.ok) return reject(dealt, event, verdict.issues);
  if (state.document?.hash !== event.hash || state.document.model !== event.model) return accept(dealt, event, verdict);
  const settled = { ...dealt, lastRejected: undefined, training: undefined };
  return { state: settled, answer: { status: "unchanged", number: state.number }, log: [] };
}

/** What a training came to is decided as if it were offered only now. */
const afterTraining = ({ state, offered: trained, log }: AfterTraining): Step =>
  trained === undefined ? { state, answer: { status: "noted" }, log } : decided(state, trained);

/** Why a raw text needs no decision: it had one, or it is most likely a stale read. A refused one is judged again, by newer code perhaps. */
function rawStop(state: ConfigState, event: Offered): ConfigAnswer | undefined {
  if (state.raw?.hash === event.hash) {
    if (!state.raw.isRejected) return answerOfTraining(state, event.hash) ?? { status: "unchanged", number: state.number };
    const issues = event.verdict.ok ? untrainable(state, event.hash) : event.verdict.issues;
    return issues === undefined ? undefined : { status: "rejected", issues: issues.slice(0, MAX_ISSUES) };
  }
  const entry = state.superseded.find((candidate) => candidate.hash === event.hash);
  const againAtMs = entry === undefined ? undefined : staleUntilMs(state, entry, event.atMs);
  return againAtMs === undefined ? undefined : { status: "ignored", againAtMs };
}

/**
 * The raw key after this offer: a put stands as it is, a good push is written there too, a refused push leaves it alone, and so does
 * what is only learned anew.
 */
function dealtWith(state: ConfigState, event: Offered): ConfigState {
  const isPut = event.source === "raw";
  const isSame = state.raw?.hash === event.hash && state.raw.isRejected === !event.verdict.ok;
  if (isSame || event.isLearnedAnew === true || (!isPut && !event.verdict.ok)) return state;
  const copies = {
    accepted: state.number > 0 ? want(state.copies.accepted, event.atMs) : state.copies.accepted,
    raw: isPut ? abandon(state.copies.raw) : want(state.copies.raw, event.atMs),
  };
  const raw = { hash: event.hash, isRejected: !event.verdict.ok };
  return { ...state, raw, copies, superseded: replaced(state, event) };
}

function replaced(state: ConfigState, event: Offered): ConfigState["superseded"] {
  const previous = state.raw === undefined ? [] : [{ hash: state.raw.hash, atMs: event.atMs }];
  const standing = state.superseded.filter((entry) => staleUntilMs(state, entry, event.atMs) !== undefined);
  const others = standing.filter((entry) => entry.hash !== state.raw?.hash);
  return [...others, ...previous].filter((entry) => entry.hash !== event.hash);
}

function reject(state: ConfigState, event: Offered, issues: readonly Issue[]): Step {
  const shown = issues.slice(0, MAX_ISSUES);
  const { source, hash, atMs, by } = event;
  const isUntrainable = event.isUntrainable;
  const lastRejected: Rejection = { source, hash, issues: shown, issueCount: issues.length, atMs, by, isUntrainable };
  const first = issues.find((issue) => issue.level === "error");
  const line: LogLine = {
    level: "error",
    event: "routes.rejected",
    source,
    hash,
    by,
    path: first?.path ?? "",
    reason: first?.message ?? "",
    issues: issues.length,
    inForce: state.number,
  };
  return { state: counted({ ...state, lastRejected }, "rejected", source), answer: { status: "rejected", issues: shown }, log: [line] };
}

function accept(state: ConfigState, event: Offered, verdict: Extract<Offered["verdict"], { ok: true }>): Step {
  const number = state.number + 1;
  const { source, hash, atMs, by, restoredFrom, model } = event;
  const facts: DocumentFacts = { number, hash, source, atMs, by, restoredFrom, model };
  const warnings = verdict.warnings.slice(0, MAX_ISSUES);
  const { canaries, log } = canariesAfter(state, verdict);
  const next: ConfigState = {
    ...state,
    number,
    numberedAtMs: atMs,
    document: { ...facts, warnings, instances: verdict.instances, pools: verdict.pools },
    draining: state.draining.filter((instance) => verdict.instances.includes(instance)),
    returning: state.returning.filter((instance) => verdict.instances.includes(instance)),
    canaries,
    training: undefined,
    lastRejected: undefined,
    copies: { ...state.copies, accepted: want(state.copies.accepted, atMs) },
  };
  const line: LogLine = {
    level: "info",
    event: "routes.accepted",
    number,
    source,
    hash,
    by,
    restoredFrom,
    model,
    warnings: verdict.warnings.length,
  };
  return { state: counted(next, "accepted", source), answer: { status: "accepted", number, warnings }, keep: facts, log: [line, ...log] };
}

function drainSet(state: ConfigState, event: DrainSet): Step {
  const { instance, isDraining, atMs, by } = event;
  const isReturning = isDraining && event.isReturning === true;
  if (state.document?.instances.includes(instance) !== true) return { state, answer: { status: "unknown-instance", instance }, log: [] };
  const isSo = state.draining.includes(instance) === isDraining && state.returning.includes(instance) === isReturning;
  if (isSo) return { state, answer: { status: "unchanged", number: state.number }, log: [] };
  const next: ConfigState = {
    ...state,
    number: state.number + 1,
    numberedAtMs: atMs,
    draining: listed(state.draining, instance, isDraining),
    returning: listed(state.returning, instance, isReturning),
    copies: { ...state.copies, accepted: want(state.copies.accepted, atMs) },
  };
  const line: LogLine = { level: "info", event: "routes.drain-set", instance, isDraining, isReturning, number: next.number, by };
  return { state: next, answer: { status: "accepted", number: next.number, warnings: state.document.warnings }, log: [line] };
}

/** Whoever is listed already keeps its place. */
function listed(list: readonly string[], instance: string, isListed: boolean): readonly string[] {
  if (list.includes(instance) === isListed) return list;
  return isListed ? [...list, instance] : list.filter((other) => other !== instance);
}

function written(state: ConfigState, event: Written): Step {
  const { copy, revision, atMs } = event;
  const next = { ...state, copies: { ...state.copies, [copy]: wrote(state.copies[copy], revision, atMs) } };
  const stale = copy === "raw" && isPending(state.copies.raw) ? superseded(state, atMs) : state.superseded;
  return { state: { ...next, superseded: stale }, answer: { status: "noted" }, log: [] };
}

function unwritten(state: ConfigState, event: Unwritten): Step {
  const copy = failed(state.copies[event.copy], event);
  const line: LogLine = { level: "warn", event: "routes.unpublished", copy: event.copy, failures: copy.failures, detail: event.detail };
  return { state: { ...state, copies: { ...state.copies, [event.copy]: copy } }, answer: { status: "noted" }, log: [line] };
}

const counted = (state: ConfigState, verdict: "accepted" | "rejected", source: string): ConfigState => ({
  ...state,
  counters: addDeltas(state.counters, { [series(`clawedge_routes_${verdict}_total`, { source })]: 1 }),
});
