/** What is wrong with a training set, as sentences with the path of what is meant; errors stop training, warnings do not. */
import { fold } from "../fold.ts";
import type { TrainingSet } from "./training-set.ts";

export interface SetProblem {
  readonly level: "error" | "warning";
  readonly path: string;
  readonly message: string;
}

const FEW_EXAMPLES = 5;
const MAX_QUOTED = 80;

/** All problems, in the document's order. */
export function problemsOf(set: TrainingSet): readonly SetProblem[] {
  const error = (path: string, message: string): SetProblem => ({ level: "error", path, message });
  const problems: SetProblem[] = [];
  if (set.intents.length < 2) problems.push(error("intents", "a classifier needs at least two intents to tell apart"));
  const names = new Set<string>();
  for (const { name, examples } of set.intents) {
    const path = `intents.${name}`;
    if (names.has(name)) problems.push(error(path, "there are two intents of this name"));
    names.add(name);
    const count = examples.filter((text) => text.trim() !== "").length;
    if (count === 0) problems.push(error(path, "an intent needs at least one example"));
    else if (count < FEW_EXAMPLES)
      problems.push({
        level: "warning",
        path,
        message: `few examples (${count} of at least ${FEW_EXAMPLES}): it is guessed more than known`,
      });
  }
  const { outOfScopeShare: share } = set;
  if (!(share >= 0 && share < 1)) problems.push(error("outOfScope.share", "a share is at least 0 and below 1"));
  return [...problems, ...contradictions(set)];
}

/** Texts without anything in them, and texts that belong to two. */
function contradictions({ intents, outOfScope }: TrainingSet): readonly SetProblem[] {
  const owners = new Map<string, string>();
  const lists = [...intents, { name: undefined, examples: outOfScope }];
  return lists.flatMap(({ name, examples }) =>
    examples.flatMap((text, at): readonly SetProblem[] => {
      const owner = name ?? "outOfScope";
      const path = `${name === undefined ? owner : `intents.${name}`}.examples.${at}`;
      const folded = fold(text).trim();
      const other = owners.get(folded) ?? owner;
      owners.set(folded, other);
      if (folded === "") return [{ level: "warning", path, message: "an example is empty" }];
      const quoted = JSON.stringify(text.slice(0, MAX_QUOTED));
      return other === owner ? [] : [{ level: "warning", path, message: `${quoted} is an example of ${other} as well` }];
    }),
  );
}
