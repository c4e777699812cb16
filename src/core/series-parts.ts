/** The inverse of `series`: what a series' text is made of. It never unescapes label values: they go out as they came in. */
export interface SeriesParts {
  readonly name: string;
  /** Label to escaped value, in the order written. */
  readonly labels: readonly (readonly [label: string, value: string])[];
}

const SERIES = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?$/s;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/gs;
const HISTOGRAM_SUFFIX = /_(?:bucket|sum|count)$/;

export function partsOf(text: string): SeriesParts | undefined {
  const match = SERIES.exec(text);
  if (match?.[1] === undefined) return undefined;
  return { name: match[1], labels: [...(match[2] ?? "").matchAll(LABEL)].map((label) => [label[1] ?? "", label[2] ?? ""] as const) };
}

export const spell = ({ name, labels }: SeriesParts): string =>
  labels.length === 0 ? name : `${name}{${labels.map(([label, value]) => `${label}="${value}"`).join(",")}}`;

export const withoutBound = (labels: SeriesParts["labels"]): SeriesParts["labels"] => labels.filter(([label]) => label !== "le");

export const familyOf = (name: string): string => name.replace(HISTOGRAM_SUFFIX, "");

/** The same text for all series of one histogram, so that they can be kept together; a counter is a group of its own. */
export function groupOf(text: string): string {
  const parts = partsOf(text);
  return parts === undefined ? text : spell({ name: familyOf(parts.name), labels: withoutBound(parts.labels) });
}
