/** `clawedge webhook …`: what a platform has for an account, compared with what it should have, and made so, or what to enter by hand. */
import { type ByHand, byHandIn, byHandLines } from "../by-hand.ts";
import { type Call, type Command, operand } from "../command.ts";
import { CliFailure } from "../failure.ts";
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

/** Platforms call it one or the other. */
const urlIn = ({ fields }: Fields): unknown => fields["url"] ?? fields["callback_url"];

/** What can be entered by hand is known to the edge alone: it is printed also when the platform could not be asked. */
function withByHand(call: Call, said: string, error: unknown): never {
  const answer = error instanceof CliFailure ? error.answer : undefined;
  const byHand = byHandIn(answer);
  if (!call.output.isJson && byHand?.verifyToken !== undefined) {
    call.output.answer(answer, () => [said, "", ...byHandLines(byHand)]);
  }
  throw error;
}

export const webhookShow: Command = {
  name: "webhook show",
  summary: "What the platform has for an account, every field that differs, and what to enter by hand",
  operands: ["ACCOUNT"],
  options: {},
  notes: `Exit code 1 when a field differs, or when the platform could not be asked. A platform never shows its secret: webhook set writes it anew.
Where an operator must type a verify token, it is printed: mind who looks on.`,
  run: async (call) => {
    const account = operand(call, 0);
    const report = await call
      .edge()
      .get<Report & ByHand>(pathOf(account))
      .catch((error: unknown) => withByHand(call, "The platform could not be asked, so nothing is compared.", error));
    call.output.answer(report, () => [...reportLines(account, report), ...typedLines(report)]);
    return report.differences.length === 0 ? 0 : 1;
  },
};

const typedLines = (byHand: ByHand): readonly string[] => (byHand.verifyToken === undefined ? [] : ["", ...byHandLines(byHand)]);

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
    ...facts({ account, url: urlIn(actual), pending: pendingCount, "last error": error }),
    ...(previous === undefined ? [] : [`before this edge (${time(previous.atMs)}): ${cell(urlIn(previous))}`]),
    "",
    ...verdict,
  ];
}

interface SetAnswer extends ByHand {
  readonly before: Report;
  readonly after: Report;
}

export const webhookSet: Command = {
  name: "webhook set",
  summary: "Make the platform deliver to this edge; prints before and after",
  operands: ["ACCOUNT"],
  options: {},
  notes: `Waiting updates are kept. Exit code 1 when a field differs all the same, and when the account's token may not do it: then what to
enter by hand is printed. To undo, set the address printed as before by hand.`,
  run: async (call) => {
    const account = operand(call, 0);
    const answer = await call
      .edge()
      .post<SetAnswer>(pathOf(account))
      .catch((error: unknown) => withByHand(call, "Not set.", error));
    const { before, after } = answer;
    const names = [...new Set([...Object.keys(before.actual.fields), ...Object.keys(after.actual.fields)])];
    const rows = names.map((name) => [name, before.actual.fields[name], after.actual.fields[name]]);
    call.output.answer(answer, () => [
      ...table(["FIELD", "BEFORE", "AFTER"], rows),
      ...(after.differences.length === 0 ? [doneLine(after)] : ["", ...reportLines(account, after), ...typedLines(answer)]),
    ]);
    return after.differences.length === 0 ? 0 : 1;
  },
};

/** Not every platform tells what waits. */
const doneLine = ({ pendingCount }: Report): string =>
  pendingCount === undefined ? "set" : `set. ${plural(pendingCount, "update")} waiting at the platform`;
