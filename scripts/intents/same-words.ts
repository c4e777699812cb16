/** When two examples say the same: in the same words, whatever their case, accents and punctuation. What the model sees of both is the same. */
import { fold } from "../../src/classify/fold.ts";
import { tokensOf } from "../../src/classify/tokens.ts";

export function wordsOf(text: string): string {
  const folded = fold(text);
  const words = tokensOf(folded).map((token) => token.text);
  return words.length === 0 ? folded.trim() : words.join(" ");
}

/** Whether there is anything to learn from it: letters or digits. */
export const hasWords = (text: string): boolean => tokensOf(fold(text)).length > 0;
