/** Examples in a script that nobody seems to have meant. Languages of one script are all alike to it: it knows none by its words. */
import type { TrainingSet } from "../../src/classify/intents/training-set.ts";
import type { RoutesDocument } from "../../src/config/schema.ts";
import { plural } from "../cli/output.ts";
import { pathOf, type Warning, warning } from "./warning.ts";
import { nameOfScript, scriptOf, scriptsOfLanguage } from "./writing.ts";

/** Of a script that has fewer, hardly anything is learned. */
const FEW_EXAMPLES = 5;

/** By what the rules name; where they name no language, every script is welcome, if there is enough of it to be learned. */
export function scriptWarnings({ rules }: RoutesDocument, set: TrainingSet): readonly Warning[] {
  const languages = new Set(rules.flatMap(({ when }) => when.language ?? []));
  const known = new Set([...languages].flatMap(scriptsOfLanguage));
  if (languages.size === 0) return rare(set);
  return known.size === 0 ? [] : unnamed(set, known, [...languages].join(", "));
}

function unnamed({ intents }: TrainingSet, known: ReadonlySet<string>, languages: string): readonly Warning[] {
  return intents.flatMap(({ name, examples }) => {
    const foreign = byScript(examples.filter((text) => !known.has(scriptOf(text) ?? "")));
    const [first] = foreign;
    if (first === undefined) return [];
    const counts = counted(foreign, `of ${plural(examples.length, "example")} `);
    return [warning(pathOf(name), `${counts}, and the rules name ${languages}: ${JSON.stringify(first.texts[0])}`)];
  });
}

function rare({ intents }: TrainingSet): readonly Warning[] {
  const all = byScript(intents.flatMap(({ examples }) => examples));
  const few = joined(all).filter(({ texts }) => texts.length < FEW_EXAMPLES);
  if (few.length === 0 || few.length === joined(all).length) return [];
  return [warning("intents", `${counted(few)}: no other script teaches what is meant there; give ten or more for each intent`)];
}

interface Written {
  readonly script: string;
  readonly texts: readonly string[];
}

/** What most are written in first. */
const byScript = (texts: readonly string[]): readonly Written[] =>
  [...Map.groupBy(texts, scriptOf)]
    .flatMap(([script, its]) => (script === undefined ? [] : [{ script, texts: its }]))
    .sort((left, right) => right.texts.length - left.texts.length);

/** Where there are kana, all that is written in Han is taken for Japanese as well. */
function joined(all: readonly Written[]): readonly Written[] {
  const japanese = new Set(scriptsOfLanguage("ja"));
  if (!all.some(({ script }) => script === "Hira" || script === "Kana")) return all;
  const own = all.filter(({ script }) => japanese.has(script)).flatMap(({ texts }) => texts);
  return [...all.filter(({ script }) => !japanese.has(script)), { script: "Jpan", texts: own }];
}

/** `3 of 6 examples are in Han script, 1 in Arabic`. */
function counted([first, ...more]: readonly Written[], of = ""): string {
  const count = first?.texts.length ?? 0;
  const what = of === "" ? plural(count, "example") : `${count} ${of.trim()}`;
  const others = more.map(({ script, texts }) => `, ${texts.length} in ${nameOfScript(script)}`);
  return `${what} ${count === 1 ? "is" : "are"} in ${nameOfScript(first?.script ?? "")} script${others.join("")}`;
}
