/**
 * Judges examples by models that have not seen them. Each part leaves out examples that are alike, because new messages are less like
 * an example than its neighbour is; and intents that are alike, whose messages then are what "none of these" looks like. For the trainer.
 */
import { blocksOf } from "./alike.ts";
import type { Held } from "./calibrate.ts";
import { SIGNS, signsOf } from "./calibration.ts";
import { type Learned, learn, scoreWith, type Task } from "./learn.ts";
import { settings } from "./settings.ts";

/** Large sets need few parts: what counts is how many messages are judged. */
export const partsOf = ({ texts }: Task): number =>
  Math.max(settings.leastParts, Math.min(settings.folds, Math.ceil((settings.judged * settings.folds) / texts.length)));

/** Pauses after each part. `groups`: the group of each intent, left out together. */
export function* crossValidate(task: Task, groups: Uint16Array, onPart: () => void): Generator<undefined, readonly Held[]> {
  const blocks = blocksOf(task);
  const parts = partsOf(task);
  const held: Held[] = [];
  for (let part = 0; part < parts; part += 1) {
    held.push(
      ...judgePart(
        task,
        task.classes.map((owner, at) => fateOf({ part, parts, owner, block: blocks[at] as number, groups }, task)),
      ),
    );
    onPart();
    yield;
  }
  return held;
}

/** kept: trained on; spared: of an intent that is left out. */
type Fate = "kept" | "held" | "spared";

interface Place {
  readonly part: number;
  readonly parts: number;
  readonly owner: number;
  readonly block: number;
  readonly groups: Uint16Array;
}

function fateOf({ part, parts, owner, block, groups }: Place, { intents }: Task): Fate {
  if (groups[owner] === part) return "spared";
  // Messages out of scope are few and dear: all are judged, whatever the number of parts.
  const isHeld = owner === intents ? block % parts === part : block === (part + owner) % settings.folds;
  return isHeld ? "held" : "kept";
}

function judgePart(task: Task, fates: readonly Fate[]): readonly Held[] {
  const spared = new Set(task.classes.filter((_, at) => fates[at] === "spared"));
  // Classes keep their order and close ranks.
  const left = Array.from({ length: task.classCount }, (_, at) => at).filter((at) => !spared.has(at));
  const renumbered = new Map(left.map((at, index) => [at, index]));
  const rest = [...fates.keys()].filter((at) => fates[at] === "kept");
  const learned = learn({
    texts: rest.map((at) => task.texts[at] as string),
    classes: rest.map((at) => renumbered.get(task.classes[at] as number) as number),
    isName: [],
    classCount: left.length,
    intents: task.intents - spared.size,
  });
  const judged = [...fates.keys()].filter((at) => fates[at] !== "kept" && task.isName[at] !== true);
  return judged.map((at) => {
    const owner = task.classes[at] as number;
    const kind = owner === task.intents ? "given" : "inside";
    return judge(learned, task.texts[at] as string, fates[at] === "spared" ? "spared" : kind, renumbered.get(owner));
  });
}

export function judge(learned: Learned, text: string, kind: Held["kind"], truth?: number): Held {
  const { vector, ranking } = scoreWith(learned, text);
  return {
    signs: signsOf(ranking, vector, ranking.best, new Float64Array(SIGNS)),
    kind,
    isRight: kind === "inside" && truth === ranking.best,
  };
}
