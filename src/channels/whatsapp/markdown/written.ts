/**
 * Runs written out in WhatsApp's notation. WhatsApp has no way to escape a delimiter: one counts where it stands at the edge of a
 * word and has a partner further on in its line. Where text would be formatted by accident, or a word's part would not be, a hair
 * space makes the difference. Never changes a fence or an address otherwise.
 * @see https://faq.whatsapp.com/539178204879377
 */
import { disarmed, HAIR_SPACE, REAL, revealed, sheltered } from "./delimiters.ts";
import { grouped, type Mark, plainText, type Run } from "./runs.ts";

type Runs = readonly Run[];

interface Piece {
  readonly text: string;
  /** Written at both ends, if there is one. */
  readonly delimiter: string;
}

export const written = (runs: Runs): string =>
  grouped(runs, (run) => run.marks.includes("fence"))
    .map((group) => (group[0].marks.includes("fence") ? fence(plainText(group)) : lines(group)))
    .join("");

function fence(text: string): string {
  if (text.trim() === "") return "";
  return `\`\`\`\n${text.includes("```") ? text.replaceAll(/`(?=`)/g, `\`${HAIR_SPACE}`) : text}\n\`\`\``;
}

const lines = (runs: Runs): string => linesOf(runs).map(line).join("\n");

function linesOf(runs: Runs): readonly Runs[] {
  const all: Run[][] = [[]];
  for (const { text, marks } of runs) {
    for (const [at, part] of text.split("\n").entries()) {
      if (at > 0) all.push([]);
      if (part !== "") all.at(-1)?.push({ text: part, marks });
    }
  }
  return all;
}

function line(runs: Runs): string {
  const isQuote = runs.some((run) => run.marks.includes("quote"));
  const words = runs.map((run) => ({ ...run, marks: run.marks.filter((mark) => mark !== "quote") }));
  const text = revealed(disarmed(siblings(words, 0))).trimEnd();
  return isQuote ? `> ${text}`.trimEnd() : text;
}

/** Runs that share their marks up to `depth`, those that share the next one together. */
function siblings(runs: Runs, depth: number): string {
  const pieces = grouped(runs, (run) => run.marks[depth]).flatMap((group) => piecesOf(group, depth));
  let text = "";
  for (const [at, piece] of pieces.entries()) {
    const next = pieces[at + 1];
    text += piece.delimiter === "" ? piece.text : bounded(text, piece, next === undefined ? "" : next.delimiter + next.text);
  }
  return text;
}

/** White space at the edges stays outside, as a delimiter beside it would not count. */
function piecesOf(group: readonly [Run, ...Run[]], depth: number): readonly Piece[] {
  const mark = group[0].marks[depth];
  const inner = mark === undefined || mark === "code" || mark === "url" ? plainText(group) : siblings(group, depth + 1);
  const delimiter = delimiterOf(mark, inner);
  if (delimiter === "") return [{ text: mark === "url" ? sheltered(inner) : inner, delimiter }];
  const core = inner.trim();
  const start = inner.length - inner.trimStart().length;
  const edges = [inner.slice(0, start), inner.slice(start + core.length)] as const;
  const body = { text: mark === "code" ? sheltered(core) : core, delimiter };
  return [{ text: edges[0], delimiter: "" }, body, { text: edges[1], delimiter: "" }].filter((piece) => piece.text !== "");
}

/** Code with a backtick in it cannot be marked as code: its end would be there. */
function delimiterOf(mark: Mark | undefined, text: string): string {
  if (mark === undefined || mark === "url" || mark === "quote" || mark === "fence") return "";
  return mark === "code" && text.includes("`") ? "" : REAL[mark];
}

const WORD_OR_DELIMITER_LAST = /[\p{L}\p{M}\p{N}*_~`]$/u;
const WORD_OR_DELIMITER_FIRST = /^[\p{L}\p{M}\p{N}*_~`]/u;

function bounded(before: string, { text, delimiter }: Piece, after: string): string {
  const left = WORD_OR_DELIMITER_LAST.test(before.slice(-2)) ? HAIR_SPACE : "";
  const right = WORD_OR_DELIMITER_FIRST.test(after) ? HAIR_SPACE : "";
  return `${left}${delimiter}${text}${delimiter}${right}`;
}
