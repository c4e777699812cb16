/**
 * Tables, which WhatsApp does not have, as lines that can be read on a narrow screen: of two columns "*key*: value", of more the
 * first cell in bold and under it each of the others with its heading. The headings of what is bold stand once, above.
 */
import type { Tokens as Marked } from "marked";
import { inlineRuns } from "./inline.ts";
import { known } from "./lexer.ts";
import { type Mark, marked, plainText, type Run } from "./runs.ts";

type Marks = readonly Mark[];
type Line = readonly Run[];
type Row = readonly Marked.TableCell[];

/** Headings are repeated in every row: a table that would grow by more than this keeps its bars. */
const MAX_GROWTH = 4;

/** Lines without their ends; an empty one is a gap. */
export function tableLines(table: Marked.Table, marks: Marks): readonly Line[] {
  if (table.rows.length === 0 || growsTooMuch(table)) return [table.header, ...table.rows].map((row) => joined(row, " | ", marks));
  const toLines = table.header.length > 2 ? cardOf(table.header, marks) : (row: Row) => [pairOf(row, marks)];
  const caption = joined(table.header.length > 2 ? table.header.slice(0, 1) : table.header, ": ", marked(marks, "italic"));
  return [...(isBlank(caption) ? [] : [caption]), ...table.rows.flatMap(toLines)];
}

function growsTooMuch(table: Marked.Table): boolean {
  const headings = table.header.reduce((length, cell) => length + cell.text.length, 0);
  return table.header.length > 2 && headings * table.rows.length > MAX_GROWTH * table.raw.length;
}

const pairOf = (row: Row, marks: Marks): Line => {
  const [key, value] = row;
  if (key === undefined || value === undefined) return joined(row, "", marks);
  return separated([cellRuns(key, marked(marks, "bold")), cellRuns(value, marks)], ": ", marks);
};

/** A gap parts a row from the one before. */
const cardOf =
  (header: Row, marks: Marks) =>
  (row: Row, at: number): readonly Line[] => {
    const [first, ...rest] = row.map((cell, column) => cellRuns(cell, column === 0 ? marked(marks, "bold") : marks));
    const named = rest.map((cell, column) => {
      const heading = header[column + 1];
      return heading === undefined || isBlank(cell) ? cell : separated([cellRuns(heading, marks), cell], ": ", marks);
    });
    return [...(at > 0 ? [[]] : []), ...[first ?? [], ...named].filter((line) => !isBlank(line))];
  };

const cellRuns = (cell: Marked.TableCell, marks: Marks): Line =>
  inlineRuns(known(cell.tokens), marks).map((run) => ({ ...run, text: run.text.replaceAll("\n", " ") }));

const joined = (row: Row, separator: string, marks: Marks): Line =>
  separated(
    row.map((cell) => cellRuns(cell, marks)),
    separator,
    marks,
  );

const isBlank = (line: Line): boolean => plainText(line).trim() === "";

/** Cells with nothing in them leave no separator behind. */
const separated = (cells: readonly Line[], separator: string, marks: Marks): Line =>
  cells.filter((cell) => !isBlank(cell)).flatMap((cell, at) => (at > 0 ? [{ text: separator, marks }, ...cell] : cell));
