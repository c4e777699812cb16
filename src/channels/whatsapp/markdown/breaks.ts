/** Where a text may be cut: the best of the places in the last quarter of what fits. Never knows what the text means. */

/** A better place nearer to the start would make more messages than there need be. */
const KEPT = 0.75;

/** The ends of sentences, with the quotes and brackets they close; those of Chinese and Japanese need no space behind them. */
const SENTENCE_END = /[.!?…]["'”’»)\]]*(?=\s)|[。！？]["'”’»）」』]*/g;

/** No character a person sees is longer, but for those made to be. */
const MAX_GRAPHEME_UNITS = 64;

/** The last good place after `start` and not after `limit`, which is within `text`. */
export function lastBreak(text: string, start: number, limit: number): number {
  const from = start + Math.floor((limit - start) * KEPT);
  for (const place of [text.lastIndexOf("\n\n", limit), text.lastIndexOf("\n", limit), lastSentence(text, from, limit)]) {
    if (place > from) return place;
  }
  return lastSpace(text, start, limit) ?? lastGrapheme(text, start, limit);
}

function lastSentence(text: string, from: number, limit: number): number {
  const last = [...text.slice(from, limit + 1).matchAll(SENTENCE_END)].at(-1);
  return last === undefined ? -1 : Math.min(limit, from + last.index + last[0].length);
}

function lastSpace(text: string, start: number, limit: number): number | undefined {
  for (let place = limit; place > start; place--) {
    if (isSpace(text[place]) && !isSpace(text[place - 1])) return place;
  }
  return undefined;
}

const isSpace = (unit: string | undefined): boolean => unit !== undefined && /\s/.test(unit);

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The first place the segmenter sees is where it was let in, and not a boundary. */
function lastGrapheme(text: string, start: number, limit: number): number {
  const from = Math.max(start, wholePlace(text, limit - MAX_GRAPHEME_UNITS));
  const places = [...graphemes.segment(text.slice(from, limit + MAX_GRAPHEME_UNITS))].map((segment) => from + segment.index);
  const last = places.slice(1).findLast((place) => place <= limit);
  return last ?? Math.max(wholePlace(text, limit), start + 1 + Number(isPairAt(text, start)));
}

/** `place`, or the one before it when it is within a surrogate pair. */
const wholePlace = (text: string, place: number): number => (isPairAt(text, place - 1) ? place - 1 : place);

const isPairAt = (text: string, place: number): boolean => (text.codePointAt(place) ?? 0) > 0xffff;
