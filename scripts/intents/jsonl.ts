/** Files with one JSON value a line: every line read, or a sentence that names the lines that are wrong. Knows no meaning. */
import { fail, ok, type Result } from "../../src/core/result.ts";

/** What one line says, or what is wrong with it. */
export type LineReader<T> = (value: unknown, line: number) => Result<T, string>;

/** Nobody reads more at once. */
const SHOWN = 5;

/** Empty lines are nobody's mistake. */
export function readLines<T>(text: string, read: LineReader<T>): Result<readonly T[], string> {
  const values: T[] = [];
  const wrong: string[] = [];
  for (const [index, line] of text
    .replace(/^\ufeff/, "")
    .split("\n")
    .entries()) {
    if (line.trim() === "") continue;
    const value = readLine(line, index + 1, read);
    if (value.ok) values.push(value.value);
    else wrong.push(`line ${index + 1}: ${value.problem}`);
  }
  return wrong.length === 0 ? ok(values) : fail([...described(wrong), ...hintsFor(text)].join("\n"));
}

function readLine<T>(line: string, number: number, read: LineReader<T>): Result<T, string> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return fail("is not JSON");
  }
  return read(value, number);
}

function described(wrong: readonly string[]): readonly string[] {
  const rest = wrong.length - SHOWN;
  const others = rest === 1 ? "and 1 more line like these" : `and ${rest} more lines like these`;
  return [...wrong.slice(0, SHOWN), ...(rest > 0 ? [others] : [])];
}

/** What people have instead: CSV, or one array of all. */
function hintsFor(text: string): readonly string[] {
  const [first] = text.replace(/^\ufeff/, "").trimStart();
  if (first === "{") return [];
  const instead = 'give a JSON object in each line instead, as {"text": "hello", …}';
  return [first === "[" ? `it begins like one JSON array; ${instead}` : `it does not begin with an object; ${instead}`];
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
