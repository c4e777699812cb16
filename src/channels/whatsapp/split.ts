/**
 * An answer in as few messages as it needs. Each is cut where it hurts least in its last quarter: between blocks, lines, sentences,
 * words; only a word that fills a whole message is cut within, and even that between the characters a person sees. What is open at a
 * cut is closed there and opened again. Never makes an empty message, and never drops more than the white space at a cut.
 */
import { lastBreak } from "./markdown/breaks.ts";
import { plainText, type Run } from "./markdown/runs.ts";
import { written } from "./markdown/written.ts";

interface Tape {
  readonly runs: readonly Run[];
  readonly text: string;
  /** As long as `text`; but a fence's empty lines do not look like the gap between two blocks. */
  readonly breaks: string;
}

/** `maxUnits` counts UTF-16 units, as `length` does, and is to leave room for delimiters: 32 at the least. */
export function splitParts(runs: readonly Run[], maxUnits: number): readonly string[] {
  const tape: Tape = { runs, text: plainText(runs), breaks: runs.map(breaksOf).join("") };
  const parts: string[] = [];
  for (let start = 0; start < tape.text.length; ) {
    const { part, end } = nextPart(tape, start, maxUnits);
    if (part !== "") parts.push(part);
    /** The line end at a cut is the cut. */
    start = tape.text[end] === "\n" ? end + 1 : end;
  }
  return parts;
}

const breaksOf = ({ text, marks }: Run): string => (marks.includes("fence") ? text.replaceAll(/\n(?=\n)/g, " ") : text);

/** What is written is seldom much longer than its text: the second or third guess fits. */
function nextPart({ runs, text, breaks }: Tape, start: number, maxUnits: number): { readonly part: string; readonly end: number } {
  let limit = Math.min(text.length, start + maxUnits);
  for (;;) {
    const end = limit === text.length ? limit : lastBreak(breaks, start, limit);
    const part = written(withoutEdge(slice(runs, start, end))).trim();
    if (part.length <= maxUnits || end - start <= 2) return { part, end };
    const length = Math.floor(((end - start) * maxUnits) / part.length);
    limit = start + Math.max(1, Math.min(length, end - start - 1));
  }
}

function slice(runs: readonly Run[], start: number, end: number): readonly Run[] {
  const sliced: Run[] = [];
  let at = 0;
  for (const run of runs) {
    if (at >= end) break;
    const text = run.text.slice(Math.max(0, start - at), Math.max(0, end - at));
    if (text !== "") sliced.push({ ...run, text });
    at += run.text.length;
  }
  return sliced;
}

/** Without the white space at a cut, which would stand behind the sign of a quote; a fence's is its indentation. */
function withoutEdge(runs: readonly Run[]): readonly Run[] {
  const first = runs.findIndex((run) => run.marks.includes("fence") || run.text.trim() !== "");
  return runs.slice(first).map((run, at) => (at > 0 || run.marks.includes("fence") ? run : { ...run, text: run.text.trimStart() }));
}
