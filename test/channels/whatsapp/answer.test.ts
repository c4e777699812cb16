/** An agent's answer as messages, from one word to more than anybody reads. */
import { describe, expect, it } from "vitest";
import { renderAnswer } from "../../../src/channels/whatsapp/answer.ts";

const MAX_UNITS = 4096;
const sentence = "The order was [packed](https://shop.example/orders/4711) on **Monday** and leaves the _warehouse_ today. ";
const table = [
  "| Item | Count | Price |",
  "|---|--:|--:|",
  ...Array.from({ length: 12 }, (_, at) => `| Item ${at} | ${at} | $${at}.00 |`),
].join("\n");
const fence = `\`\`\`ts\n${Array.from({ length: 40 }, (_, at) => `const value${at} = read("${at}");`).join("\n")}\n\`\`\``;

/** Headings, paragraphs, a table and a fence: 9,000 units. */
const long = [
  "# Your orders",
  sentence.repeat(25),
  table,
  "## How it was counted",
  fence,
  ...Array.from({ length: 60 }, (_, at) => `- ${at}: ${sentence}`),
]
  .join("\n\n")
  .slice(0, 9000);

it.each(["", " ", "\n\n \t\n", "\r\n"])("%j is no message", (markdown) => {
  expect(renderAnswer(markdown)).toEqual([]);
});

it("what holds only what is never shown is no message", () => {
  expect(renderAnswer("<!-- nothing to say -->\n\n[1]: https://a.example")).toEqual([]);
});

it("a short answer is one message", () => {
  expect(renderAnswer("**Hello**, your order is _on its way_:\r\n\r\n- [x] packed\r\n- [ ] sent\r\n")).toEqual([
    "*Hello*, your order is _on its way_:\n\n- ☑ packed\n- ☐ sent",
  ]);
});

describe("an answer of 9,000 characters with a table, a fence and links", () => {
  const parts = renderAnswer(long);

  it("is three messages at the most, each within WhatsApp's limit", () => {
    expect(long).toHaveLength(9000);
    expect(parts.length).toBeLessThanOrEqual(3);
    expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(MAX_UNITS);
  });

  it("has its headings, rows, lines of code and addresses", () => {
    const text = parts.join("\n");
    expect(text).toContain("*Your orders*");
    expect(text).toContain("*Item 11*\nCount: 11\nPrice: $11.00");
    for (let at = 0; at < 40; at++) expect(text).toContain(`const value${at} = read("${at}");`);
    expect(text).toContain("packed (https://shop.example/orders/4711) on *Monday* and leaves the _warehouse_ today.");
  });
});

it("a text of exactly a message's length is one message, and with one more two", () => {
  const exact = `${"word ".repeat(819)}a`;
  expect(exact).toHaveLength(MAX_UNITS);
  expect(renderAnswer(exact)).toEqual([exact]);
  expect(renderAnswer(`${exact}b`)).toHaveLength(2);
});

it("an answer too long to be taken apart arrives as it stands", () => {
  const text = "**word** ".repeat(20_000).trim();
  const arrived = renderAnswer(text).join(" ").replaceAll("\u200A", "");
  expect(arrived).toBe(text);
});
