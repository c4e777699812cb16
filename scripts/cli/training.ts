/**
 * A document's intents on this machine: its example files read, the set trained, the model as the edge would open it. The edge itself
 * never sees the files: it gets the document and the artefact.
 */
import { dirname, isAbsolute, resolve } from "node:path";
import { openArtefact } from "../../src/classify/intents/artefact.ts";
import type { IntentModel } from "../../src/classify/intents/model.ts";
import { problemsOf } from "../../src/classify/intents/problems.ts";
import { train } from "../../src/classify/intents/train.ts";
import type { TrainingSet } from "../../src/classify/intents/training-set.ts";
import type { RoutesDocument } from "../../src/config/schema.ts";
import { hasIntents, trainingSetOf } from "../../src/config/training-set-of.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";
import { type Examples, readExamples } from "../intents/labelled.ts";
import type { Issue } from "./issues.ts";
import { invalid, textIn } from "./offline.ts";
import type { Output } from "./output.ts";

export interface Trained {
  readonly set: TrainingSet;
  readonly artefact: Uint8Array;
  readonly model: IntentModel;
}

/** `file` is where the document stands: files of examples are named from there. */
export function trainingSetIn(document: RoutesDocument, file: string): Result<TrainingSet, readonly Issue[]> {
  const read = new Map<string, Examples>();
  const unread: Issue[] = [];
  const set = trainingSetOf(document, (named, intent) => {
    const path = `${intent === null ? "outOfScope" : `intents.${intent}`}.examplesFile`;
    const complain = (message: string) => unread.push({ level: "error", path, message });
    const known = read.get(named);
    const found = known === undefined ? examplesIn(named, file) : ok(known);
    if (!found.ok) complain(found.problem);
    const examples = found.ok ? found.value : NOTHING;
    read.set(named, examples);
    const its = examples.of(intent);
    const isBare = intent !== null && document.intents[intent]?.examples.length === 0;
    if (its.length === 0 && isBare && examples.named.length > 0) complain(`${named} has no example of it: ${otherNames(examples)}`);
    return its;
  });
  // What else is missing then is missing because of that.
  if (unread.length > 0) return fail(unread);
  if (!set.ok) return set;
  const issues = problemsOf(set.value);
  return issues.some(({ level }) => level === "error") ? fail(issues) : set;
}

const NOTHING: Examples = { of: () => [], named: [] };

const SHOWN = 3;

const otherNames = ({ named }: Examples): string =>
  `its lines name ${named.slice(0, SHOWN).join(", ")}${named.length > SHOWN ? ` and ${named.length - SHOWN} more` : ""}`;

function examplesIn(named: string, document: string): Result<Examples, string> {
  const file = isAbsolute(named) || document === "-" ? named : resolve(dirname(document), named);
  const text = textIn(file);
  if (!text.ok) return text;
  const examples = readExamples(text.value, named.endsWith(".jsonl"));
  return examples.ok ? examples : fail(`${file} is not a file of examples:\n${examples.problem}`);
}

export function trainSet(set: TrainingSet, output: Output): Trained {
  const artefact = output.gauge("training", (onProgress) => train(set, { onProgress }));
  const opened = openArtefact(artefact);
  if (!opened.ok) throw new Error(opened.problem);
  return { set, artefact, model: opened.value };
}

/** The model that the document would have on the edge; none where it names no intents. `known` serves again where it learned the same. */
export function modelOf(document: RoutesDocument, file: string, output: Output, known?: Trained): Trained | undefined {
  if (!hasIntents(document)) return undefined;
  const set = trainingSetIn(document, file);
  if (!set.ok) throw invalid(file, set.problem);
  return known !== undefined && JSON.stringify(known.set) === JSON.stringify(set.value) ? known : trainSet(set.value, output);
}
