/** What a Prometheus linter would hold against a metrics text; empty when it is fit to be scraped. */
import { familyOf, partsOf, type SeriesParts, spell, withoutBound } from "../../src/core/series-parts.ts";

interface Sample extends SeriesParts {
  readonly text: string;
  readonly value: number;
  /** The family named by the last `# TYPE` above it. */
  readonly head: string;
}

const SAMPLE = /^(\S.*) (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf)$/;
const TYPE = /^# TYPE (\S+) (?:counter|gauge|histogram|untyped)$/;

export function expositionFaults(text: string): readonly string[] {
  const lines = text.split("\n").slice(0, -1);
  const heads = lines.flatMap((line) => TYPE.exec(line)?.[1] ?? []);
  const samples = samplesOf(lines);
  return [
    ...(text === "" || text.endsWith("\n") ? [] : ["the last line has no end"]),
    ...(heads.join() === [...new Set(heads)].toSorted().join() ? [] : ["families are not sorted, or come twice"]),
    ...lines.filter((line) => !line.startsWith("#") && !SAMPLE.test(line)).map((line) => `malformed: ${line}`),
    ...samples.filter(({ name, head }) => name !== head && familyOf(name) !== head).map((sample) => `under the wrong head: ${sample.text}`),
    ...samples
      .filter((sample, index) => samples.findIndex(({ text: other }) => other === sample.text) !== index)
      .map((sample) => `twice: ${sample.text}`),
    ...[...Map.groupBy(samples.filter(isBucket), groupOf)].flatMap(([group, buckets]) => histogramFaults(group, buckets, samples)),
  ];
}

function samplesOf(lines: readonly string[]): readonly Sample[] {
  let head = "";
  return lines.flatMap((line) => {
    head = TYPE.exec(line)?.[1] ?? head;
    const [, text = "", value = ""] = SAMPLE.exec(line) ?? [];
    const parts = line.startsWith("#") ? undefined : partsOf(text);
    return parts === undefined ? [] : [{ ...parts, text, head, value: numberOf(value) }];
  });
}

const numberOf = (text: string): number => Number(text.replace("Inf", "Infinity"));
const boundOf = (sample: Sample): number => numberOf(sample.labels.find(([label]) => label === "le")?.[1] ?? "");
const isBucket = (sample: Sample): boolean => sample.labels.some(([label]) => label === "le");
const groupOf = (sample: Sample): string => spell({ name: `${familyOf(sample.name)}_count`, labels: withoutBound(sample.labels) });

function histogramFaults(group: string, buckets: readonly Sample[], samples: readonly Sample[]): readonly string[] {
  const last = buckets.at(-1);
  const count = samples.find(({ text }) => text === group)?.value;
  const broken = buckets.filter((bucket, index) => {
    const before = buckets[index - 1];
    return before !== undefined && (boundOf(before) >= boundOf(bucket) || before.value > bucket.value);
  });
  return [
    ...broken.map(({ text }) => `not cumulative: ${text}`),
    ...(last !== undefined && boundOf(last) === Number.POSITIVE_INFINITY && last.value === count
      ? []
      : [`+Inf is not the count: ${group}`]),
  ];
}
