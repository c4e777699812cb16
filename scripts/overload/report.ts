/** The figures of an overload run as lines for people. */
import { type Figures, type Memory, sum, type Turn } from "./figures.ts";
import { floodWrites, goodputOver, othersP99 } from "./verdict.ts";

const middle = (values: readonly number[]): string =>
  (values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN).toFixed(0);

const refusalsOf = (turns: readonly Turn[]): string => {
  const statuses = [...new Set(turns.flatMap(({ refusals }) => Object.keys(refusals)))].toSorted();
  const told = statuses.map(
    (status) => `${sum(turns, ({ refusals }) => refusals[status] ?? 0)} × ${status === "0" ? "no answer" : status}`,
  );
  return told.join(", ") || "none";
};

const cellsOf = (name: string, turns: readonly Turn[], over: string): readonly string[] => [
  name,
  String(sum(turns, ({ offered }) => offered)),
  String(sum(turns, ({ good }) => good)),
  over,
  ...(["p50Ms", "p99Ms", "lagMs"] as const).map((figure) => middle(turns.map((turn) => turn[figure]))),
  refusalsOf(turns),
];

const memoryLine = ({ earlyMib, baseMib, peakMib, afterMib, againMib }: Memory): string =>
  `workerd: ${earlyMib.toFixed(0)} MiB when 1 × was known, ${baseMib.toFixed(0)} a minute after as much at 1 × as follows, ${peakMib.toFixed(0)} at most, ${afterMib.toFixed(0)} a minute later; ${againMib.toFixed(0)} at most with as much from other people`;

const HEAD = ["", "offered", "in time", "over 1 ×", "p50 ms", "p99 ms", "generator's p99 ms", "refused"];

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const all = [HEAD, ...rows];
  const widths = HEAD.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(HEAD), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}

export function linesOf(figures: Figures, found: readonly string[]): readonly string[] {
  const { steps, fairness, flood, memory, acknowledged, lost } = figures;
  const one = steps.find(({ times }) => times === 1);
  const stepRows = steps.map((step) => cellsOf(`${step.times} ×`, step.turns, one === undefined ? "" : goodputOver(step, one).toFixed(2)));
  const answers = Object.entries(flood.answers).map(([status, count]) => `${count} × ${status}`);
  return [
    `1 × is ${figures.sustained.toFixed(0)} webhooks per second; 32 connections that never wait got ${figures.closedLoop.toFixed(0)} through`,
    ...table([
      ...stepRows,
      cellsOf("others, quiet", [fairness.quiet], ""),
      cellsOf("others, one at 10 ×", [fairness.loud], ""),
      cellsOf("beside a flood", [flood.beside], ""),
    ]),
    `one account at ten times its share: the others' p99 is ${othersP99(figures).toFixed(2)} times as long`,
    `${flood.sent} unsigned webhooks: ${answers.join(", ")}; wrote ${floodWrites(figures).join(", ") || "nothing"}`,
    memoryLine(memory),
    `acknowledged ${acknowledged}, lost ${lost.length} after kill -9`,
    ...found.map((finding) => `MISSED: ${finding}`),
    found.length === 0 ? "every bar met" : `${found.length} missed`,
  ];
}
