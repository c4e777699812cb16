/** The figures as a table for people and as JSON for programs, with the bars they are held to. Starts and measures nothing. */
import { type AckResults, NAMES } from "./ack.ts";
import type { FileGrowth } from "./files.ts";
import type { Figures } from "./load.ts";
import type { BacklogGrowth } from "./memory.ts";
import type { RealGateway } from "./real-gateway.ts";
import { ratio, spread } from "./rounds.ts";
import type { Spread } from "./statistics.ts";

export const BARS = {
  throughputRatio: 0.7,
  p50Ratio: 1.5,
  whatsappThroughputRatio: 0.6,
  whatsappP50Ratio: 1.8,
  backlogMib: 256,
  fileMib: 64,
} as const;

export interface Report {
  readonly lines: readonly string[];
  readonly json: object;
  readonly isMet: boolean;
}

const show = ({ median, low, high }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${low.toFixed(digits)}..${high.toFixed(digits)})`;

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

const verdict = (isMet: boolean): string => (isMet ? "met" : "MISSED");

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  const pad = (cells: readonly string[]): string => row(cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
  return [pad(head), row(widths.map((width) => "-".repeat(width))), ...rows.map(pad)];
}

const entries = Object.entries(NAMES);

/** Throughput and p50 of one contestant over another's. */
function ratiosOf(results: AckResults, name: string, baseline: string) {
  const of = (phase: "throughput" | "latency", figure: keyof Figures): Spread => ratio(results[phase], figure, [name, baseline]);
  return { throughput: of("throughput", "perSecond"), p50: of("latency", "p50Ms") };
}

export function ackReport(results: AckResults, gateway?: RealGateway): Report {
  const present = entries.filter(([, name]) => results.throughput.has(name));
  const rows = present.map(([, name]) => {
    const { throughput, p50 } = ratiosOf(results, name, NAMES.commit);
    const [perSecond, p50Ms] = [spread(results.throughput, name, "perSecond"), spread(results.latency, name, "p50Ms")];
    return [name, show(perSecond, 0), show(throughput, 2), show(p50Ms, 2), show(p50, 2)];
  });
  const { throughput, p50 } = ratiosOf(results, NAMES.withheld, NAMES.commit);
  const [isFast, isSoon] = [throughput.median >= BARS.throughputRatio, p50.median <= BARS.p50Ratio];
  const whatsapp = ratiosOf(results, NAMES.whatsapp, NAMES.commit);
  const isWhatsappMet = [whatsapp.throughput.median >= BARS.whatsappThroughputRatio, whatsapp.p50.median <= BARS.whatsappP50Ratio] as const;
  const figures = present.map(([key, name]) => {
    const ratios = ratiosOf(results, name, NAMES.commit);
    return [key, { throughputRatio: rounded(ratios.throughput.median), p50Ratio: rounded(ratios.p50.median) }] as const;
  });
  return {
    lines: [
      ...table(["", "per second, 32 connections", "over bare commit", "p50 ms, 1 connection", "over bare commit"], rows),
      ...(results.hasNginx ? [] : ["nginx: not measured (not installed)"]),
      gatewayLine(gateway),
      `throughput of the ack >= ${BARS.throughputRatio} of bare commit: ${throughput.median.toFixed(2)}, ${verdict(isFast)}`,
      `p50 of the ack <= ${BARS.p50Ratio} of bare commit: ${p50.median.toFixed(2)}, ${verdict(isSoon)}`,
      `throughput of WhatsApp's ack >= ${BARS.whatsappThroughputRatio} of bare commit: ${whatsapp.throughput.median.toFixed(2)}, ${verdict(isWhatsappMet[0])}`,
      `p50 of WhatsApp's ack <= ${BARS.whatsappP50Ratio} of bare commit: ${whatsapp.p50.median.toFixed(2)}, ${verdict(isWhatsappMet[1])}`,
    ],
    json: {
      telegramAck: Object.fromEntries(figures)["withheld"],
      whatsappAck: Object.fromEntries(figures)["whatsapp"],
      ...Object.fromEntries(figures),
      ...(gateway === undefined ? {} : { realGateway: { p50Ratio: rounded(gateway.ratio.median) } }),
      bars: BARS,
    },
    isMet: isFast && isSoon && isWhatsappMet.every(Boolean),
  };
}

function gatewayLine(gateway: RealGateway | undefined): string {
  if (gateway === undefined) return "real gateway: not measured (OPENCLAW_RIG names no installation)";
  const { straightMs, throughEdgeMs, ratio: over } = gateway;
  return `real gateway, ms until it has accepted: straight ${show(straightMs, 0)}, through the edge ${show(throughEdgeMs, 0)}, ratio ${show(over, 2)}`;
}

export function memoryReport(backlogs: readonly BacklogGrowth[], files: FileGrowth): Report {
  const cells = (name: string, growth: { beforeMib: number; peakMib: number; grownMib: number }): readonly string[] => [
    name,
    ...[growth.beforeMib, growth.peakMib, growth.grownMib].map((mib) => mib.toFixed(0)),
  ];
  const rows = [
    ...backlogs.map((backlog) => cells(`5,000 webhooks wait in ${backlog.conversations} conversations`, backlog)),
    cells("20 MB up through the egress, twice", files.upload),
    cells("20 MB down through the egress, twice", files.download),
  ];
  const [first] = backlogs;
  const isBacklogMet = first === undefined || first.grownMib <= BARS.backlogMib;
  const isFileMet = Math.max(files.upload.grownMib, files.download.grownMib) <= BARS.fileMib;
  return {
    lines: [
      ...table(["workerd, MiB", "before", "peak", "grown"], rows),
      `the backlog of 64 conversations grows workerd by <= ${BARS.backlogMib} MiB: ${verdict(isBacklogMet)}`,
      `a file grows workerd by <= ${BARS.fileMib} MiB: ${verdict(isFileMet)}`,
    ],
    json: {
      memory: {
        idleMib: rounded(first?.idleMib ?? Number.NaN),
        backlogs: backlogs.map(({ conversations, grownMib }) => ({ conversations, grownMib: rounded(grownMib) })),
        upload: { grownMib: rounded(files.upload.grownMib) },
        download: { grownMib: rounded(files.download.grownMib) },
      },
      bars: BARS,
    },
    isMet: isBacklogMet && isFileMet,
  };
}
