/**
 * Text to routes document, or every reason why not, each with its path. Never half a document: an error anywhere means that
 * nothing of it is used. Warnings do not stop it.
 */
import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import { fail, ok, type Result } from "../core/result.ts";
import type { Catalogue } from "./catalogue.ts";
import { type ConfigIssue, pathOf } from "./issue.ts";
import { checkMeaning } from "./meaning.ts";
import { type RoutesDocument, routesSchema } from "./schema.ts";

/** A KV value may be 25 MiB; a document this large is a mistake, and refusing it is kinder than a slow isolate. */
export const MAX_DOCUMENT_BYTES = 1024 * 1024;

export interface LoadedRoutes {
  readonly document: RoutesDocument;
  readonly warnings: readonly ConfigIssue[];
}

export function loadRoutes(text: string, catalogue: Catalogue): Result<LoadedRoutes, readonly ConfigIssue[]> {
  if (text.length > MAX_DOCUMENT_BYTES) return fail([error("", `larger than ${MAX_DOCUMENT_BYTES} characters`)]);
  const parsed = parseJsonc(text);
  if (!parsed.ok) return parsed;
  const checked = routesSchema.safeParse(parsed.value);
  if (!checked.success) return fail(checked.error.issues.map((issue) => error(pathOf(issue.path), issue.message)));
  const issues = checkMeaning(checked.data, catalogue);
  if (issues.some((issue) => issue.level === "error")) return fail(issues);
  return ok({ document: checked.data, warnings: issues });
}

function parseJsonc(text: string): Result<unknown, readonly ConfigIssue[]> {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const first = errors[0];
  if (first !== undefined) {
    const line = text.slice(0, first.offset).split("\n").length;
    return fail([error("", `not JSON with comments: ${printParseErrorCode(first.error)} in line ${line}`)]);
  }
  return ok(value);
}

const error = (path: string, message: string): ConfigIssue => ({ level: "error", path, message });
