/**
 * Markdown's tokens, with bounded work. An agent writes what people and web pages told it, and a Markdown parser is slow, or out of
 * stack, on text made for that: what goes beyond what a person would read is not parsed, but shown as it stands. Never throws.
 */
import { Lexer, type MarkedToken } from "marked";

/** Sixteen messages' worth. The lines of one item of a list take time in their square. */
const MAX_MARKDOWN_UNITS = 65_536;
const MAX_LINES = 4096;

/** Lists within quotes within lists, on one line; a long rule only looks like one. */
const DEEP_LINE = /^(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))){17}(?=.*[^\s*-])/m;

/**
 * Within a paragraph, an address's end takes time in the square of its length, and a delimiter's partner in the square of their number.
 * One paragraph of 16,384 units uses this up, or one with 500 delimiters; two hundred ordinary ones do not.
 */
const MAX_INLINE_WORK = 2 ** 28;
const DELIMITER_WORK = 1000;

/** A reference may be short and its address long: together they must not write much more than was read. */
const MAX_REFERRED_UNITS = 16 * MAX_MARKDOWN_UNITS;

export type Tokens = readonly MarkedToken[];

/** Nothing where the text is too much to be taken apart. */
export function lexed(markdown: string): Tokens | undefined {
  if (markdown.length > MAX_MARKDOWN_UNITS || countOf(markdown, /\n/g) > MAX_LINES || DEEP_LINE.test(markdown)) return undefined;
  try {
    return lexedInFull(markdown);
  } catch {
    /** An answer is shown as it was written rather than lost to the parser. */
    return undefined;
  }
}

function lexedInFull(markdown: string): Tokens | undefined {
  const lexer = new Lexer({ gfm: true });
  lexer.blockTokens(markdown.replaceAll(/\r\n?/g, "\n"), lexer.tokens);
  if (mayRepeatTooMuch(markdown, Object.values(lexer.tokens.links))) return undefined;
  let work = 0;
  for (const { src, tokens } of lexer.inlineQueue) {
    const more = work + workOf(src);
    if (more > MAX_INLINE_WORK) {
      tokens.push({ type: "escape", raw: src, text: src });
      continue;
    }
    work = more;
    lexer.inlineTokens(src, tokens);
  }
  return known(lexer.tokens);
}

/** No extension is installed, so that all tokens are marked's own. */
export const known = (tokens: readonly { readonly type: string }[] | undefined): Tokens => (tokens ?? []) as Tokens;

const workOf = (text: string): number => text.length ** 2 + DELIMITER_WORK * countOf(text, /[*_~]/g) ** 2;

function mayRepeatTooMuch(markdown: string, links: readonly { readonly href: string }[]): boolean {
  const longest = links.reduce((length, link) => Math.max(length, link.href.length), 0);
  return longest * countOf(markdown, /\[/g) > MAX_REFERRED_UNITS;
}

const countOf = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;
