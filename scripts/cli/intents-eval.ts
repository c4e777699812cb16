/** The part of `intents eval` that reads: its options, and the files they name, as an evaluation wants them. */
import { problemsOf } from "../../src/classify/intents/problems.ts";
import type { TrainOptions } from "../../src/classify/intents/train.ts";
import type { TrainingSet } from "../../src/classify/intents/training-set.ts";
import { type Labelled, readLabelled, setOf } from "../intents/labelled.ts";
import { type Pools, readPools } from "../intents/pools.ts";
import { numberOption } from "./args.ts";
import { type Call, isSet, textValue } from "./command.ts";
import { CliFailure, usageError } from "./failure.ts";
import { issueLines } from "./issues.ts";
import { readOption } from "./offline.ts";
import { plural } from "./output.ts";

/** What a document expects that does not say; and the most that one may say. */
export const DEFAULT_SHARE = 0.1;
export const MAX_SHARE = 0.95;

export interface EvalInput {
  readonly set: TrainingSet;
  readonly test: readonly Labelled[];
  readonly options: Pick<TrainOptions, "operatingPoint" | "validation">;
  readonly pools: Pools | undefined;
}

/** Whatever is wrong with it is said before anything is trained. */
export function evalInputOf(call: Call): EvalInput {
  const operatingPoint = operatingPointOf(call);
  const share = shareOf(call, operatingPoint);
  const set = trainingSetOf(call, share);
  const test = labelledIn(call, "test");
  if (test.length === 0) throw new CliFailure(1, "--test has no sentence: there is nothing to measure");
  const pools = poolsOf(call, set, test);
  warnOfStrangers(call, set, test);
  warnOfNames(call, set, test);
  warnOfExamples(call, set);
  return { set, test, pools, options: { operatingPoint, ...validationOf(call, set) } };
}

function operatingPointOf(call: Call): "balanced" | "paper" {
  const named = textValue(call, "operating-point") ?? "balanced";
  if (named === "balanced" || named === "paper") return named;
  throw usageError(`--operating-point ${named} is neither balanced nor paper`);
}

function shareOf(call: Call, operatingPoint: "balanced" | "paper"): number {
  const share = numberOption(call, "out-of-scope-share", { least: 0, most: MAX_SHARE });
  if (share !== undefined && operatingPoint === "paper") throw usageError("--out-of-scope-share says nothing to --operating-point paper");
  return share ?? DEFAULT_SHARE;
}

function trainingSetOf(call: Call, share: number): TrainingSet {
  const lines = labelledIn(call, "train");
  if (lines.length === 0) throw new CliFailure(1, "--train has no sentence: there is nothing to learn from");
  if (lines.every(({ intent }) => intent === null)) {
    throw new CliFailure(1, 'every sentence of --train is out of scope ("intent": null): there is no intent to learn');
  }
  const set = setOf(isSet(call, "no-out-of-scope") ? lines.filter(({ intent }) => intent !== null) : lines, share);
  const issues = problemsOf(set).filter(({ level }) => level === "error");
  if (issues.length === 0) return set;
  throw new CliFailure(1, `nothing can be learned from --train:\n${issueLines(issues).join("\n")}`, { issues });
}

function labelledIn(call: Call, option: "train" | "test" | "validation"): readonly Labelled[] {
  const file = textValue(call, option);
  if (file === undefined) throw usageError(`--${option} is missing: name a file with {"text","intent"} a line`);
  const lines = readLabelled(readOption(option, file));
  if (!lines.ok) throw new CliFailure(1, `--${option}: ${file} has lines that are no labelled sentences:\n${lines.problem}`);
  return lines.value;
}

function poolsOf(call: Call, { intents }: TrainingSet, test: readonly Labelled[]): Pools | undefined {
  const file = textValue(call, "pools");
  if (file === undefined) return undefined;
  const pools = readPools(readOption("pools", file));
  if (!pools.ok) throw new CliFailure(1, `--pools: ${file} ${pools.problem}`);
  const names = [...intents.map(({ name }) => name), ...test.flatMap(({ intent }) => intent ?? [])];
  const without = names.find((name) => !pools.value.has(name));
  if (without !== undefined) throw new CliFailure(1, `--pools: ${file} names no pool of the intent ${without}`);
  return pools.value;
}

function strangersIn({ intents }: TrainingSet, lines: readonly Labelled[]): readonly Labelled[] {
  const known = new Set(intents.map(({ name }) => name));
  return lines.filter(({ intent }) => intent !== null && !known.has(intent));
}

function warnOfStrangers(call: Call, set: TrainingSet, test: readonly Labelled[]): void {
  const count = strangersIn(set, test).length;
  if (count === 0) return;
  const [are, they] = count === 1 ? ["is of an intent", "it counts"] : ["are of intents", "they count"];
  call.output.progress(`${plural(count, "sentence")} of --test ${are} that --train does not have: ${they} as wrong`);
}

/** What other files call it. */
const OUT_OF_SCOPE = /^(?:oos|ood|none|null|out[ _-]?of[ _-]?(?:scope|domain))$/i;

function warnOfNames(call: Call, { intents }: TrainingSet, test: readonly Labelled[]): void {
  const names = [...intents.map(({ name }) => name), ...test.flatMap(({ intent }) => intent ?? [])];
  const name = names.find((one) => OUT_OF_SCOPE.test(one));
  if (name === undefined) return;
  call.output.progress(`"${name}" counts as an intent like any other; where it means out of scope, write "intent": null`);
}

const SHOWN = 5;

function warnOfExamples(call: Call, set: TrainingSet): void {
  const lines = issueLines(problemsOf(set));
  for (const line of lines.slice(0, SHOWN)) call.output.progress(`--train: ${line}`);
  const rest = lines.length - SHOWN;
  if (rest > 0) call.output.progress(`--train: ${plural(rest, "more warning")}`);
}

function validationOf(call: Call, set: TrainingSet): Pick<TrainOptions, "validation"> {
  if (textValue(call, "validation") === undefined) return {};
  const lines = labelledIn(call, "validation");
  const inScope = lines.flatMap(({ text, intent }) => (intent === null ? [] : [{ text, intent }]));
  const out = lines.filter(({ intent }) => intent === null).map(({ text }) => text);
  if (inScope.length === strangersIn(set, lines).length) {
    call.output.progress("--validation has no sentence of an intent of --train: the threshold and the confidences mean nothing");
  } else if (out.length === 0) {
    call.output.progress("--validation has no sentence that is out of scope: the threshold takes no account of any");
  }
  return { validation: { in: inScope, out } };
}
