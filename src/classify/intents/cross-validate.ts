/**
 * Judges examples by models that have not seen them. Each part leaves out some examples, and whole intents: their messages are what
 * "none of these" looks like where the operator has not given any. For the trainer.
 */
import type { Held } from "./calibrate.ts";
import { rank, SIGNS, signsOf } from "./calibration.ts";
import { type Learned, learn, scoreWith, type Task } from "./learn.ts";
import { settings } from "./settings.ts";

/** Where an example is in its own intent; names and descriptions are never left out: -1. */
export interface Sourced extends Task {
  readonly places: readonly number[];
}

/** With fewer intents none can be spared. */
const LEAST_INTENTS = 4;

/** A step for each part. */
export function* crossValidate(task: Sourced, onPart: () => void): Generator<undefined, readonly Held[]> {
  const held: Held[] = [];
  for (let part = 0; part < partsOf(task); part += 1) {
    held.push(...judgePart(task, part));
    onPart();
    yield;
  }
  return held;
}

/** Large sets need few parts: what counts is how many messages are judged. */
export const partsOf = ({ texts }: Task): number =>
  Math.max(settings.leastParts, Math.min(settings.folds, Math.ceil((settings.judged * settings.folds) / texts.length)));

function judgePart(task: Sourced, part: number): readonly Held[] {
  const parts = partsOf(task);
  const isSpared = (intent: number): boolean => task.intents >= LEAST_INTENTS && intent < task.intents && intent % settings.folds === part;
  const isHeld = (at: number): boolean => {
    const intent = task.classes[at] as number;
    const place = task.places[at] as number;
    if (place < 0) return isSpared(intent);
    // Messages out of scope are few and dear: all are judged, whatever the number of parts.
    return intent === task.intents ? place % parts === part : isSpared(intent) || (place + intent) % settings.folds === part;
  };
  const all = task.texts.map((_, at) => at);
  // Classes keep their order and close ranks.
  const kept = Array.from({ length: task.classCount }, (_, at) => at).filter((at) => !isSpared(at));
  const renumbered = new Map(kept.map((at, index) => [at, index]));
  const rest = all.filter((at) => !isHeld(at));
  const learned = learn({
    texts: rest.map((at) => task.texts[at] as string),
    classes: rest.map((at) => renumbered.get(task.classes[at] as number) as number),
    classCount: kept.length,
    intents: kept.filter((at) => at < task.intents).length,
  });
  return all
    .filter((at) => isHeld(at) && (task.places[at] as number) >= 0)
    .map((at) => judge(learned, task.texts[at] as string, outsideOr(renumbered, task, at)));
}

const outsideOr = (renumbered: ReadonlyMap<number, number>, { classes, intents }: Task, at: number): number | undefined =>
  classes[at] === intents ? undefined : renumbered.get(classes[at] as number);

/** `truth` undefined: the message belongs to no intent. */
export function judge(learned: Learned, text: string, truth: number | undefined): Held {
  const { vector, ranking } = scoreWith(learned, text);
  rank(ranking);
  return {
    signs: signsOf(ranking, vector, ranking.best, new Float64Array(SIGNS)),
    isOutside: truth === undefined,
    isRight: truth === ranking.best,
  };
}
