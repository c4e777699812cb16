/** `clawedge intents …`: how good the classifier is on sentences it has not seen. Needs no edge. */

import { problemsOf } from "../../../src/classify/intents/problems.ts";
import type { TrainOptions } from "../../../src/classify/intents/train.ts";
import type { TrainingSet } from "../../../src/classify/intents/training-set.ts";
import { type Evaluation, evaluate } from "../../intents/evaluate.ts";
import { type Labelled, readLabelled, setOf } from "../../intents/labelled.ts";
import { numberOption } from "../args.ts";
import { type Call, type Command, textValue } from "../command.ts";
import { CliFailure, usageError } from "../failure.ts";
import { issueLines } from "../issues.ts";
import { readFile } from "../offline.ts";
import { facts, plural } from "../output.ts";

/** What a document expects that does not say. */
const DEFAULT_SHARE = 0.1;

export const intentsEval: Command = {
  name: "intents eval",
  summary: "Train on one file of sentences and measure on another, in workerd",
  operands: [],
  options: {
    train: { type: "string", value: "FILE", help: 'JSONL, {"text","intent"} a line; intent null: out of scope' },
    test: { type: "string", value: "FILE", help: "the same; nothing of it is learned from" },
    validation: { type: "string", value: "FILE", help: "the same; the threshold is chosen on it, instead of on held-out parts of --train" },
    "operating-point": { type: "string", value: "NAME", help: "balanced (default) or paper" },
    "out-of-scope-share": { type: "string", value: "N", help: `balanced: the share to expect, 0 to 1 (default ${DEFAULT_SHARE})` },
  },
  notes: `balanced chooses the threshold for the share of out-of-scope messages that a document expects; paper the one that is right most
often on validation data. Sentences are classified by the built product in workerd. µs a message: the clock in workerd stands still while
code runs, so 60 warm batches of 500 messages are timed from outside; their lower quartile counts, less that of as many empty calls.
All shares are between 0 and 1; 0 where there is nothing to count.`,
  run: async (call) => {
    const set = setOf(labelledIn(call, "train"), shareOf(call));
    const test = labelledIn(call, "test");
    const issues = problemsOf(set).filter(({ level }) => level === "error");
    if (issues.length > 0) throw new CliFailure(1, `nothing can be learned from this:\n${issueLines(issues).join("\n")}`, { issues });
    warnOfStrangers(call, set, test);
    const evaluation = await evaluate(set, test, { ...optionsOf(call), gauge: call.output.gauge });
    call.output.answer(evaluation.figures, () => evaluationLines(evaluation));
    return 0;
  },
};

function labelledIn(call: Call, option: "train" | "test" | "validation"): readonly Labelled[] {
  const file = textValue(call, option);
  if (file === undefined) throw usageError(`--${option} is missing: name a file with {"text","intent"} a line`);
  const lines = readLabelled(readFile(file));
  if (!lines.ok) throw new CliFailure(1, `${file} has lines that are no labelled sentences:\n${lines.problem}`);
  return lines.value;
}

function warnOfStrangers(call: Call, { intents }: TrainingSet, test: readonly Labelled[]): void {
  const known = new Set(intents.map(({ name }) => name));
  const strange = test.filter(({ intent }) => intent !== null && !known.has(intent));
  if (strange.length === 0) return;
  call.output.progress(`${plural(strange.length, "sentence")} of --test are of intents that --train does not have: they count as wrong`);
}

const shareOf = (call: Call): number => numberOption(call, "out-of-scope-share", { least: 0, most: 1 }) ?? DEFAULT_SHARE;

function optionsOf(call: Call): Pick<TrainOptions, "operatingPoint" | "validation"> {
  const operatingPoint = textValue(call, "operating-point") ?? "balanced";
  if (operatingPoint !== "balanced" && operatingPoint !== "paper") {
    throw usageError(`--operating-point ${operatingPoint} is neither balanced nor paper`);
  }
  if (textValue(call, "validation") === undefined) return { operatingPoint };
  const lines = labelledIn(call, "validation");
  return {
    operatingPoint,
    validation: {
      in: lines.flatMap(({ text, intent }) => (intent === null ? [] : [{ text, intent }])),
      out: lines.filter(({ intent }) => intent === null).map(({ text }) => text),
    },
  };
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

function evaluationLines({ figures, unpackMs }: Evaluation): readonly string[] {
  return facts({
    "in-scope accuracy": percent(figures.inScopeAccuracy),
    "out-of-scope recall": percent(figures.outOfScopeRecall),
    "joint accuracy": percent(figures.jointAccuracy),
    AUROC: figures.auroc.toFixed(4),
    "calibration error": `${figures.calibrationError.toFixed(4)} (in scope, 15 bins)`,
    "a message": `${figures.microsPerMessage.toFixed(1)} µs in workerd`,
    artefact: `${figures.artefactBytesGzip} bytes, gzip; unpacked in ${unpackMs.toFixed(1)} ms`,
    training: `${figures.trainSeconds.toFixed(1)} s`,
  });
}
