/** The checks of intents that need no training: that there is something to learn from, and to tell apart. */
import type { Check } from "./catalogue.ts";
import { type ConfigIssue, error, warning } from "./issue.ts";
import type { RoutesDocument } from "./schema.ts";
import { silentIn } from "./sentences.ts";

/** The trace says so of a message that is for no intent. */
const RESERVED_INTENT = "none";

export const checkIntents: Check = (document) => {
  const names = Object.keys(document.intents);
  if (names.length === 0) return checkUnused(document);
  const alone = names.length === 1 ? [error(["intents"], "one intent alone is told from nothing: add another, or use keywords")] : [];
  return [
    ...alone,
    ...names.flatMap((name) => checkIntent(name, document)),
    ...checkNames(names),
    ...checkDoubles(document),
    ...checkUse(document),
    ...checkHeard(document),
  ];
};

function checkIntent(name: string, { intents }: RoutesDocument): readonly ConfigIssue[] {
  const intent = intents[name];
  const isEmpty = intent?.examples.length === 0 && intent.examplesFile === undefined;
  const empty = isEmpty ? [error(["intents", name], "has no example: write some under examples, or name an examplesFile")] : [];
  const reserved =
    name === RESERVED_INTENT
      ? [error(["intents", name], "none is what having no intent is called: its examples belong under outOfScope")]
      : [];
  return [...empty, ...reserved];
}

/** Two spellings of one name are two intents to the machine, and one to whoever reads a trace. */
function checkNames(names: readonly string[]): readonly ConfigIssue[] {
  const seen = new Map<string, string>();
  return names.flatMap((name) => {
    const other = seen.get(plain(name));
    seen.set(plain(name), name);
    return other === undefined ? [] : [error(["intents", name], `is ${other} in other letters: one of them has to go`)];
  });
}

/** The same words under two names teach the machine nothing but doubt. Those in files are looked at where they are read. */
function checkDoubles({ intents, outOfScope }: RoutesDocument): readonly ConfigIssue[] {
  const owners = new Map<string, string>();
  const told = (at: readonly string[], examples: readonly string[]): readonly ConfigIssue[] => {
    const me = at.join(".");
    return examples.flatMap((example, index) => {
      const words = plain(example);
      const owner = owners.get(words) ?? me;
      owners.set(words, owner);
      return owner === me ? [] : [warning([...at, "examples", index], `is an example of ${owner} too`)];
    });
  };
  return [
    ...Object.entries(intents).flatMap(([name, { examples }]) => told(["intents", name], examples)),
    ...told(["outOfScope"], outOfScope.examples),
  ];
}

const plain = (text: string): string => text.normalize("NFKC").toLowerCase().trim().replace(/\s+/g, " ");

const checkUse = ({ rules }: RoutesDocument): readonly ConfigIssue[] =>
  rules.some(({ when }) => when.intent !== undefined)
    ? []
    : [warning(["intents"], "no rule asks for an intent: they send nobody anywhere")];

/** Whoever compares with each example reads no files. */
function checkHeard(document: RoutesDocument): readonly ConfigIssue[] {
  const [first, ...others] = silentIn(document);
  if (document.secondOpinion === undefined || first === undefined) return [];
  const silent = others.length === 0 ? first : `${first} and ${others.length} more`;
  return [warning(["secondOpinion"], `nobody is asked, for want of an example in the document itself: ${silent}`)];
}

function checkUnused({ outOfScope: { examples, examplesFile }, secondOpinion }: RoutesDocument): readonly ConfigIssue[] {
  const isGiven = { outOfScope: examples.length > 0 || examplesFile !== undefined, secondOpinion: secondOpinion !== undefined };
  const unused = Object.entries(isGiven).filter(([, is]) => is);
  return unused.map(([field]) => warning([field], "has no effect: the document has no intents"));
}
