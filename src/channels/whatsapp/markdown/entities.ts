/** HTML's character references, as CommonMark allows them in text. Names that answers do not use are left as they stand. */
import { withoutReserved } from "./delimiters.ts";

/** Each name with its character. @see https://html.spec.whatwg.org/multipage/named-characters.html */
const NAMED: ReadonlyMap<string, string> = new Map(
  [
    "amp& lt< gt> quot\" apos' nbsp\u00A0 ensp\u2002 emsp\u2003 thinsp\u2009 shy\u00AD hellip… mdash— ndash– lsquo‘ rsquo’ sbquo‚ ldquo“ rdquo”",
    "bdquo„ laquo« raquo» bull• middot· dagger† copy© reg® trade™ deg° sect§ para¶ micro\u00B5 plusmn± times× divide÷ minus− ne≠ le≤ ge≥",
    "asymp≈ infin∞ sum∑ radic√ frac12½ frac14¼ frac34¾ sup1¹ sup2² sup3³ euro€ pound£ yen¥ cent¢ larr← rarr→ uarr↑ darr↓ harr↔ rArr⇒",
    "check✓ cross✗ star☆ num# ast* lowbar_ grave` lbrack[ rbrack] lpar( rpar) vert| bsol\\ sol/ excl!",
  ].flatMap((names) => names.split(" ").map((one) => [one.slice(0, -1), one.slice(-1)] as const)),
);

const REFERENCE = /&(?:#(\d{1,7})|#[xX]([\dA-Fa-f]{1,6})|([A-Za-z][A-Za-z\d]{1,31}));/g;

/** The lexer has resolved some of them already, and not kept out what is reserved here. */
export const decodeEntities = (text: string): string => withoutReserved(text.replace(REFERENCE, characterOf));

function characterOf(whole: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return NAMED.get(name) ?? whole;
  return character(decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal));
}

/**
 * Control characters are white space here, and what is no character at all becomes the replacement character.
 * @see https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references
 */
function character(code: number): string {
  if (code > 0 && code < 0x20) return " ";
  const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : "\uFFFD";
}
