/** A routes document from a file, judged by the very code that the edge judges it with. Needs no edge. */
import { readFileSync } from "node:fs";
import { catalogue, patterns } from "../../durable-objects/config/catalogue.ts";
import type { IntentModel } from "../../src/classify/intents/model.ts";
import type { ConfigIssue } from "../../src/config/issue.ts";
import { type LoadedRoutes, loadRoutes } from "../../src/config/load.ts";
import { buildRoutes } from "../../src/config/routes.ts";
import { textOf } from "../../src/core/bytes.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";
import type { ExplainParts } from "../../src/routing/explain.ts";
import { buildRouter } from "../../src/routing/router.ts";
import { CliFailure, usageError } from "./failure.ts";
import { type Issue, issueLines } from "./issues.ts";

/** A routes document. */
export function readFile(file: string): string {
  const text = textIn(file);
  if (!text.ok) throw usageError(`${text.problem}. Name a routes document, or - for standard input`);
  return text.value;
}

/** A file that an option names. */
export function readOption(option: string, file: string): string {
  const text = textIn(file);
  if (!text.ok) throw usageError(`--${option}: ${text.problem}`);
  return text.value;
}

export function textIn(file: string): Result<string, string> {
  try {
    const text = textOf(readFileSync(file === "-" ? 0 : file));
    // ASCII as UTF-16 is UTF-8 too, with a zero beside each letter.
    return text === undefined || text.includes("\0") ? fail(`${file} is not UTF-8 text; save it as UTF-8`) : ok(text);
  } catch (error) {
    return fail(`cannot read ${file} (${reasonOf(error)})`);
  }
}

/** `ENOENT: no such file or directory`: the path is said already. */
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message.replace(/, \w+(?: '.*')?$/s, "") : String(error));

export const loadText = (text: string): Result<LoadedRoutes, readonly ConfigIssue[]> => loadRoutes(text, catalogue);

/** For commands that cannot go on with a document that is not valid. */
export function loadFile(file: string): LoadedRoutes {
  const loaded = loadText(readFile(file));
  if (!loaded.ok) throw invalid(file, loaded.problem);
  return loaded.value;
}

export const invalid = (file: string, issues: readonly Issue[]): CliFailure =>
  new CliFailure(1, `${file} is not valid:\n${issueLines(issues).join("\n")}`, { valid: false, issues });

export function partsOf({ document }: LoadedRoutes, intents?: IntentModel): ExplainParts {
  return { routes: buildRoutes(0, document), router: buildRouter(document, patterns, intents), intents };
}
