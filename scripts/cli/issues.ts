/** Problems of a routes document, and variables it names that the edge lacks, as lines. */
import { plural, table } from "./output.ts";

export interface Issue {
  readonly level: "error" | "warning";
  readonly path: string;
  readonly message: string;
}

export interface Unset {
  readonly path: string;
  readonly variable: string;
}

export const issueLines = (issues: readonly Issue[]): readonly string[] =>
  issues.map(({ level, path, message }) => `${level}: ${path === "" ? "the document" : path}: ${message}`);

export function unsetLines(unset: readonly Unset[]): readonly string[] {
  if (unset.length === 0) return [];
  const rows = unset.map(({ variable, path }) => [variable, path]);
  return [
    "",
    `${plural(unset.length, "variable is", "variables are")} not set on the edge:`,
    ...table(["VARIABLE", "NAMED BY"], rows),
    "Next: wrangler secret put NAME",
  ];
}
