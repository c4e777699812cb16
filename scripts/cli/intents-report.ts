/** The part of `routes validate` about intents: trained, cross-validated, and said in lines. The figures are worked out in scripts/intents. */
import { gzipSync } from "node:zlib";
import type { TrainingSet } from "../../src/classify/intents/training-set.ts";
import type { RoutesDocument } from "../../src/config/schema.ts";
import { shownThreshold } from "../../src/routing/shares.ts";
import { crossValidate, foldsFor } from "../intents/cross-validation.ts";
import { type Confusion, type Contradiction, contradictionsOf, type Quality, qualityOf } from "../intents/quality.ts";
import type { Warning } from "../intents/warning.ts";
import { warningsOf } from "../intents/warnings.ts";
import { facts, type Output, plural, table } from "./output.ts";
import { trainSet } from "./training.ts";

export interface IntentsReport extends Quality {
  readonly intents: number;
  readonly examples: Readonly<Record<string, number>>;
  readonly outOfScopeExamples: number;
  readonly outOfScopeShare: number;
  readonly threshold: number;
  readonly artefactBytes: number;
  readonly artefactBytesGzip: number;
  readonly trainSeconds: number;
  readonly confusions: readonly (Confusion & { readonly pools?: readonly [string, string] })[];
  readonly contradictions: readonly Contradiction[];
}

export interface Report {
  readonly report: IntentsReport;
  readonly warnings: readonly Warning[];
}

export function reportOn(document: RoutesDocument, set: TrainingSet, output: Output): Report {
  const start = performance.now();
  const { artefact, model } = trainSet(set, output);
  const trainSeconds = (performance.now() - start) / 1_000;
  const folds = foldsFor(set);
  const validated = output.gauge(`cross-validating in ${folds} parts`, (onProgress) => crossValidate(set, folds, onProgress));
  const quality = qualityOf(set, validated);
  const pools = poolsOf(document);
  const report: IntentsReport = {
    intents: set.intents.length,
    examples: Object.fromEntries(set.intents.map(({ name, examples }) => [name, examples.length])),
    outOfScopeExamples: set.outOfScope.length,
    outOfScopeShare: set.outOfScopeShare,
    threshold: model.threshold,
    artefactBytes: artefact.byteLength,
    artefactBytesGzip: gzipSync(artefact, { level: 9 }).byteLength,
    trainSeconds,
    ...quality,
    confusions: quality.confusions.map((confusion) => ({ ...confusion, ...poolsBetween(pools, confusion) })),
    contradictions: contradictionsOf(set),
  };
  return { report, warnings: warningsOf(document, set, quality) };
}

/** Where an intent leads by the first rule that names it; other conditions of the rule are not looked at. */
function poolsOf({ rules }: RoutesDocument): ReadonlyMap<string, string> {
  const pools = new Map<string, string>();
  for (const { when, pool } of rules) for (const intent of [when.intent ?? []].flat()) if (!pools.has(intent)) pools.set(intent, pool);
  return pools;
}

const DEFAULT = "default";

function poolsBetween(pools: ReadonlyMap<string, string>, { intent, takenFor }: Confusion) {
  if (pools.size === 0) return {};
  const to = pools.get(takenFor) ?? DEFAULT;
  return { pools: [(intent === null ? undefined : pools.get(intent)) ?? DEFAULT, to] as const };
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

const SHOWN = 10;

/** Pairs of which all the sentences are shown that there are. */
const TOLD = 3;

export function reportLines(report: IntentsReport): readonly string[] {
  return ["", ...summaryLines(report), ...confusionLines(report)];
}

function summaryLines(report: IntentsReport): readonly string[] {
  const { fallsBack, judged } = report;
  const outOfScope = fallsBack.outOfScope === null ? "" : `, ${percent(fallsBack.outOfScope)} of what is out of scope`;
  return facts({
    intents: `${report.intents}, ${examplesLine(report.examples)}; ${plural(report.outOfScopeExamples, "example")} out of scope`,
    model: `trained in ${report.trainSeconds.toFixed(1)} s; ${Math.ceil(report.artefactBytesGzip / 1024)} KiB compressed; threshold ${shownThreshold(report.threshold)}`,
    "cross-validated": judged === 0 ? "no: one example each leaves nothing to judge by" : `${plural(judged, "example")}, ${dealt(report)}`,
    ...(judged === 0
      ? {}
      : {
          "guessed right": percent(report.accuracy),
          "at a threshold": `of each part's own, ${percent(report.reached)} reach their intent, ${percent(report.misrouted)} another one`,
          "falls back": `${percent(fallsBack.inScope)} of what is in scope${outOfScope}`,
          expected: expectedLine(report),
        }),
  });
}

/** Of a small set each by itself. */
const dealt = ({ folds, judged }: IntentsReport): string =>
  folds >= judged ? `${judged === 1 ? "" : "each "}judged by a model of all the others` : `in ${folds} parts`;

function expectedLine({ fallsBack, outOfScopeShare }: IntentsReport): string {
  const share = percent(outOfScopeShare);
  return fallsBack.outOfScope === null
    ? `at best ${percent(fallsBack.expected)} of all messages fall back, if ${share} of them are out of scope and all of these do`
    : `${percent(fallsBack.expected)} of all messages fall back, if ${share} of them are out of scope`;
}

function examplesLine(examples: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(examples).sort(([, left], [, right]) => left - right);
  const [fewest] = sorted;
  const most = sorted.at(-1);
  const sum = sorted.reduce((total, [, count]) => total + count, 0);
  if (fewest === undefined || most === undefined) return "no examples";
  const spread = fewest[1] === most[1] ? `${fewest[1]} each` : `from ${fewest[1]} (${fewest[0]}) to ${most[1]} (${most[0]})`;
  return `${plural(sum, "example")}, ${spread}`;
}

/** Those that end in the same pool harm nobody, and come last. */
function confusionLines({ confusions }: IntentsReport): readonly string[] {
  if (confusions.length === 0) return [];
  const harm = ({ pools }: IntentsReport["confusions"][number]): number => (pools !== undefined && pools[0] === pools[1] ? 1 : 0);
  const sorted = confusions.toSorted((left, right) => harm(left) - harm(right));
  const hasPools = confusions.some(({ pools }) => pools !== undefined);
  const shown = sorted.slice(0, SHOWN);
  const rows = shown.flatMap(({ intent, takenFor, count, share, pools, examples: [first, ...more] }, index) => {
    const cells = [
      ...[intent ?? "out of scope", takenFor, `${count} (${percent(share)})`],
      ...(hasPools ? [pools === undefined || pools[0] === pools[1] ? "same" : pools.join(" → ")] : []),
    ];
    const others = index < TOLD ? more : [];
    return [[...cells, JSON.stringify(first)], ...others.map((text) => [...cells.map(() => " "), JSON.stringify(text)])];
  });
  const head = ["INTENT", "TAKEN FOR", "EXAMPLES", ...(hasPools ? ["POOL"] : []), "FOR INSTANCE"];
  const rest = confusions.length - shown.length;
  return ["", ...table(head, rows), ...(rest > 0 ? [`and ${plural(rest, "pair")} more; --json has them all`] : [])];
}
