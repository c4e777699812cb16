/** What a command prints: plain text in columns, or the answer as JSON; progress and complaints beside it, on standard error. */
import { type Gauge, gaugeTo, type Watched } from "./gauge.ts";

export interface Output {
  readonly isJson: boolean;
  /** The answer: as JSON when that was asked for, else through `render`. */
  readonly answer: (value: unknown, render: () => readonly string[]) => void;
  /** How long work gets on. */
  readonly progress: (line: string) => void;
  /** How far work that keeps this process busy has come, once it takes long enough to be noticed. */
  readonly gauge: Gauge;
}

export interface Streams extends Watched {
  readonly out: (text: string) => void;
}

export const outputTo = ({ out, err, ...watched }: Streams, isJson: boolean): Output => ({
  isJson,
  answer: (value, render) => out(isJson ? `${JSON.stringify(value, null, 2)}\n` : `${render().map(printable).join("\n")}\n`),
  progress: (line) => err(`${printable(line)}\n`),
  gauge: gaugeTo({ err, ...watched }),
});

/** What came over the wire must not steer a terminal. */
export const printable = (text: string): string => text.replaceAll(/[^\P{Cc}\n\t]/gu, "\ufffd");

/** Columns as wide as their widest cell; the last one ends where it ends. */
export function table(head: readonly string[], rows: readonly (readonly unknown[])[]): readonly string[] {
  const lines = [head, ...rows.map((row) => row.map(cell))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines.map((line) =>
    line
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Names and values under each other; what is undefined is left out. */
export function facts(pairs: Readonly<Record<string, unknown>>): readonly string[] {
  const given = Object.entries(pairs).filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...given.map(([name]) => name.length));
  return given.map(([name, value]) => `${name.padEnd(width)}  ${cell(value)}`.trimEnd());
}

export function cell(value: unknown): string {
  if (value === undefined || value === null || value === "") return "-";
  if (Array.isArray(value)) return value.length === 0 ? "-" : value.map(cell).join(", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** `2026-11-21 09:30:00Z`, or a dash. */
export const time = (atMs: number | null | undefined): string =>
  atMs === null || atMs === undefined ? "-" : `${new Date(atMs).toISOString().slice(0, 19).replace("T", " ")}Z`;

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
