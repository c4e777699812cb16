import { RE2JS } from "re2js";
import { expect, it } from "vitest";
import { rangesOf } from "../../src/classify/unicode-ranges.ts";

/** Where a table would differ first: on both sides of every border. */
function bordersOf(ranges: Uint32Array): readonly string[] {
  const points = new Set<number>();
  for (let at = 0; at < ranges.length; at += 3) {
    const [first = 0, last = 0] = ranges.subarray(at, at + 2);
    for (const point of [first - 1, first, last, last + 1]) if (point >= 0 && point < 0x110000) points.add(point);
  }
  return [...points].filter((point) => point < 0xd800 || point > 0xdfff).map((point) => String.fromCodePoint(point));
}

it.each([
  ["L", "L"],
  ["Lu", "Lu"],
  ["N", "N"],
  ["P", "P"],
  ["Cn", "Cn"],
  ["Emoji", "Emoji"],
  ["Han", "sc=Han"],
  ["Cyrillic", "sc=Cyrillic"],
  ["Arabic", "sc=Arabic"],
  ["Common", "sc=Common"],
])("what the Worker's own runtime has for %s is what the pattern engine has", (name, property) => {
  const pattern = RE2JS.compile(`\\p{${name}}`);
  const own = new RegExp(`\\p{${property}}`, "u");
  const borders = bordersOf(rangesOf(property));
  expect(borders.length).toBeGreaterThan(2);
  expect(borders.filter((text) => pattern.test(text) !== own.test(text))).toEqual([]);
});
