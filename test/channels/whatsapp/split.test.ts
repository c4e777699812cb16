/** Where an answer is cut, and what is closed and opened again at a cut. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Run } from "../../../src/channels/whatsapp/markdown/runs.ts";
import { readMarkdown } from "../../../src/channels/whatsapp/markdown.ts";
import { splitParts } from "../../../src/channels/whatsapp/split.ts";

const split = (markdown: string, maxUnits: number): readonly string[] => splitParts(readMarkdown(markdown), maxUnits);
const plain = (text: string): readonly Run[] => [{ text, marks: [] }];
const words = (count: number, from = 0): string => Array.from({ length: count }, (_, at) => `word${from + at}`).join(" ");

describe("a cut", () => {
  it.each([
    ["is not made where all fits", "a b c", ["a b c"]],
    ["is between blocks before lines", `${"a".repeat(31)}\n\nb.\nc ${"d".repeat(20)}`, ["a".repeat(31), `b.\nc ${"d".repeat(20)}`]],
    ["is between lines before sentences", `${"a".repeat(31)}\nb. c ${"d".repeat(20)}`, ["a".repeat(31), `b. c ${"d".repeat(20)}`]],
    ["is between sentences before words", `${"a".repeat(30)}. b c ${"d".repeat(20)}`, [`${"a".repeat(30)}.`, `b c ${"d".repeat(20)}`]],
    ["is between words before characters", `${"a ".repeat(10)}${"d".repeat(30)}`, ["a ".repeat(10).trim(), "d".repeat(30)]],
    ["is within a word that fills a message", "d".repeat(100), ["d".repeat(40), "d".repeat(40), "d".repeat(20)]],
    ["takes the last good place", `${"a".repeat(31)}\n\nb\n\nc\n\n${"d".repeat(20)}`, [`${"a".repeat(31)}\n\nb\n\nc`, "d".repeat(20)]],
    [
      "leaves a good place that is too near to the start",
      `a\n\n${"b ".repeat(30).trim()}`,
      [`a\n\n${"b ".repeat(19).trim()}`, "b ".repeat(11).trim()],
    ],
    ["needs no space behind a Chinese sentence", `${"你".repeat(33)}。${"好".repeat(20)}`, [`${"你".repeat(33)}。`, "好".repeat(20)]],
  ])("%s", (_name, text, parts) => {
    expect(splitParts(plain(text), 40)).toEqual(parts);
  });

  it.each([
    ["a surrogate pair", "🙂"],
    ["a family", "👨‍👩‍👧"],
    ["a letter and its accent", "e\u0301"],
    ["a flag", "🇩🇪"],
  ])("is never within %s", (_name, character) => {
    const parts = splitParts(plain(character.repeat(60)), 41);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(part.replaceAll(character, "")).toBe("");
    expect(parts.join("")).toBe(character.repeat(60));
  });

  it("is within a character that is longer than any", () => {
    const endless = `a${"\u0301".repeat(200)}`;
    const parts = splitParts(plain(endless), 40);
    expect(parts.join("")).toBe(endless);
    expect(Math.max(...parts.map((part) => part.length))).toBe(40);
  });
});

describe("what is open at a cut", () => {
  it("is closed and opened again", () => {
    const parts = split(`**_${words(12)}_**`, 48);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(part).toMatch(/^\*_word\d.*\d_\*$/);
  });

  it("is a quote again, and only where it was one", () => {
    const parts = split(`start\n\n> ${words(12)}\n\nend`, 48);
    expect(parts[0]).toMatch(/^start\n\n> word0/);
    expect(parts.at(-1)).toMatch(/^> word\d.*\n\nend$/);
  });

  it("is a fence again, cut between its lines, with its indentation and its empty lines", () => {
    const code = Array.from({ length: 12 }, (_, at) => `${at % 2 === 0 ? "" : "  "}line${at}${at % 4 === 3 ? "\n" : ""}`).join("\n");
    const parts = split(`\`\`\`js\n${code.trimEnd()}\n\`\`\``, 60);
    expect(parts.length).toBeGreaterThan(1);
    const inner = parts.map((part) => /^```\n([\s\S]*)\n```$/.exec(part)?.[1]);
    expect(inner.join("\n")).toBe(code.trimEnd());
  });

  it("is an address in one piece", () => {
    const address = `https://a.example/${"b".repeat(30)}`;
    expect(split(`${words(5)} [text](${address})`, 60).some((part) => part.includes(`(${address})`))).toBe(true);
  });
});

const inline = (word: string): fc.Arbitrary<string> =>
  fc.constantFrom(word, word, `**${word}**`, `_${word}_`, `~~${word}~~`, `\`${word}\``, `[${word}](https://a.example/${word}x)`);
const shapes: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `# ${text}`,
  (text) => `> ${text}`,
  (text) => `- ${text.replaceAll("\n", "\n- ")}`,
  (text) => `1. ${text.replaceAll("\n", "\n   - ")}`,
  (text) => `\`\`\`\n${text.replaceAll("\n", "\n\n  ")}\n\`\`\``,
  (text) => `**${text.replaceAll("*", "")}**`,
];
/** Documents whose words are numbered through, so that their order can be seen. */
const documents = fc
  .array(fc.tuple(fc.constantFrom(...shapes), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 })), {
    minLength: 1,
    maxLength: 8,
  })
  .chain((blocks) => {
    let next = 0;
    const texts = blocks.map(([shape, rows]) => {
      const cells = rows.map((count) =>
        fc.tuple(...Array.from({ length: count }, () => inline(`w${next++}q`))).map((line) => line.join(" ")),
      );
      return fc.tuple(...cells).map((lines) => shape(lines.join("\n")));
    });
    return fc.record({ markdown: fc.tuple(...texts).map((all) => all.join("\n\n")), count: fc.constant(next) });
  });

it("every word arrives, in order, in messages that fit, with every fence closed", () => {
  fc.assert(
    fc.property(documents, fc.integer({ min: 64, max: 400 }), ({ markdown, count }, maxUnits) => {
      const parts = split(markdown, maxUnits);
      for (const part of parts) {
        expect(part.length).toBeLessThanOrEqual(maxUnits);
        expect(part.trim()).not.toBe("");
        expect((part.match(/```/g) ?? []).length % 2).toBe(0);
      }
      const arrived = parts.join(" ").match(/w\d+q(?!x|\d)/g) ?? [];
      expect([...new Set(arrived)]).toEqual(Array.from({ length: count }, (_, at) => `w${at}q`));
    }),
    { numRuns: 300 },
  );
});

it("whatever is written, it fits, and no fence is left open", () => {
  const bits = fc.constantFrom(
    "*",
    "**a**",
    "_",
    "`",
    "``",
    "```\n",
    "~~~\n",
    "\n",
    "\n\n",
    "> ",
    "- ",
    "a ",
    "🙂",
    "word ",
    "\\`",
    "<b>`</b>",
  );
  fc.assert(
    fc.property(fc.array(bits, { maxLength: 150 }), fc.integer({ min: 32, max: 120 }), (pieces, maxUnits) => {
      for (const part of split(pieces.join(""), maxUnits)) {
        expect(part.length).toBeLessThanOrEqual(maxUnits);
        expect(part).not.toBe("");
        expect(part.isWellFormed()).toBe(true);
        expect((part.match(/```/g) ?? []).length % 2).toBe(0);
      }
    }),
    { numRuns: 500 },
  );
});
