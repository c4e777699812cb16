/** What is wrong with a training set, as sentences with the path of what is meant; errors stop training, warnings do not. */
import { fold } from "../fold.ts";
import type { TrainingSet } from "./training-set.ts";

export interface SetProblem {
  readonly level: "error" | "warning";
  readonly path: string;
  readonly message: string;
}

const FEW_EXAMPLES = 5;

export function problemsOf(set: TrainingSet): readonly SetProblem[] {
  const problems: SetProblem[] = [];
  const report = (level: SetProblem["level"], path: string, message: string): void => void problems.push({ level, path, message });
  if (set.intents.length < 2) report("error", "intents", "a classifier needs at least two intents to tell apart");
  const names = new Set<string>();
  const owners = new Map<string, string>();
  const meet = (text: string, owner: string, path: string): void => {
    const folded = fold(text).trim();
    const other = owners.get(folded);
    if (folded === "") report("warning", path, "an example is empty");
    else if (other !== undefined && other !== owner)
      report("warning", path, `${JSON.stringify(text.slice(0, 80))} is an example of ${other} too`);
    owners.set(folded, owner);
  };
  for (const { name, examples } of set.intents) {
    const path = `intents.${name}`;
    if (names.has(name)) report("error", path, "there are two intents of this name");
    names.add(name);
    if (examples.every((text) => text.trim() === "")) report("error", path, "an intent needs at least one example");
    else if (examples.length < FEW_EXAMPLES)
      report("warning", path, `${examples.length} of at least ${FEW_EXAMPLES} examples: it will be guessed rather than known`);
    for (const [at, text] of examples.entries()) meet(text, name, `${path}.examples.${at}`);
  }
  for (const [at, text] of set.outOfScope.entries()) meet(text, "outOfScope", `outOfScope.examples.${at}`);
  if (!(set.outOfScopeShare >= 0 && set.outOfScopeShare < 1)) report("error", "outOfScope.share", "a share is at least 0 and below 1");
  return problems;
}
