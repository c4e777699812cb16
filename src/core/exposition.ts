/**
 * Deltas as Prometheus text: families sorted, each with its HELP and TYPE once, histogram bounds in order and complete.
 * It never invents a value, except that a bound nobody was under counts zero.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
 */
import { METRIC_PREFIX, METRICS, type Metric } from "./metrics.ts";
import { type Delta, LATENCY_BUCKETS_MS } from "./series.ts";
import { familyOf, groupOf, partsOf, type SeriesParts, spell, withoutBound } from "./series-parts.ts";

export const EXPOSITION_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type Catalogue = Readonly<Record<string, Metric>>;
type Sample = SeriesParts & { readonly value: number };

/** The text of `delta`. Series that are not well-formed, or whose value is no number, are left out. */
export function exposition(delta: Delta, catalogue: Catalogue = METRICS): string {
  const families = Map.groupBy(samplesOf(delta), (sample) => familyIn(catalogue, sample.name));
  return [...families]
    .toSorted(([left], [right]) => compare(left, right))
    .map(([family, samples]) => familyText(family, samples, catalogue))
    .join("");
}

/** By code point: the order must not depend on the locale of the machine. */
function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Labels sorted and the prefix put on, so that two spellings of one series are summed instead of shown twice, which is an error. */
function samplesOf(delta: Delta): readonly Sample[] {
  const sums = new Map<string, Sample>();
  for (const [text, value] of Object.entries(delta)) {
    const parts = partsOf(text);
    if (parts === undefined || Number.isNaN(value)) continue;
    const name = parts.name.startsWith(METRIC_PREFIX) ? parts.name : METRIC_PREFIX + parts.name;
    const labels = parts.labels.toSorted(([left], [right]) => compare(left, right));
    const key = spell({ name, labels });
    sums.set(key, { name, labels, value: value + (sums.get(key)?.value ?? 0) });
  }
  return [...sums.values()];
}

const metricOf = (catalogue: Catalogue, family: string): Metric | undefined => {
  const name = family.slice(METRIC_PREFIX.length);
  return Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
};

const familyIn = (catalogue: Catalogue, name: string): string =>
  metricOf(catalogue, familyOf(name))?.type === "histogram" ? familyOf(name) : name;

function familyText(family: string, samples: readonly Sample[], catalogue: Catalogue): string {
  const metric = metricOf(catalogue, family);
  const head = metric === undefined ? `# TYPE ${family} untyped\n` : `# HELP ${family} ${metric.help}\n# TYPE ${family} ${metric.type}\n`;
  return head + (metric?.type === "histogram" ? histogramText(family, samples) : plainText(samples));
}

const line = (parts: SeriesParts, value: number): string => `${spell(parts)} ${spellNumber(value)}\n`;

function spellNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}

const plainText = (samples: readonly Sample[]): string =>
  samples
    .map((sample) => line(sample, sample.value))
    .toSorted(compare)
    .join("");

function histogramText(family: string, samples: readonly Sample[]): string {
  return [...Map.groupBy(samples, (sample) => groupOf(spell(sample)))]
    .toSorted(([left], [right]) => compare(left, right))
    .map(([, group]) => oneHistogram(family, group))
    .join("");
}

/** Bounds are cumulative by construction; a lower one that is missing was never met. */
function oneHistogram(family: string, group: readonly Sample[]): string {
  const labels = withoutBound(group[0]?.labels ?? []);
  const total = (suffix: string): number => group.find((sample) => sample.name === `${family}_${suffix}`)?.value ?? 0;
  const met = new Map(
    group.flatMap((sample) => sample.labels.flatMap(([label, le]) => (label === "le" ? [[le, sample.value] as const] : []))),
  );
  const bounds = new Set([...LATENCY_BUCKETS_MS.map(String), ...met.keys()].filter((le) => le !== "+Inf"));

  let below = 0;
  const buckets = [...bounds]
    .toSorted((left, right) => Number(left) - Number(right))
    .map((le) => {
      below = Math.max(below, met.get(le) ?? 0);
      return line({ name: `${family}_bucket`, labels: [...labels, ["le", le]] }, below);
    });
  const count = total("count");
  return [
    ...buckets,
    line({ name: `${family}_bucket`, labels: [...labels, ["le", "+Inf"]] }, count),
    line({ name: `${family}_sum`, labels }, total("sum")),
    line({ name: `${family}_count`, labels }, count),
  ].join("");
}
