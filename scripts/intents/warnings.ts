/** What an operator should change about their examples, as issues of the document: beside the figures, in the words of `routes validate`. */
import type { TrainingSet } from "../../src/classify/intents/training-set.ts";
import type { RoutesDocument } from "../../src/config/schema.ts";
import { plural } from "../cli/output.ts";
import { linesOfSet } from "./labelled.ts";
import { type Contradiction, contradictionsOf, type Quality, repeatedIn } from "./quality.ts";
import { hasWords, wordsOf } from "./same-words.ts";
import { scriptWarnings } from "./script-warnings.ts";
import { capped, pathOf, type Warning, warning } from "./warning.ts";

/** One example teaches little. */
const FEW_EXAMPLES = 5;
/** Of fewer judged sentences a share may be off by ten points and more, by chance alone. */
const FEW_JUDGED = 100;
/** Among so many times as many examples, an intent is hardly ever guessed. */
const IMBALANCE = 10;

export const warningsOf = (document: RoutesDocument, set: TrainingSet, quality: Quality): readonly Warning[] => [
  ...capped(contradictionsOf(set).map(contradicting), "contradictions", "contradiction"),
  ...capped(wordless(set), "examples without letters or digits", "example without letters or digits"),
  ...repeated(set),
  ...meaningless(set, quality),
  ...mostlyFallingBack(quality),
  ...unbalanced(set),
  ...capped(tooFew(set), "intents with few examples", "intent with few examples"),
  ...capped(quality.alike.map(alike), "pairs of intents that are alike", "pair of intents that are alike"),
  ...capped(scriptWarnings(document, set), "intents in a script that no rule names", "intent in a script that no rule names"),
];

const percent = (share: number): string => `${Math.round(share * 100)} %`;

function meaningless({ intents }: TrainingSet, { judged }: Quality): readonly Warning[] {
  const examples = intents.reduce((sum, intent) => sum + intent.examples.length, 0);
  if (judged === 0 || (judged >= FEW_JUDGED && examples >= FEW_EXAMPLES * intents.length)) return [];
  return [warning("intents", "too few examples for these figures to mean much; give ten or more for each intent")];
}

const wordless = (set: TrainingSet): readonly Warning[] =>
  linesOfSet(set)
    .filter(({ text }) => !hasWords(text))
    .map(({ text, intent }) =>
      warning(pathOf(intent), `the example ${JSON.stringify(text)} has no letters or digits: nothing is learned from it`),
    );

function repeated(set: TrainingSet): readonly Warning[] {
  const count = repeatedIn(set);
  if (count === 0) return [];
  return [warning("intents", `${plural(count, "example stands", "examples stand")} more than once; each is judged as one`)];
}

function mostlyFallingBack({ fallsBack: { inScope } }: Quality): readonly Warning[] {
  if (inScope <= 0.5) return [];
  const what = `${percent(inScope)} of what is in scope would reach no intent`;
  return [warning("intents", `${what}; give more examples, or say minConfidence in the rules where a mistake costs little`)];
}

function unbalanced({ intents }: TrainingSet): readonly Warning[] {
  const [fewest, ...more] = intents.toSorted((left, right) => left.examples.length - right.examples.length);
  const most = more.at(-1);
  if (fewest === undefined || most === undefined || most.examples.length <= IMBALANCE * fewest.examples.length) return [];
  const counts = `${plural(fewest.examples.length, "example")}, and ${most.name} ${most.examples.length}`;
  return [warning(pathOf(fewest.name), `${counts}, more than ${IMBALANCE} times as many: it is guessed too rarely; give it more`)];
}

function contradicting({ text, intents }: Contradiction): Warning {
  const [first = null, ...others] = intents;
  const also = others.map((intent) => intent ?? "outOfScope").join(" and ");
  return warning(pathOf(first), `the example ${JSON.stringify(text)} is also one of ${also}: nobody could learn which is meant`);
}

function tooFew({ intents }: TrainingSet): readonly Warning[] {
  return intents
    .map(({ name, examples }) => ({ name, different: new Set(examples.map(wordsOf)).size }))
    .filter(({ different }) => different < FEW_EXAMPLES)
    .map(({ name, different }) => {
      const count = different === 1 ? "one example" : `${different} examples`;
      return warning(pathOf(name), `only ${count}: ${different === 1 ? "it cannot be cross-validated; " : ""}give ten or more`);
    });
}

const alike = ({ intents: [one, other], share }: Quality["alike"][number]): Warning =>
  warning(
    pathOf(one),
    `too like ${other}: ${percent(share)} of their examples were taken for the other's; join the two, or tell them apart`,
  );
