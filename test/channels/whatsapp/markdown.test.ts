/** Markdown in WhatsApp's notation: every construct, what must not be formatted by accident, and texts made to be slow. */
import fc from "fast-check";
import { Lexer } from "marked";
import { afterEach, describe, expect, it, vi } from "vitest";
import { written } from "../../../src/channels/whatsapp/markdown/written.ts";
import { readMarkdown } from "../../../src/channels/whatsapp/markdown.ts";

/** Hair spaces are shown, as nobody could read them here. */
const render = (markdown: string): string => written(readMarkdown(markdown)).replaceAll("\u200A", "␣");
const lines = (...text: readonly string[]): string => text.join("\n");

describe("emphasis", () => {
  it.each([
    ["**bold** and __bold__", "*bold* and *bold*"],
    ["*italic* and _italic_", "_italic_ and _italic_"],
    ["~~struck~~ and ~struck~", "~struck~ and ~struck~"],
    ["`code` and ``a `tick` ``", "`code` and a `␣tick␣`"],
    ["***both***", "_*both*_"],
    ["**a _b_ c**", "*a _b_ c*"],
    ["_**a** b_", "_*a* b_"],
    ["**a ~~b~~ `c`**", "*a ~b~ `c`*"],
    ["**a**_b_", "*a*_b_"],
    ["**two\nlines**", "*two*\n*lines*"],
    ["**Note:** read", "*Note:* read"],
    ["“**quoted**”", "“*quoted*”"],
  ])("%j becomes %j", (markdown, text) => {
    expect(render(markdown)).toBe(text);
  });

  it.each([
    ["**Note**s", "*Note*␣s"],
    ["这是**粗体**文字", "这是␣*粗体*␣文字"],
  ])("that ends within a word is parted from the rest by a hair: %j", (markdown, text) => {
    expect(render(markdown)).toBe(text);
  });
});

describe("a delimiter that is text", () => {
  it.each([
    "snake_case_name and _private",
    "2*3*4 is 24, 5 * 3 is 15",
    "x**2 + y**2 = z**2",
    "f(*args, **kwargs)",
    "~5 km or ~6 km",
    "a price* and no note",
    "____ is left to be filled in",
  ])("stays as it is where nothing is formatted: %s", (text) => {
    expect(render(text)).toBe(text);
  });

  it.each([
    ["\\*not bold\\*", "*␣not bold␣*"],
    ["&#42;not bold&ast;", "*␣not bold␣*"],
    ["\\_a **b** c\\_", "_␣a *b* c␣_"],
    ["**a\\* b**", "*a␣* b*"],
    ["\\`not code\\`", "`␣not code␣`"],
    ["\\`\\`\\`no fence", "`␣`␣`no fence"],
    ["<p>**x**</p>", "**␣x␣**"],
  ])("is kept from pairing up: %j becomes %j", (markdown, text) => {
    expect(render(markdown)).toBe(text);
  });

  it("is left alone in code and in addresses", () => {
    expect(render("`*a* _b_` https://a.example/_b_*c*_d_")).toBe("`*a* _b_` https://a.example/_b_*c*_d_");
  });
});

describe("links and images", () => {
  it.each([
    ["[text](https://a.example/b)", "text (https://a.example/b)"],
    ["[**text**](https://a.example)", "*text* (https://a.example)"],
    ["**[text](https://a.example) and more**", "*text* (https://a.example) *and more*"],
    ["[https://a.example](https://a.example/)", "https://a.example/"],
    ["[a.example](https://a.example)", "https://a.example"],
    ["<https://a.example/?b=1&amp;c>", "https://a.example/?b=1&amp;c"],
    ["[b](https://a.example/?b=1&amp;c)", "b (https://a.example/?b=1&c)"],
    ["www.a.example and me@a.example", "www.a.example and me@a.example"],
    ["[me@a.example](mailto:me@a.example)", "me@a.example"],
    ["[call](tel:+4930123456)", "call (tel:+4930123456)"],
    ["[text][1]\n\n[1]: https://a.example", "text (https://a.example)"],
    ["[up](#top)", "up"],
    ["[](https://a.example)", "https://a.example"],
    ["[x](<https://a.example/b c>)", "x (https://a.example/b%20c)"],
    ["![a chart](https://a.example/c.png)", "a chart (https://a.example/c.png)"],
    ["![](https://a.example/c.png)", "https://a.example/c.png"],
  ])("%j becomes %j", (markdown, text) => {
    expect(render(markdown)).toBe(text);
  });
});

describe("blocks", () => {
  it.each([
    ["a heading", "# Title **really**\n\ntext\n\n## Next", "*Title really*\n\ntext\n\n*Next*"],
    ["an underlined heading", "Title\n===\ntext", "*Title*\n\ntext"],
    ["line ends", "a\nb  \nc\\\nd<br>e", "a\nb\nc\nd\ne"],
    ["a rule", "a\n\n---\n\nb", "a\n\n———\n\nb"],
    ["a rule of many dashes", `a\n\n${"- ".repeat(40)}\n\n**b**`, "a\n\n———\n\n*b*"],
    ["a fence with a language", "```js\nconst a = *b*;\n```", "```\nconst a = *b*;\n```"],
    ["a fence with a fence in it", "````md\n```\na\n```\n````", "```\n`␣`␣`\na\n`␣`␣`\n```"],
    ["an indented block", "a\n\n    b\n      c", "a\n\n```\nb\n  c\n```"],
    ["an empty fence", "a\n\n```\n```\n\nb", "a\n\nb"],
    ["a quote", "> a **b**\n> c\n>\n> d\n\ne", "> a *b*\n> c\n> d\n\ne"],
    ["a quote within a quote", "> a\n> > b", "> a\n> b"],
    ["a fence within a quote", "> a\n> ```\n> b\n> ```\n> c", "> a\n```\nb\n```\n> c"],
    ["entities", "a &lt; b &amp;&amp; c &copy; &#233; &#x1F642; &unknown;", "a < b && c © é 🙂 &unknown;"],
    ["no characters", "a&#0;&#xD800;&#x110000;&#xFDD0;\uFDD0\uD800b", `a${"\uFFFD".repeat(6)}b`],
  ])("%s", (_name, markdown, text) => {
    expect(render(markdown)).toBe(text);
  });

  it.each([
    ["bullets", "* a\n* b\n+ c", "- a\n- b\n\n- c"],
    ["numbers, from where they start", "3. a\n4. b", "3. a\n4. b"],
    ["nested", "- a\n  - b\n    1. c\n    2. d\n- e", "- a\n  - b\n    1. c\n    2. d\n- e"],
    ["loose", "- a\n\n  more\n\n- b", "- a\n  more\n- b"],
    ["with lines", "- a\n  b", "- a\n  b"],
    ["tasks", "- [x] done\n- [ ] open", "- ☑ done\n- ☐ open"],
    ["loose tasks", "- [x] done\n\n- [ ] open", "- ☑ done\n- ☐ open"],
    ["with a fence", "1. a\n   ```\n   b\n   ```\n2. c", "1. a\n```\nb\n```\n2. c"],
    ["that begins with a fence", "- ```\n  b\n  ```", "-\n```\nb\n```"],
    ["with an empty item", "- a\n-\n- b", "- a\n-\n- b"],
  ])("lists: %s", (_name, markdown, text) => {
    expect(render(markdown)).toBe(text);
  });

  it.each([
    [
      "of two columns",
      lines("| Plan | Price |", "|-|-:|", "| Basic | $5 |", "| **Pro** | `$9` |"),
      lines("_Plan: Price_", "*Basic*: $5", "*Pro*: `$9`"),
    ],
    [
      "of three",
      lines("| Plan | Price | Seats |", "|-|-|-|", "| Basic | $5 | 3 |", "| Pro | | 9 |"),
      lines("_Plan_", "*Basic*", "Price: $5", "Seats: 3", "", "*Pro*", "Seats: 9"),
    ],
    ["of one", lines("| Plan |", "|-|", "| Basic |"), lines("_Plan_", "Basic")],
    ["without headings", lines("| | |", "|-|-|", "| a | b |"), "*a*: b"],
    ["without rows", lines("| a | b | c |", "|-|-|-|"), "a | b | c"],
    ["in a list", lines("- x", "", "  | a | b |", "  |-|-|", "  | c | d |"), lines("- x", "  _a: b_", "  *c*: d")],
  ])("tables: %s", (_name, markdown, text) => {
    expect(render(markdown)).toBe(text);
  });

  it.each([
    ["known tags go", "<div>\n<p>hi <b>there</b> &amp; you</p>\n</div>", "hi there & you"],
    ["tags in a line go", "a <kbd>b</kbd><!-- c --> d", "a b d"],
    ["a placeholder stays", "Dear <name>, <your-company>", "Dear <name>, <your-company>"],
    ["Markdown between tags is read", "<details><summary>S</summary>\n\n**x**\n\n</details>", "S\n\n*x*"],
  ])("HTML: %s", (_name, markdown, text) => {
    expect(render(markdown)).toBe(text);
  });
});

describe("text without markup", () => {
  it("is what it was, and stays so", () => {
    const word = fc.stringMatching(/^[A-Za-z0-9àß語🙂,?]{1,12}$/u);
    const paragraph = fc.array(fc.array(word, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(paragraph, { minLength: 1, maxLength: 5 }), (paragraphs) => {
        const text = paragraphs.map((rows) => rows.map((words) => words.join(" ")).join("\n")).join("\n\n");
        expect(render(text)).toBe(text);
      }),
    );
  });
});

describe("a text made to be slow", () => {
  afterEach(() => vi.restoreAllMocks());

  const hostile: Readonly<Record<string, string>> = {
    "quotes in quotes": ">".repeat(60_000),
    "lists in lists": `${"- ".repeat(30_000)}a`,
    "quotes in lists": `${"> - ".repeat(15_000)}a`,
    "lists in lists, one a line": Array.from({ length: 240 }, (_, depth) => `${"  ".repeat(depth)}- a`).join("\n"),
    "lines of one item": `- a\n${"b\n".repeat(30_000)}`,
    brackets: "[".repeat(60_000),
    "links that do not close": "[a](".repeat(15_000),
    "images in images": `${"![".repeat(10_000)}a${"](b)".repeat(10_000)}`,
    "a hundred thousand asterisks": "*".repeat(100_000),
    "emphasis in emphasis": `${"*a **b ".repeat(4000)}c${"** *".repeat(4000)}`,
    "emphasis that does not close": "**a *b* c ".repeat(6000),
    "paragraphs of it": `${"**a *b* c ".repeat(99)}\n\n`.repeat(64),
    "an address without end": `https://a.example/${")".repeat(60_000)}`,
    "a table with a long heading": `|a|${"h".repeat(3000)}|c|\n|-|-|-|\n${"|x|y|z|\n".repeat(3000)}`,
    "a long address with many references": `[a]: https://a.example/${"u".repeat(30_000)}\n\n${"[a] ".repeat(8000)}`,
    comments: "<!--".repeat(15_000),
    tags: "<a ".repeat(20_000),
    entities: "&#42;a".repeat(10_000),
    escapes: "\\*a\\* ".repeat(9000),
    spaces: `a${" ".repeat(60_000)}b`,
    "a fence of ticks": `~~~\n${"`".repeat(60_000)}`,
  };

  it.each(Object.entries(hostile))("%s: little is read more than once, and little more is written", (_name, markdown) => {
    const read = (["blockTokens", "inlineTokens"] as const).map((method) => vi.spyOn(Lexer.prototype, method));
    const text = written(readMarkdown(markdown));
    const unitsRead = read.flatMap((spy) => spy.mock.calls).reduce((sum, [source]) => sum + source.length, 0);
    expect(unitsRead).toBeLessThanOrEqual(96 * markdown.length);
    expect(text.length).toBeLessThanOrEqual(6 * markdown.length);
  });

  it("is shown as it stands", () => {
    const deep = `${"> ".repeat(40)}a **b**`;
    expect(render(deep)).toBe(deep.replace("**b**", "**␣b␣**"));
  });

  it("does not keep the rest of an answer from being read", () => {
    const slow = "**a *b* c ".repeat(200).trim();
    expect(render(`# Title\n\n${slow}\n\n- **x**`)).toMatch(/^\*Title\*\n\n[\s\S]*\n\n- \*x\*$/);
  });
});

it("nothing makes it throw", () => {
  const bits = fc.constantFrom(
    "*",
    "**",
    "_",
    "~~",
    "`",
    "```\n",
    "\n",
    "\n\n",
    "> ",
    "- ",
    "1. ",
    "# ",
    "|",
    "|-|-|\n",
    "[",
    "](",
    ")",
    "<b>",
    "<!--",
    "\\",
    "&amp;",
    " ",
    "a",
    "https://a.b",
    "\uD83D",
    "🙂",
    "    ",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(bits, fc.string({ unit: "binary", maxLength: 4 })), { maxLength: 60 }), (pieces) => {
      expect(render(pieces.join("")).isWellFormed()).toBe(true);
    }),
    { numRuns: 500 },
  );
});
