/**
 * WhatsApp's delimiters while a line is written. Those that are meant stand as characters no text holds until the line is whole; then
 * the others, which are only text, can be told from them and kept from pairing up.
 * @see https://faq.whatsapp.com/539178204879377
 */

/** White space to every client, and hardly to be seen: beside it a delimiter is text. */
export const HAIR_SPACE = "\u200A";

/** Characters that Unicode keeps for use within a program. @see https://www.unicode.org/faq/private_use.html#nonchar1 */
const RESERVED = /[\uFDD0-\uFDEF]/g;
export const withoutReserved = (text: string): string => text.replaceAll(RESERVED, "\uFFFD");

export const REAL = { bold: "\uFDD0", italic: "\uFDD1", strike: "\uFDD2", code: "\uFDD3" } as const;

const TEXT = ["*", "_", "~", "`"] as const;
const MEANT = Object.values(REAL);
const SHELTERED = ["\uFDD4", "\uFDD5", "\uFDD6", "\uFDD7"] as const;

/** Text within code or an address: nothing pairs up there, and nothing may be put in. */
export const sheltered = (text: string): string => text.replaceAll(/[*_~`]/g, (one) => SHELTERED[TEXT.indexOf(one as "*")] ?? one);

export const revealed = (line: string): string =>
  line.replaceAll(/[\uFDD0-\uFDD7]/g, (one) => TEXT[(one.charCodeAt(0) - 0xfdd0) % 4] ?? one);

/** Three backticks would open a fence wherever they stand, so two never stand together. */
export const disarmed = (line: string): string => TEXT.reduce(withoutPairs, line.replaceAll(/`(?=`)/g, `\`${HAIR_SPACE}`));

/** What can open a stretch has no word before it and no space behind it; what can close one, the other way round. */
const OPENERS = TEXT.map((one) => new RegExp(`(?<![\\p{L}\\p{M}\\p{N}${one}])[${one}]+(?=[^\\s${one}])`, "gu"));
const CLOSERS = TEXT.map((one) => new RegExp(`(?<=[^\\s${one}])[${one}]+(?![\\p{L}\\p{M}\\p{N}${one}])`, "gu"));

function withoutPairs(line: string, one: (typeof TEXT)[number], kind: number): string {
  if (!line.includes(one)) return line;
  const meant = MEANT[kind] ?? one;
  const openers = placesOf(line, OPENERS[kind]);
  const closers = placesOf(line, CLOSERS[kind]);
  const firstOpen = Math.min(...[openers[0]?.start, line.indexOf(meant)].filter(isPlace), line.length);
  const lastClose = Math.max(closers.at(-1)?.start ?? -1, line.lastIndexOf(meant));
  return withHairs(line, [
    ...openers.filter((opener) => opener.start < lastClose).map((opener) => opener.end),
    ...closers.filter((closer) => closer.start > firstOpen).map((closer) => closer.start),
  ]);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

const placesOf = (line: string, pattern: RegExp | undefined): readonly Span[] =>
  pattern === undefined ? [] : [...line.matchAll(pattern)].map((match) => ({ start: match.index, end: match.index + match[0].length }));

const isPlace = (place: number | undefined): place is number => place !== undefined && place >= 0;

function withHairs(line: string, places: readonly number[]): string {
  const sorted = [0, ...places.toSorted((a, b) => a - b), line.length];
  return sorted
    .slice(1)
    .map((end, at) => line.slice(sorted[at], end))
    .join(HAIR_SPACE);
}
