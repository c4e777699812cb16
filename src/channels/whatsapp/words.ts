/** How things that are not text are put into words for an agent: plain English in brackets, short, and nothing that was not there. */

/** Brackets tell an agent what happened from what was said. */
export const note = (words: string): string => `[${words}]`;

const MAX_SHORT_UNITS = 300;

/** One line of somebody else's making. */
export function short(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  if (line.length <= MAX_SHORT_UNITS) return line;
  return `${line.slice(0, MAX_SHORT_UNITS).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

const MAX_LISTED = 20;

/** A list that may be long, with the number of those left out. */
export function listed(items: readonly string[], separator: string): string {
  const left = items.length - MAX_LISTED;
  return [...items.slice(0, MAX_LISTED), ...(left > 0 ? [`and ${left} more`] : [])].join(separator);
}

export const joined = (parts: readonly (string | undefined)[], separator = ", "): string =>
  parts
    .flatMap((part) => (part === undefined ? [] : [short(part)]))
    .filter((part) => part !== "")
    .join(separator);
