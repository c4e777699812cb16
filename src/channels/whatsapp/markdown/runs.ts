/**
 * An answer between Markdown and WhatsApp: stretches of plain text, each with what it is. Cut anywhere it is still whole, because
 * the delimiters are written last. Never holds a delimiter itself.
 */

/** `url` is text that must stay as it is; `quote` and `fence` are what a line is, all others what words are. */
export type Mark = "bold" | "italic" | "strike" | "code" | "url" | "quote" | "fence";

/** Marks stand as they are nested, the outermost first, and none twice. Line ends are part of the text. */
export interface Run {
  readonly text: string;
  readonly marks: readonly Mark[];
}

export const marked = (marks: readonly Mark[], mark: Mark): readonly Mark[] => (marks.includes(mark) ? marks : [...marks, mark]);

/** What stays of the marks for text that is not the author's: where it stands, and not how it looks. */
export const placeOf = (marks: readonly Mark[]): readonly Mark[] => marks.filter((mark) => mark === "quote");

export const plainText = (runs: readonly Run[]): string => runs.map((run) => run.text).join("");

/** Neighbours that `keyOf` finds alike, together. */
export function grouped(runs: readonly Run[], keyOf: (run: Run) => unknown): readonly (readonly [Run, ...Run[]])[] {
  const groups: [Run, ...Run[]][] = [];
  for (const run of runs) {
    const last = groups.at(-1);
    if (last !== undefined && keyOf(last[0]) === keyOf(run)) last.push(run);
    else groups.push([run]);
  }
  return groups;
}
