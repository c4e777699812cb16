/**
 * Whether a message looks like work: long, of several questions, or with code in it. A linear rule with weights set by hand. It reads
 * no meaning, is sure of nothing, and on public data is worth about what length alone is.
 */
import { cut } from "./fold.ts";

export type Complexity = "simple" | "complex";

/** In letters of an alphabet: some twenty-five words of English, forty characters of Chinese. */
const COMPLEX_FROM = 120;
const PER_FURTHER_QUESTION = 40;
const FOR_CODE = COMPLEX_FROM;

/** A link is long and says nothing of the question; nor does a letter that is held down. */
const LINK = /https?:\/\/\S+/gi;
const HELD = /(?<held>.)\k<held>{3,}/gsu;
const NOT_SAID = /[^\p{L}\p{N}]+/gu;
/** Scripts that say more with a character: a Han character stands for about three letters, kana and Hangul for two. */
const HAN = /\p{sc=Han}+/gu;
const SYLLABLES = /[\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]+/gu;
const QUESTIONS = /[?？؟]+/g;
/** A fence, or a line that ends like one of code and another after it. */
const CODE = /```|[;{}][ \t]*\n[^;{}]*[;{}]/;

export function complexityOf(text: string): Complexity {
  const start = cut(text).replace(LINK, " ");
  const questions = start.match(QUESTIONS)?.length ?? 0;
  const score = lengthOf(start) + PER_FURTHER_QUESTION * Math.max(0, questions - 1) + (CODE.test(start) ? FOR_CODE : 0);
  return score < COMPLEX_FROM ? "simple" : "complex";
}

function lengthOf(text: string): number {
  const said = text.replace(HELD, "$<held>").replace(NOT_SAID, "");
  const without = (script: RegExp): number => said.length - said.replace(script, "").length;
  return said.length + 2 * without(HAN) + without(SYLLABLES);
}
