/**
 * The top-level members of a JSON object whose end may be missing: bodies are looked at only as far as their head. Nested
 * values are skipped, nothing is guessed: a value that the cut may have shortened is not reported.
 */
export type Pair = readonly [name: string, value: string];

const SPACE = /[ \t\r\n]*/y;
const STRING = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
/** A number or word counts only with what ends it: at the cut, `-100` may be the beginning of `-1002`. */
const SCALAR = /[^\s,:{}[\]"]+(?=[\s,}])/y;

function ends(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

const afterSpace = (text: string, at: number): number => ends(SPACE, text, at) ?? at;

export interface Members {
  /** In order, doubled names included: strings as their text, other values as they are written. */
  readonly pairs: readonly Pair[];
  /** The object was read to its end; otherwise it is cut off, or no JSON. */
  readonly isWhole: boolean;
}

/** Members called one of `wanted`. */
export function topLevelMembers(text: string, wanted: ReadonlySet<string>): Members {
  const pairs: Pair[] = [];
  const { isWhole } = eachMember(text, ({ name, valueAt, valueEnd }) => {
    if (wanted.has(name)) pairs.push([name, unquoted(text.slice(valueAt, valueEnd))]);
  });
  return { pairs, isWhole };
}

interface Member {
  readonly name: string;
  readonly valueAt: number;
  readonly valueEnd: number;
}

function eachMember(text: string, take: (member: Member) => void): { readonly isWhole: boolean } {
  let at = afterSpace(text, 0);
  if (text[at] !== "{") return { isWhole: false };
  at = afterSpace(text, at + 1);
  while (text[at] !== "}") {
    const member = memberAt(text, at);
    if (member === undefined) return { isWhole: false };
    take(member);
    at = afterSpace(text, member.valueEnd);
    if (text[at] === ",") at = afterSpace(text, at + 1);
    else if (text[at] !== "}") return { isWhole: false };
  }
  return { isWhole: true };
}

function memberAt(text: string, at: number): Member | undefined {
  const keyEnd = ends(STRING, text, at);
  const colonAt = afterSpace(text, keyEnd ?? text.length);
  if (keyEnd === undefined || text[colonAt] !== ":") return undefined;
  const valueAt = afterSpace(text, colonAt + 1);
  const valueEnd = endOfValue(text, valueAt);
  return valueEnd === undefined ? undefined : { name: unquoted(text.slice(at, keyEnd)), valueAt, valueEnd };
}

function endOfValue(text: string, at: number): number | undefined {
  if (text[at] === '"') return ends(STRING, text, at);
  return text[at] === "{" || text[at] === "[" ? endOfNested(text, at) : ends(SCALAR, text, at);
}

/** A whole string, a bracket, or the quote of a string that does not end here. */
const MARK = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|["{}[\]]/g;

/** Just behind the bracket that closes the one at `start`; brackets inside strings do not count. */
function endOfNested(text: string, start: number): number | undefined {
  MARK.lastIndex = start;
  let depth = 0;
  for (let mark = MARK.exec(text)?.[0]; mark !== undefined && mark !== '"'; mark = MARK.exec(text)?.[0]) {
    if (mark === "{" || mark === "[") depth += 1;
    if (mark === "}" || mark === "]") depth -= 1;
    if (depth === 0) return MARK.lastIndex;
  }
  return undefined;
}

/** The text of a JSON string; anything that is not one stays as it is written. */
function unquoted(raw: string): string {
  if (!raw.startsWith('"')) return raw;
  try {
    return JSON.parse(raw) as string;
  } catch {
    return raw;
  }
}

export interface Span {
  readonly from: number;
  /** Just behind it. */
  readonly to: number;
}

/** Where the values of the members called `name` stand; undefined when the text is not a whole object. */
export function spansOf(text: string, name: string): readonly Span[] | undefined {
  const spans: Span[] = [];
  const { isWhole } = eachMember(text, (member) => {
    if (member.name === name) spans.push({ from: member.valueAt, to: member.valueEnd });
  });
  return isWhole ? spans : undefined;
}
