/**
 * A message as hashed n-grams: words and pairs of words, and characters within words. Knows every script by what `tokensOf` says
 * of it. Writes into one buffer that the next call overwrites, so that reading a message allocates nothing of its own.
 */
import { cut, fold } from "../fold.ts";
import { type Token, tokensOf } from "../tokens.ts";
import { settings } from "./settings.ts";

/** A text of the longest kind, one letter a word: a word and a pair for each second unit, three n-grams for each. */
const MAX_FEATURES = 16_384;
const EDGE = 32;

/** Seeds keep a word, a pair and an n-gram with the same letters apart. */
const WORD = 0x2545f491;
const PAIR = 0x1b873593;
const GRAM = 0x68e31da4;

export interface Features {
  /** The folded text; a feature is a piece of it. */
  text: string;
  /** Features of words and pairs come first: `[0, words)`. */
  words: number;
  count: number;
  readonly hash: Int32Array;
  readonly from: Uint16Array;
  readonly to: Uint16Array;
}

const features: Features = {
  text: "",
  words: 0,
  count: 0,
  hash: new Int32Array(MAX_FEATURES),
  from: new Uint16Array(MAX_FEATURES),
  to: new Uint16Array(MAX_FEATURES),
};

/** The features of a text, valid until the next call. Never throws. */
export function featuresOf(text: string): Features {
  const folded = cut(fold(cut(text, settings.maxUnits)), settings.maxUnits);
  features.text = folded;
  features.count = 0;
  const tokens = tokensOf(folded);
  readWords(folded, tokens);
  features.words = features.count;
  readGrams(folded, tokens);
  return features;
}

const step = (hash: number, unit: number): number => Math.imul(hash ^ unit, 0x01000193) ^ (hash >>> 15);

function add(hash: number, from: number, to: number): void {
  const at = features.count;
  if (at === MAX_FEATURES) return;
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  features.hash[at] = mixed ^ (mixed >>> 16);
  features.from[at] = from;
  features.to[at] = to;
  features.count = at + 1;
}

/** Letters of scripts without spaces stand for words of one letter: their pairs are what dictionaries are made of. */
function readWords(text: string, tokens: readonly Token[]): void {
  let before = EDGE;
  let beforeFrom = 0;
  let at = 0;
  for (const token of tokens) {
    const start = text.indexOf(token.text, at);
    at = start + token.text.length;
    const size = token.kind === "run" ? 1 : token.text.length;
    for (let from = start; from < at; from += size) {
      let hash = WORD;
      for (let index = from; index < from + size; index += 1) hash = step(hash, text.charCodeAt(index));
      add(hash, from, from + size);
      add(step(step(PAIR, before), hash), beforeFrom, from + size);
      before = hash;
      beforeFrom = from;
    }
  }
  if (features.count > 0) add(step(step(PAIR, before), EDGE), beforeFrom, at);
}

function readGrams(text: string, tokens: readonly Token[]): void {
  let at = 0;
  for (const token of tokens) {
    const start = text.indexOf(token.text, at);
    at = start + token.text.length;
    for (let from = start - 1; from < at; from += 1) gramsFrom(text, from, start, at);
  }
}

function gramsFrom(text: string, from: number, start: number, end: number): void {
  let hash = GRAM;
  const last = Math.min(end + 1, from + settings.gramMax);
  for (let index = from; index < last; index += 1) {
    hash = step(hash, index < start || index === end ? EDGE : text.charCodeAt(index));
    if (index - from + 1 >= settings.gramMin) add(hash, Math.max(from, start), Math.min(index + 1, end));
  }
}
