/** Training sets of the tests: CLINC150's fixture, draws of it, and the small sets. */
import { readFileSync } from "node:fs";
import { openArtefact } from "../../../src/classify/intents/artefact.ts";
import type { IntentModel } from "../../../src/classify/intents/model.ts";
import { type TrainOptions, train } from "../../../src/classify/intents/train.ts";
import type { TrainingSet } from "../../../src/classify/intents/training-set.ts";

export interface Line {
  readonly text: string;
  readonly intent: string | null;
}

const FIXTURE = "test/fixtures/clinc150";

export const clinc = (split: "train" | "val" | "test"): readonly Line[] =>
  readFileSync(`${FIXTURE}/${split}.jsonl`, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

export const domains: Readonly<Record<string, readonly string[]>> = JSON.parse(readFileSync(`${FIXTURE}/domains.json`, "utf8"));

/** The first lines of each intent, and as many out of scope as asked for. */
export function draw(lines: readonly Line[], intents: readonly string[], each: number, outside = 0): readonly Line[] {
  const left = new Map<string | null, number>([...intents.map((intent) => [intent, each] as const), [null, outside]]);
  return lines.filter(({ intent }) => {
    const count = left.get(intent) ?? 0;
    left.set(intent, count - 1);
    return count > 0;
  });
}

export function setOf(lines: readonly Line[], outOfScopeShare = 0.1): TrainingSet {
  const byIntent = Map.groupBy(lines, ({ intent }) => intent);
  const textsOf = (intent: string | null): readonly string[] => (byIntent.get(intent) ?? []).map(({ text }) => text);
  const names = [...byIntent.keys()].filter((intent) => intent !== null);
  return { intents: names.map((name) => ({ name, examples: textsOf(name) })), outOfScope: textsOf(null), outOfScopeShare };
}

export function modelFrom(set: TrainingSet, options?: TrainOptions): IntentModel {
  return opened(train(set, options));
}

export function opened(bytes: Uint8Array): IntentModel {
  const model = openArtefact(bytes);
  if (!model.ok) throw new Error(model.problem);
  return model.value;
}
