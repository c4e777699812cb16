/**
 * `npm run study`: the tables of docs/routing.md that one `intents eval` does not print: what confidence means, how many examples it
 * takes, near neighbours, short messages. On CLINC150, with the settings every document is trained with. Reads fixtures, writes nothing.
 * `npm run study -- --complexity FILE…` prints instead what the rule of what is complex is worth, on answers of yours.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { openArtefact } from "../../src/classify/intents/artefact.ts";
import type { IntentModel } from "../../src/classify/intents/model.ts";
import { train } from "../../src/classify/intents/train.ts";
import { figuresOf, isRight, type Judged, shareOf } from "./figures.ts";
import { type Labelled, readLabelled, setOf } from "./labelled.ts";
import { readPools } from "./pools.ts";
import { readAnswered, recoveredOf } from "./recovered.ts";

const SHARE = 0.1;
const SIZES = [5, 10, 20, 30, 50, 100];
const DRAWS = 3;
const BOUNDS = [0.2, 0.4, 0.6, 0.8, 0.9, 1];

const fixture = (name: string): string => readFileSync(new URL(`../../test/fixtures/clinc150/${name}`, import.meta.url), "utf8");

function lines(name: string): readonly Labelled[] {
  const read = readLabelled(fixture(name));
  if (!read.ok) throw new Error(read.problem);
  return read.value;
}

function learn(examples: readonly Labelled[]): IntentModel {
  const opened = openArtefact(train(setOf(examples, SHARE)));
  if (!opened.ok) throw new Error(opened.problem);
  return opened.value;
}

const judge = (model: IntentModel, sentences: readonly Labelled[]): readonly Judged[] =>
  sentences.map((sentence) => {
    const { intent, best, confidence } = model.classify(sentence.text);
    return { ...sentence, said: intent, best, confidence };
  });

const percent = (share: number): string => (100 * share).toFixed(1);
const row = (cells: readonly (string | number)[]): void => console.log(`| ${cells.join(" | ")} |`);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const isInScope = ({ intent }: Labelled): boolean => intent !== null;
const isGuessed = ({ best, intent }: Judged): boolean => best === intent;

/** The `size` first of each intent in an order of chance; the same ones in every run. */
function drawn(examples: readonly Labelled[], size: number, draw: number): readonly Labelled[] {
  let state = 4_711 + 7_919 * draw;
  const dice = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const shuffled = examples.map((example) => ({ example, at: dice() })).toSorted((left, right) => left.at - right.at);
  const byIntent = Map.groupBy(
    shuffled.map(({ example }) => example),
    ({ intent }) => intent,
  );
  return [...byIntent.values()].flatMap((some) => some.slice(0, size));
}

function confidences(judged: readonly Judged[]): void {
  const bins = BOUNDS.map((above, index) => {
    const from = BOUNDS[index - 1] ?? -1;
    return judged.filter(({ confidence }) => confidence > from && confidence <= above);
  });
  row(["confidence up to", ...BOUNDS]);
  row(["sentences", ...bins.map((bin) => bin.length)]);
  row(["right and in scope, %", ...bins.map((bin) => percent(shareOf(bin, isGuessed)))]);
}

function sizes(examples: readonly Labelled[], test: readonly Labelled[]): void {
  row(["examples", "best guess right", "given its own", "out of scope given none", "calibration error"]);
  for (const size of SIZES) {
    const draws = Array.from({ length: size === 100 ? 1 : DRAWS }, (_, draw) => judge(learn(drawn(examples, size, draw)), test));
    const of = (figure: (judged: readonly Judged[]) => number): number => mean(draws.map(figure));
    const guessed = of((judged) => shareOf(judged.filter(isInScope), isGuessed));
    const figures = [of((judged) => figuresOf(judged).inScopeAccuracy), of((judged) => figuresOf(judged).outOfScopeRecall)];
    row([size, percent(guessed), ...figures.map(percent), of((judged) => figuresOf(judged).calibrationError).toFixed(3)]);
  }
}

/** A third of the intents of each domain is not learned, and their sentences count as out of scope. */
function neighbours(examples: readonly Labelled[], test: readonly Labelled[]): void {
  const pools = readPools(fixture("domains.json"));
  if (!pools.ok) throw new Error(String(pools.problem));
  const byDomain = Map.groupBy(pools.value.keys(), (intent) => pools.value.get(intent));
  const left = new Set([...byDomain.values()].flatMap((intents) => intents.toSorted().filter((_, index) => index % 3 === 0)));
  const model = learn(examples.filter(({ intent }) => intent !== null && !left.has(intent)));
  const near = test.filter(isInScope).map((sentence) => (left.has(sentence.intent ?? "") ? { ...sentence, intent: null } : sentence));
  console.log(`near neighbours: AUROC ${figuresOf(judge(model, near)).auroc.toFixed(3)}`);
}

function short(judged: readonly Judged[]): void {
  const inScope = judged.filter(isInScope);
  const isShort = ({ text }: Judged): boolean => text.trim().split(/\s+/).length <= 3;
  const reached = [inScope.filter(isShort), inScope.filter((one) => !isShort(one))].map((some) => percent(shareOf(some, isRight)));
  console.log(`in scope, of one to three words: ${reached[0]} % reach their intent; longer ones: ${reached[1]} %`);
}

function complexity(files: readonly string[]): void {
  row(["texts", "sent, %", "by rule", "by length", "by chance"]);
  for (const file of files) {
    const read = readAnswered(readFileSync(file, "utf8"));
    if (!read.ok) throw new Error(`${file}: ${read.problem}`);
    const { count, sent, byRule, byLength } = recoveredOf(read.value);
    row([count, percent(sent), ...[byRule, byLength, sent].map((share) => share.toFixed(3))]);
  }
}

function clinc150(): void {
  const [examples, test] = [lines("train.jsonl"), lines("test.jsonl")];
  const judged = judge(learn(examples), test);
  confidences(judged);
  short(judged);
  neighbours(examples, test);
  sizes(examples.filter(isInScope), test);
}

const { values, positionals } = parseArgs({ options: { complexity: { type: "boolean" } }, allowPositionals: true });
if (values.complexity === true) complexity(positionals);
else clinc150();
