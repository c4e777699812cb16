/**
 * Text as rules compare it: one spelling for what a person would call the same word. Both sides are folded (the operator's
 * keyword and the sender's text), so a collision costs a false friend, never a miss. It knows no locale and never throws.
 */

/** A longer text is cut before anything looks at it: rules read the beginning of a novel, not the novel. */
export const MAX_TEXT_UNITS = 4_000;

/** Zero-width and bidirectional controls, soft hyphens, variation selectors. @see https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

/** Only this block is an accent. Marks of Devanagari, Thai or Arabic are letters to their readers, and stay. @see https://www.unicode.org/charts/PDF/U0300.pdf */
const ACCENTS = /[\u0300-\u036f]/g;

/** Letters that Unicode does not take apart, but keyboards do. `ı` and `İ` both become `i`, whatever language the sender writes. */
const RESPELLED: Readonly<Record<string, string>> = { ß: "ss", ı: "i", ς: "σ", ł: "l", ø: "o", đ: "d", ð: "d", æ: "ae", œ: "oe", ħ: "h" };
const TO_RESPELL = /[ßıςłøđðæœħ]/g;

const PLAIN = /^[\0-\x7f]*$/;

export function fold(text: string): string {
  const start = cut(text);
  if (PLAIN.test(start)) return start.toLowerCase();
  const lower = start.replace(INVISIBLE, "").normalize("NFKC").toLowerCase();
  const bare = lower.normalize("NFD").replace(ACCENTS, "").normalize("NFC");
  // Compatibility forms grow (one Arabic ligature is 18 letters), so what comes out is cut as well.
  return cut(bare.replace(TO_RESPELL, (letter) => RESPELLED[letter] ?? letter));
}

/** The first units of a text; a surrogate pair is never split, a lone surrogate is left alone. */
export function cut(text: string, maxUnits: number = MAX_TEXT_UNITS): string {
  if (text.length <= maxUnits) return text;
  return text.slice(0, maxUnits).replace(/[\ud800-\udbff]$/, "");
}
