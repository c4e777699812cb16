/**
 * Trainings of intents, as the Config object decides them: one at a time, the newest asked for, and none that goes on failing for ever.
 * Pure, like `machine.ts`, which calls it; who trains is the object's alarm.
 */
import type { LogLine } from "../../src/core/log-line.ts";
import type { Asked, ConfigAnswer, ConfigState, Issue, Offered, Step, Training, TrainingBegan, TrainingEnded, Verdict } from "./state.ts";

/** One that throws, or that takes the object with it, so often will do so again. */
const MAX_ATTEMPTS = 3;
const RETRY_MS = 2000;

export interface AfterTraining {
  readonly state: ConfigState;
  /** Its document, to be decided now: with its artefact, or refused with the reason. */
  readonly offered?: Offered | undefined;
  readonly log: readonly LogLine[];
}

/** A newer document takes the place of one that still waits; the same one goes on, as the word of the operator who asked last. */
export function trainingWanted(state: ConfigState, event: Offered): Step {
  const { hash, source, by, restoredFrom, isLearnedAnew, atMs } = event;
  const asked = { hash, source, by, restoredFrom, isLearnedAnew };
  const answer = answerOfTraining(state, hash);
  if (answer !== undefined && source === "raw") return { state, answer, log: [] };
  if (answer !== undefined && state.training) return { state: { ...state, training: { ...state.training, ...asked } }, answer, log: [] };
  const training: Training = { ...asked, sinceMs: atMs, attempts: 0, dueAtMs: atMs, over: documentIn(state) };
  return { state: { ...state, training }, answer: { status: "training", sinceMs: atMs }, isToBeTrained: true, log: [] };
}

export function trainingBegan(state: ConfigState, { atMs }: TrainingBegan): AfterTraining {
  const { training, document } = state;
  if (training === undefined) return { state, log: [] };
  if (training.over !== documentIn(state)) return gaveUp({ ...state, training: undefined }, training, document ?? training, atMs);
  const { hash, source, by, attempts, lastError } = training;
  if (attempts >= MAX_ATTEMPTS) return refused(state, training, { detail: lastError ?? `it stopped ${attempts} times on the way`, atMs });
  const line: LogLine = { level: "info", event: "routes.training", source, hash, by, attempt: attempts + 1 };
  return { state: { ...state, training: { ...training, attempts: attempts + 1, dueAtMs: atMs + RETRY_MS } }, log: [line] };
}

/** What was replaced meanwhile counts no more. */
export function trainingEnded(state: ConfigState, { hash, outcome, atMs }: TrainingEnded): AfterTraining {
  const { training } = state;
  if (training?.hash !== hash) return { state, log: [] };
  if (outcome.ok) {
    const { verdict, model } = outcome.value;
    return { state: { ...state, training: undefined }, offered: { ...offeredBy(training, verdict, atMs), model }, log: [] };
  }
  const lastError = outcome.problem;
  if (training.attempts >= MAX_ATTEMPTS) return refused(state, training, { detail: lastError, atMs });
  return { state: { ...state, training: { ...training, lastError, dueAtMs: atMs + RETRY_MS } }, log: [] };
}

/** A decision about an offer, with a word about the training it ended; that word stands until another document comes. */
export function withGivenUp({ training, givenUp }: ConfigState, event: Offered, made: Step): Step {
  const isEnded = training !== undefined && training.hash !== event.hash && made.state.training !== training;
  if (isEnded && training.isLearnedAnew !== true) {
    const { state, log } = gaveUp(made.state, training, event, event.atMs);
    return { ...made, state, log: [...made.log, ...log] };
  }
  const isOver = givenUp !== undefined && event.verdict.ok && event.hash !== givenUp.over.hash;
  return isOver ? { ...made, state: { ...made.state, givenUp: undefined } } : made;
}

function gaveUp(state: ConfigState, { hash, source, by }: Training, over: Asked, atMs: number) {
  const [newHash, newSource, newBy] = [over.hash, over.source, over.by];
  const line: LogLine = { level: "warn", event: "routes.training-replaced", hash, source, by, newHash, newSource, newBy };
  const givenUp = { hash, source, by, atMs, over: { hash: newHash, source: newSource, by: newBy } };
  return { state: { ...state, givenUp }, log: [line] };
}

/** What an offer of the text that is being trained is told. */
export const answerOfTraining = ({ training }: ConfigState, hash: string): ConfigAnswer | undefined =>
  training?.hash === hash ? { status: "training", sinceMs: training.sinceMs } : undefined;

/** Why this text was given up. */
export const untrainable = ({ lastRejected }: ConfigState, hash: string): readonly Issue[] | undefined =>
  lastRejected?.isUntrainable === true && lastRejected.hash === hash ? lastRejected.issues : undefined;

const documentIn = ({ document }: ConfigState): number => document?.number ?? 0;

function refused(
  state: ConfigState,
  training: Training,
  { detail, atMs }: { readonly detail: string; readonly atMs: number },
): AfterTraining {
  const issues: readonly Issue[] = [{ level: "error", path: "intents", message: `cannot be trained here: ${detail}` }];
  const offered = { ...offeredBy(training, { ok: false, issues }, atMs), isUntrainable: true };
  return { state: { ...state, training: undefined }, offered, log: [] };
}

const offeredBy = ({ hash, source, by, restoredFrom, isLearnedAnew }: Training, verdict: Verdict, atMs: number): Offered => ({
  ...{ kind: "offered", hash, source, by, restoredFrom, isLearnedAnew, verdict, atMs },
});
