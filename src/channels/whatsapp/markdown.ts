/**
 * CommonMark with GitHub's additions, taken apart for WhatsApp, which has bold, italic, struck and fixed-width text, quotes and flat
 * lists, and neither headings, tables nor links. Never throws, and never loses a word that a browser would show; what it cannot take apart stays as it is.
 * @see https://faq.whatsapp.com/539178204879377
 * @see https://github.github.com/gfm/
 */
import type { MarkedToken } from "marked";
import { withoutReserved } from "./markdown/delimiters.ts";
import { htmlBlockText } from "./markdown/html.ts";
import { checkbox, inlineRuns } from "./markdown/inline.ts";
import { known, lexed, type Tokens } from "./markdown/lexer.ts";
import { type Mark, marked, plainText, type Run } from "./markdown/runs.ts";
import { tableLines } from "./markdown/table.ts";

/** Where a block stands: what precedes its first line, and what each further one. */
interface Place {
  readonly marks: readonly Mark[];
  readonly lead: string;
  readonly hang: string;
  readonly gap: string;
}

type Runs = readonly Run[];
type Block<T extends MarkedToken["type"]> = Extract<MarkedToken, { readonly type: T }>;

const TOP: Place = { marks: [], lead: "", hang: "", gap: "\n\n" };
const RULE = "———";

/** Deeper lists stay where these are: a telephone's line is short. */
const MAX_HANG_UNITS = 12;

export function readMarkdown(markdown: string): Runs {
  const text = withoutReserved(markdown.toWellFormed());
  const tokens = lexed(text);
  return tokens === undefined ? [{ text, marks: [] }] : blocksOf(tokens, TOP);
}

function blocksOf(tokens: Tokens, place: Place): Runs {
  const runs: Run[] = [];
  for (const token of tokens) {
    const isFirst = runs.length === 0;
    const block = blockOf(token, isFirst ? place : { ...place, lead: place.hang });
    if (plainText(block).trim() === "") continue;
    if (!isFirst) runs.push({ text: place.gap, marks: place.marks });
    runs.push(...block);
  }
  return runs;
}

function blockOf(token: MarkedToken, place: Place): Runs {
  switch (token.type) {
    case "space":
    case "def":
    case "checkbox":
      return [];
    case "code":
      return fence(token.text, place);
    case "blockquote":
      return blocksOf(known(token.tokens), { ...place, marks: marked(place.marks, "quote"), gap: "\n" });
    case "list":
      return list(token, place);
    case "table":
      return indented(withLineEnds(tableLines(token, place.marks), place.marks), place);
    default:
      return indented(lineRuns(token, place), place);
  }
}

function lineRuns(token: MarkedToken, { marks }: Place): Runs {
  switch (token.type) {
    case "heading":
      return inlineRuns(known(token.tokens), marked(marks, "bold"));
    case "paragraph":
      return inlineRuns(known(token.tokens), marks);
    case "hr":
      return [{ text: RULE, marks }];
    case "html":
      return [{ text: htmlBlockText(token.raw), marks }];
    default:
      return inlineRuns([token], marks);
  }
}

/** The language goes: WhatsApp would show it as the first line. A fence cannot stand within a quote or beside a bullet. */
function fence(text: string, { lead, marks }: Place): Runs {
  const bullet = lead.trim() === "" ? [] : [{ text: `${lead.trimEnd()}\n`, marks }];
  return [...bullet, { text, marks: ["fence"] }];
}

function list(token: Block<"list">, place: Place): Runs {
  const first = token.start === "" ? 1 : token.start;
  const hang = `${place.hang}  `.slice(0, MAX_HANG_UNITS);
  return token.items.flatMap((item, at) => {
    const bullet = token.ordered ? `${first + at}. ` : "- ";
    const lead = `${at === 0 ? place.lead : place.hang}${bullet}${boxOf(item)}`;
    const runs = blocksOf(known(item.tokens), { ...place, lead, hang, gap: "\n" });
    const body = runs.length === 0 ? [{ text: lead, marks: place.marks }] : runs;
    return at === 0 ? body : [{ text: "\n", marks: place.marks }, ...body];
  });
}

/** In a tight item the box stands before the text; in a loose one it is within the paragraph. */
function boxOf(item: Block<"list">["items"][number]): string {
  const [first] = known(item.tokens);
  return first?.type === "checkbox" ? checkbox(first.checked) : "";
}

const withLineEnds = (lines: readonly Runs[], marks: readonly Mark[]): Runs =>
  lines.flatMap((line, at) => (at > 0 ? [{ text: "\n", marks }, ...line] : line));

const indented = (runs: Runs, { marks, lead, hang }: Place): Runs => [
  ...(lead === "" ? [] : [{ text: lead, marks }]),
  ...(hang === "" ? runs : runs.map((run) => ({ ...run, text: run.text.replaceAll("\n", `\n${hang}`) }))),
];
