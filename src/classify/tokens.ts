/**
 * Folded text, taken apart into words once per message and indexed for all rules. It knows three kinds of script: with words
 * between spaces, without (Chinese, Japanese, Thai, ...), and Korean, whose words carry particles at their end.
 */

/**
 * - word: a whole word between separators (Latin, Cyrillic, Arabic, Devanagari, digits, ...)
 * - stem: a Korean word; it begins with what is meant and ends in particles: 환불, 환불을, 환불해 주세요
 * - run: letters of a script that writes without spaces; where its words end is anybody's guess
 */
export type TokenKind = "word" | "stem" | "run";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

/** A change of script ends a token too: people write `我的order呢` and `iphone을`. `ー` and the voicing marks belong to no script by themselves. */
const TOKENS =
  /(?<run>[[\p{L}\p{M}\p{N}]&&[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}ー\u3099\u309a]]+)|(?<stem>\p{sc=Hangul}+)|(?<word>[[\p{L}\p{M}\p{N}]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{sc=Hangul}ー\u3099\u309a]]+)/gv;

/** What most messages are made of, and the same words in it for a tenth of the work. */
const PLAIN = /^[\0-\x7f]*$/;
const PLAIN_WORDS = /[A-Za-z0-9]+/g;

export function tokensOf(folded: string): readonly Token[] {
  if (PLAIN.test(folded)) return (folded.match(PLAIN_WORDS) ?? []).map((text) => ({ kind: "word", text }));
  return Array.from(folded.matchAll(TOKENS), ({ 0: text, groups }) => {
    if (groups?.["run"] !== undefined) return { kind: "run", text };
    return { kind: groups?.["stem"] === undefined ? "word" : "stem", text };
  });
}

/** Where in the text something is; built lazily, because most rules never ask. */
export interface TextIndex {
  readonly folded: string;
  readonly tokens: readonly Token[];
  readonly equalTo: (text: string) => readonly number[];
  readonly startingWith: (prefix: string) => readonly number[];
  /** Runs that contain the first character of `text`: the candidates for containing all of it. */
  readonly runsNear: (text: string) => readonly number[];
}

export function indexText(folded: string): TextIndex {
  const tokens = tokensOf(folded);
  const words = once(() => positionsBy(tokens, (token) => [token.text]));
  const sorted = once(() => [...words().keys()].sort(byCodeUnit));
  const runs = once(() => positionsBy(tokens, (token) => (token.kind === "run" ? new Set(token.text) : [])));
  const equalTo = (text: string): readonly number[] => words().get(text) ?? [];
  return {
    folded,
    tokens,
    equalTo,
    startingWith: (prefix) => wordsFrom(sorted(), prefix).flatMap(equalTo),
    runsNear: (text) => runs().get(String.fromCodePoint(text.codePointAt(0) ?? 0)) ?? [],
  };
}

function positionsBy(tokens: readonly Token[], keysOf: (token: Token) => Iterable<string>): ReadonlyMap<string, readonly number[]> {
  const positions = new Map<string, number[]>();
  for (const [index, token] of tokens.entries()) {
    for (const key of keysOf(token)) {
      const known = positions.get(key);
      if (known === undefined) positions.set(key, [index]);
      else known.push(index);
    }
  }
  return positions;
}

/** The words of a sorted list that start with `prefix`, by binary search. */
function wordsFrom(sorted: readonly string[], prefix: string): readonly string[] {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? "") < prefix) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (sorted[end]?.startsWith(prefix) === true) end += 1;
  return sorted.slice(low, end);
}

const byCodeUnit = (left: string, right: string): number => {
  if (left === right) return 0;
  return left < right ? -1 : 1;
};

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
