/**
 * Prometheus series as text: `name{label="value"}`. Counters travel as `Record<series, increment>`, histograms as their
 * cumulative `_bucket`, `_sum` and `_count` series, so that adding up deltas from many objects is all that aggregation needs.
 */
export type Delta = Readonly<Record<string, number>>;

/** @see https://prometheus.io/docs/instrumenting/exposition_formats/#comments-help-text-and-type-information */
const escapeLabel = (value: string): string => value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

export function series(name: string, labels: Readonly<Record<string, string>> = {}): string {
  const inner = Object.entries(labels).map(([label, value]) => `${label}="${escapeLabel(value)}"`);
  return inner.length === 0 ? name : `${name}{${inner.join(",")}}`;
}

/** Upper bounds in milliseconds; the last is +Inf. */
export const LATENCY_BUCKETS_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 120_000] as const;

/** The increments one observation makes in the histogram `name`. */
export function observation(name: string, labels: Readonly<Record<string, string>>, valueMs: number): Delta {
  const buckets = LATENCY_BUCKETS_MS.filter((bound) => valueMs <= bound).map((bound) => String(bound));
  return Object.fromEntries([
    ...[...buckets, "+Inf"].map((le) => [series(`${name}_bucket`, { ...labels, le }), 1] as const),
    [series(`${name}_sum`, labels), valueMs] as const,
    [series(`${name}_count`, labels), 1] as const,
  ]);
}

export function addDeltas(...deltas: readonly Delta[]): Delta {
  const sum: Record<string, number> = {};
  for (const delta of deltas) for (const [name, value] of Object.entries(delta)) sum[name] = (sum[name] ?? 0) + value;
  return sum;
}
