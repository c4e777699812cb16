/** `clawedge routes …`: the document checked here, pushed to the edge, looked at, and taken back. */
import { hasIntents } from "../../../src/config/training-set-of.ts";
import { numberIn } from "../args.ts";
import { type Call, type Command, operand } from "../command.ts";
import { CliFailure } from "../failure.ts";
import { type IntentsReport, reportLines, reportOn } from "../intents-report.ts";
import { type Issue, issueLines, type Unset, unsetLines } from "../issues.ts";
import { loadText, readFile } from "../offline.ts";
import { facts, plural, table, time } from "../output.ts";
import { modelOf, trainingSetIn } from "../training.ts";

export const routesValidate: Command = {
  name: "routes validate",
  summary: "Check a routes document here, without an edge; train its intents and say how good they are",
  operands: ["FILE"],
  options: {},
  notes: `The same code judges it as on the edge. Names that only the edge knows (its variables) are checked by routes push.
Intents are judged by cross-validation: every example by a model that has not seen it. Up to 60 examples one is left out at a time;
20 parts up to 200, 5 up to 5,000, 3 up to 30,000, 2 beyond.`,
  run: async (call) => {
    const file = operand(call, 0);
    const { isValid, issues, intents } = judge(call, file);
    call.output.answer({ valid: isValid, issues, ...(intents === undefined ? {} : { intents }) }, () => [
      ...issueLines(issues),
      ...(intents === undefined ? [] : [...reportLines(intents), ""]),
      isValid ? `valid. Next: clawedge routes push ${file}` : "not valid: the edge would refuse it",
    ]);
    return isValid ? 0 : 1;
  },
};

interface Judgement {
  readonly isValid: boolean;
  readonly issues: readonly Issue[];
  readonly intents?: IntentsReport;
}

function judge(call: Call, file: string): Judgement {
  const loaded = loadText(readFile(file));
  if (!loaded.ok) return { isValid: false, issues: loaded.problem };
  const { document, warnings } = loaded.value;
  if (!hasIntents(document)) return { isValid: true, issues: warnings };
  const set = trainingSetIn(document, file);
  if (!set.ok) return { isValid: false, issues: [...set.problem, ...warnings] };
  const report = reportOn(document, set.value, call.output);
  // The same finding, with its sentence, is among the report's.
  const others = warnings.filter(({ message }) => !/^is an example of .+ too$/.test(message));
  return { isValid: true, issues: [...others, ...report.warnings], intents: report.report };
}

interface Change {
  readonly status: "accepted" | "unchanged" | "ignored" | "noted" | "training";
  readonly number?: number;
  readonly warnings?: readonly Issue[];
  readonly unset?: readonly Unset[];
}

function changeLines({ status, number, warnings = [], unset = [] }: Change): readonly string[] {
  if (status === "training") return ["the edge learns its intents first; what was in force stays until then. Next: clawedge routes status"];
  if (status !== "accepted") return [`nothing changed: this is what is in force (number ${number ?? "-"})`];
  return [
    ...issueLines(warnings),
    `in force as number ${number}. Every place of the edge follows within about a minute.`,
    ...unsetLines(unset),
  ];
}

/** A refusal carries the issues; they are printed where answers are, and the sentence goes with the exit code. */
function withIssues(call: Call, error: unknown): never {
  const answer = error instanceof CliFailure ? error.answer : undefined;
  if (!call.output.isJson && typeof answer === "object" && answer !== null && "issues" in answer && Array.isArray(answer.issues)) {
    const issues: readonly Issue[] = answer.issues;
    call.output.answer(answer, () => issueLines(issues));
  }
  throw error;
}

export const routesPush: Command = {
  name: "routes push",
  summary: "Put a routes document into force, with the model of its intents",
  operands: ["FILE"],
  options: {},
  notes: `A bad document changes nothing. The one before is kept: clawedge routes history, clawedge routes rollback N.
Intents are trained here, with the examples in the files that the document names, beside it; document and model arrive as one.`,
  run: async (call) => {
    const edge = call.edge();
    const body = bodyOf(call, operand(call, 0));
    const change = await edge.post<Change>("/routes", body).catch((error: unknown) => withIssues(call, error));
    call.output.answer(change, () => changeLines(change));
    return 0;
  },
};

/** The text as it stands; with intents, their model beside it. What is not valid goes as it is: the edge says so, with the variables it has. */
function bodyOf(call: Call, file: string): string | FormData {
  const text = readFile(file);
  const loaded = loadText(text);
  const trained = loaded.ok ? modelOf(loaded.value.document, file, call.output) : undefined;
  if (trained === undefined) return text;
  const form = new FormData();
  // As a file: of a form's texts the line ends are rewritten, and the document is known by its hash.
  form.set("routes", new Blob([text], { type: "text/plain; charset=utf-8" }), "routes");
  form.set("model", new Blob([new Uint8Array(trained.artefact)], { type: "application/octet-stream" }), "model");
  return form;
}

interface Status {
  readonly number?: number;
  readonly missing?: string;
  readonly document?: {
    readonly number: number;
    readonly source: string;
    readonly atMs: number;
    readonly by?: string;
    readonly hash: string;
  };
  readonly warnings: readonly Issue[];
  readonly training?: { readonly sinceMs: number; readonly source: string; readonly by?: string; readonly lastError?: string };
  readonly draining: readonly string[];
  readonly returning?: readonly string[];
  readonly lastRejected?: { readonly source: string; readonly issues: readonly Issue[]; readonly atMs: number; readonly by?: string };
  readonly copies: Readonly<Record<"accepted" | "raw", { readonly isWritten: boolean; readonly lastError?: string }>>;
  readonly unset: readonly Unset[];
}

export const routesStatus: Command = {
  name: "routes status",
  summary: "What is in force, what was refused, and which variables are missing",
  operands: [],
  options: {},
  notes: "Exit code 1 while the newest document is a refused one, or none is in force.",
  run: async (call) => {
    const status = await call.edge().get<Status>("/routes");
    call.output.answer(status, () => statusLines(status));
    return status.number === undefined || status.lastRejected !== undefined ? 1 : 0;
  },
};

function statusLines(status: Status): readonly string[] {
  const { number, document, returning = [], copies, warnings, unset } = status;
  if (document === undefined) return [status.missing ?? "no document is in force", ...trainingLines(status), ...rejectedLines(status)];
  const from = `${document.source}${document.by === undefined ? "" : ` by ${document.by}`}, ${time(document.atMs)}`;
  const written = copies.accepted.isWritten
    ? "written"
    : `pending${copies.accepted.lastError === undefined ? "" : `: ${copies.accepted.lastError}`}`;
  const draining = status.draining.map((name) => (returning.includes(name) ? `${name} (returns)` : name));
  return [
    ...facts({ "in force": number, document: `${document.number} (${from})`, draining, "copy in KV": written }),
    ...trainingLines(status),
    ...issueLines(warnings),
    ...rejectedLines(status),
    ...unsetLines(unset),
  ];
}

function trainingLines({ training }: Status): readonly string[] {
  if (training === undefined) return [];
  const { source, by, sinceMs, lastError } = training;
  const who = by === undefined ? "" : ` by ${by}`;
  return [`training: a ${source} document${who}, since ${time(sinceMs)}${lastError === undefined ? "" : ` (${lastError})`}`];
}

function rejectedLines({ lastRejected }: Status): readonly string[] {
  if (lastRejected === undefined) return [];
  const who = lastRejected.by === undefined ? "" : ` by ${lastRejected.by}`;
  return ["", `refused: a ${lastRejected.source} document${who}, ${time(lastRejected.atMs)}`, ...issueLines(lastRejected.issues)];
}

interface History {
  readonly history: readonly {
    readonly number: number;
    readonly source: string;
    readonly atMs: number;
    readonly by?: string;
    readonly restoredFrom?: number;
    readonly hash: string;
  }[];
}

export const routesHistory: Command = {
  name: "routes history",
  summary: "The documents that are kept, newest first",
  operands: [],
  options: {},
  run: async (call) => {
    const answer = await call.edge().get<History>("/routes/history");
    const rows = answer.history.map(({ number, atMs, source, by, restoredFrom, hash }) => [
      ...[number, time(atMs), restoredFrom === undefined ? source : `${source} of ${restoredFrom}`, by, hash.slice(0, 12)],
    ]);
    call.output.answer(answer, () => [...table(["NUMBER", "WHEN", "FROM", "BY", "HASH"], rows), `${plural(rows.length, "document")} kept`]);
    return 0;
  },
};

export const routesRollback: Command = {
  name: "routes rollback",
  summary: "Put the document that was in force under number N back into force",
  operands: ["N"],
  options: {},
  notes: "It gets a new number, so a rollback can itself be rolled back.",
  run: async (call) => {
    const number = numberIn(operand(call, 0), "N", { least: 1, most: Number.MAX_SAFE_INTEGER });
    const change = await call
      .edge()
      .post<Change>("/routes/rollback", { number })
      .catch((error: unknown) => withIssues(call, error));
    call.output.answer(change, () => changeLines(change));
    return 0;
  },
};
