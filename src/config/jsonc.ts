/**
 * JSON with comments to a value, from a hand that slips: nesting is capped before anything recurses, and a key that is written
 * twice or is `__proto__` is an error at its place, where a parser would silently keep one or let it become the prototype.
 */
import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode, type SyntaxKind } from "jsonc-parser";
import { fail, ok, type Result } from "../core/result.ts";
import { type ConfigIssue, error } from "./issue.ts";

/** A routes document nests eight levels deep. */
export const MAX_DOCUMENT_DEPTH = 32;

/** Numbers of jsonc-parser's `SyntaxKind`, which is a `const enum` and does not exist at run time. */
const OPENERS: ReadonlySet<SyntaxKind> = new Set([1, 3]);
const CLOSERS: ReadonlySet<SyntaxKind> = new Set([2, 4]);
const END: SyntaxKind = 17;

export function parseJsonc(raw: string): Result<unknown, readonly ConfigIssue[]> {
  const text = raw.replace(/^\ufeff/, "");
  if (isDeeperThan(text, MAX_DOCUMENT_DEPTH)) return fail([error([], `nested deeper than ${MAX_DOCUMENT_DEPTH} levels`)]);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const first = errors[0];
  if (first !== undefined || root === undefined) return fail([error([], syntaxMessage(text, first))]);
  const issues: ConfigIssue[] = [];
  const value = valueIn(root, [], issues);
  return issues.length > 0 ? fail(issues) : ok(value);
}

function syntaxMessage(text: string, first: ParseError | undefined): string {
  if (first === undefined || text.trim() === "") return "the document is empty";
  const line = text.slice(0, first.offset).split("\n").length;
  return `not JSON with comments: ${printParseErrorCode(first.error)} in line ${line}`;
}

function isDeeperThan(text: string, maxDepth: number): boolean {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let kind = scanner.scan(); kind !== END; kind = scanner.scan()) {
    if (OPENERS.has(kind)) depth += 1;
    if (CLOSERS.has(kind)) depth -= 1;
    if (depth > maxDepth) return true;
  }
  return false;
}

function valueIn(node: Node, path: readonly PropertyKey[], issues: ConfigIssue[]): unknown {
  if (node.type === "array") return (node.children ?? []).map((child, index) => valueIn(child, [...path, index], issues));
  if (node.type === "object") return objectIn(node, path, issues);
  return node.value;
}

function objectIn(node: Node, path: readonly PropertyKey[], issues: ConfigIssue[]): Readonly<Record<string, unknown>> {
  const members = new Map<string, unknown>();
  for (const { children } of node.children ?? []) {
    const [key, value] = children ?? [];
    if (key === undefined || value === undefined) continue;
    const name = String(key.value);
    const at = [...path, name];
    if (name === "__proto__") issues.push(error(at, "no such field"));
    else if (members.has(name)) issues.push(error(at, "is written twice"));
    else members.set(name, valueIn(value, at, issues));
  }
  return Object.fromEntries(members);
}
