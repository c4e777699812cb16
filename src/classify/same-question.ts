/**
 * When two people ask the same, and when an answer is for one of them alone. Both err on the safe side: what is alike and not the
 * same is asked again, and an answer that may name somebody is nobody else's.
 */
import { fold } from "./fold.ts";
import { tokensOf } from "./tokens.ts";

/** A longer text is a story, and nobody tells the same one. */
const MAX_LENGTH = 300;
const ENDS = /^[\s.,;:!?…¿¡。、'"“”„«»]+|[\s.,;:!?…¿¡。、'"“”„«»]+$/gu;

/** One spelling for the same words; undefined for what has none, or too many. */
export function questionIn(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const question = fold(text).replace(ENDS, "").replace(/\s+/g, " ");
  return question === "" ? undefined : question;
}

export interface Person {
  /** As they call themselves. */
  readonly name: string | undefined;
  /** Their ids at the platform; one may be a phone number. */
  readonly ids: readonly string[];
}

/** Any part of the name, and the end of a number however it is written. */
export function namesPerson(answer: string, { name, ids }: Person): boolean {
  const said = fold(answer);
  const digits = answer.normalize("NFKC").replace(/\D+/g, "");
  return isNameIn(name ?? "", said) || ids.some((id) => isIdIn(id, said, digits));
}

/** Words of so many letters stand within others by chance; longer ones are bent: `Annas`. */
const SHORT = 3;

function isNameIn(name: string, said: string): boolean {
  const words = new Set(tokensOf(said).map(({ text }) => text));
  return tokensOf(fold(name)).some(({ kind, text }) => {
    if (kind !== "word") return syllablesOf(text).some((part) => said.includes(part));
    return text.length > SHORT ? said.includes(text) : text.length > 1 && words.has(text);
  });
}

/** Of a name without spaces: what it begins with is the family's, and any two say as much as all. */
function syllablesOf(text: string): readonly string[] {
  const letters = [...text];
  return letters.map((letter, index) => (index === 0 ? letter : `${letters[index - 1]}${letter}`));
}

/** In another country a number begins differently. */
const NUMBER_END = 6;

function isIdIn(id: string, said: string, digits: string): boolean {
  const number = id.replace(/\D+/g, "").slice(-NUMBER_END);
  return said.includes(fold(id)) || (number.length === NUMBER_END && digits.includes(number));
}
