/**
 * Keywords in any script. `order` is found in "My ORDER?" and never in "border" or "reorder"; nor in "orders", which is another
 * word: write `order*` for everything that begins like it. No user text ever becomes a regular expression.
 */
import { fold } from "./fold.ts";
import { type TextIndex, type Token, type TokenKind, tokensOf } from "./tokens.ts";

type How = "equal" | "starts" | "ends" | "inside";

interface Part {
  readonly text: string;
  readonly how: How;
}

interface Keyword {
  /** As the operator wrote it: for the trace. */
  readonly written: string;
  /** Consecutive tokens; whatever stands between two of them in the text (spaces, dashes, a comma) does not matter. */
  readonly parts: readonly Part[];
  /** A keyword without any letter or digit (an emoji) is looked for as it is. */
  readonly symbol: string;
}

export type Keywords = readonly Keyword[];

const WILDCARD = "*";

export const compileKeywords = (written: readonly string[]): Keywords => written.map(compile);

/** The first keyword of the list that the text has, as it was written. */
export function findKeyword(keywords: Keywords, text: TextIndex): string | undefined {
  return keywords.find((keyword) => isIn(keyword, text))?.written;
}

/** Why a keyword cannot be found in any text, or undefined. */
export function keywordProblem(written: string): string | undefined {
  const { parts, symbol } = compile(written);
  return parts.length === 0 && symbol === "" ? `${JSON.stringify(written)} has nothing to look for` : undefined;
}

function compile(written: string): Keyword {
  const folded = fold(written).trim();
  const isOpen = folded.endsWith(WILDCARD);
  const bare = isOpen ? folded.slice(0, -1).trimEnd() : folded;
  const tokens = tokensOf(bare);
  const parts = tokens.map((token, index) => ({ text: token.text, how: howOf(token, placeOf(index, tokens.length), isOpen) }));
  return { written, parts, symbol: parts.length === 0 ? bare : "" };
}

interface Place {
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

const placeOf = (index: number, count: number): Place => ({ isFirst: index === 0, isLast: index === count - 1 });

const KINDS: Readonly<Record<TokenKind, (place: Place, isOpen: boolean) => How>> = {
  word: ({ isLast }, isOpen) => (isOpen && isLast ? "starts" : "equal"),
  // Particles hang on every word of a phrase: 주문을 취소해 is found by 주문 취소.
  stem: () => "starts",
  run: ({ isFirst, isLast }) => {
    if (isFirst && isLast) return "inside";
    if (isFirst) return "ends";
    return isLast ? "starts" : "equal";
  },
};

const howOf = (token: Token, place: Place, isOpen: boolean): How => KINDS[token.kind](place, isOpen);

const FITS: Readonly<Record<How, (token: string, part: string) => boolean>> = {
  equal: (token, part) => token === part,
  starts: (token, part) => token.startsWith(part),
  ends: (token, part) => token.endsWith(part),
  inside: (token, part) => token.includes(part),
};

function isIn(keyword: Keyword, text: TextIndex): boolean {
  const [first] = keyword.parts;
  if (first === undefined) return keyword.symbol !== "" && text.folded.includes(keyword.symbol);
  return candidates(first, text).some((start) =>
    keyword.parts.every((part, offset) => {
      const token = text.tokens[start + offset];
      return token !== undefined && FITS[part.how](token.text, part.text);
    }),
  );
}

function candidates(part: Part, text: TextIndex): readonly number[] {
  if (part.how === "equal") return text.equalTo(part.text);
  return part.how === "starts" ? text.startingWith(part.text) : text.runsNear(part.text);
}
