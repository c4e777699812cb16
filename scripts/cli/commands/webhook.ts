/** `clawedge webhook …`: what a platform has for an account, compared with what it should have, and made so. */
import { type Command, operand } from "../command.ts";
import { cell, facts, plural, table, time } from "../output.ts";

interface Fields {
  readonly fields: Readonly<Record<string, unknown>>;
}

interface Report {
  readonly expected: Fields;
  readonly actual: Fields;
  readonly differences: readonly { readonly field: string; readonly expected: unknown; readonly actual: unknown }[];
  readonly pendingCount?: number;
  readonly lastError?: { readonly message: string; readonly atMs: number };
  readonly previous?: Fields & { readonly atMs: number };
}

const pathOf = (account: string): string => `/accounts/${encodeURIComponent(account)}/webhook`;

export const webhookShow: Command = {
  name: "webhook show",
  summary: "What the platform has for an account, and every field that differs",
  operands: ["ACCOUNT"],
  options: {},
  notes: "Exit code 1 when a field differs. A platform never shows its secret: webhook set writes it anew.",
  run: async (call) => {
    const account = operand(call, 0);
    const report = await call.edge().get<Report>(pathOf(account));
    call.output.answer(report, () => reportLines(account, report));
    return report.differences.length === 0 ? 0 : 1;
  },
};

function reportLines(account: string, report: Report): readonly string[] {
  const { differences, pendingCount, lastError, previous, actual } = report;
  const rows = differences.map(({ field, expected, actual: found }) => [field, found, expected]);
  const verdict =
    rows.length === 0
      ? ["as it should be"]
      : [
          ...table(["FIELD", "AT THE PLATFORM", "SHOULD BE"], rows),
          `${plural(rows.length, "field differs", "fields differ")}. Next: clawedge webhook set ${account}`,
        ];
  const error = lastError === undefined ? "-" : `${lastError.message} (${time(lastError.atMs)})`;
  return [
    ...facts({ account, url: actual.fields["url"], pending: pendingCount, "last error": error }),
    ...(previous === undefined ? [] : [`before this edge (${time(previous.atMs)}): ${cell(previous.fields["url"])}`]),
    "",
    ...verdict,
  ];
}

interface SetAnswer {
  readonly before: Report;
  readonly after: Report;
}

export const webhookSet: Command = {
  name: "webhook set",
  summary: "Make the platform deliver to this edge; prints before and after",
  operands: ["ACCOUNT"],
  options: {},
  notes: "Waiting updates are kept. Exit code 1 when a field differs all the same. To undo, set the address printed as before by hand.",
  run: async (call) => {
    const account = operand(call, 0);
    const answer = await call.edge().post<SetAnswer>(pathOf(account));
    const { before, after } = answer;
    const names = [...new Set([...Object.keys(before.actual.fields), ...Object.keys(after.actual.fields)])];
    const rows = names.map((name) => [name, before.actual.fields[name], after.actual.fields[name]]);
    call.output.answer(answer, () => [
      ...table(["FIELD", "BEFORE", "AFTER"], rows),
      ...(after.differences.length === 0
        ? [`set. ${plural(after.pendingCount ?? 0, "update")} waiting at the platform`]
        : ["", ...reportLines(account, after)]),
    ]);
    return after.differences.length === 0 ? 0 : 1;
  },
};
