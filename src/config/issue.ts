/** One thing that is wrong with a routes document, at its place in it; and how the schema's findings become such things. */
import type * as z from "zod/mini";
import "../core/english.ts";

export interface ConfigIssue {
  readonly level: "error" | "warning";
  /** Dotted, as an operator would look for it: `pools.support.instances[0]`. Empty for the whole document. */
  readonly path: string;
  readonly message: string;
}

export const pathOf = (segments: readonly PropertyKey[]): string =>
  segments.reduce<string>((path, segment) => {
    if (typeof segment === "number") return `${path}[${segment}]`;
    return path === "" ? String(segment) : `${path}.${String(segment)}`;
  }, "");

export const error = (path: readonly PropertyKey[], message: string): ConfigIssue => ({ level: "error", path: pathOf(path), message });
export const warning = (path: readonly PropertyKey[], message: string): ConfigIssue => ({ level: "warning", path: pathOf(path), message });

type SchemaIssue = z.core.$ZodIssue;

/** The schema's findings as errors at the key that is meant: of a union the alternative that got furthest speaks for it. */
export function issuesOf(issues: readonly SchemaIssue[], at: readonly PropertyKey[] = []): readonly ConfigIssue[] {
  return issues.flatMap((issue) => {
    const path = [...at, ...issue.path];
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => error([...path, key], "no such field"));
    if (issue.code === "invalid_key") return [error(path, issue.issues[0]?.message ?? issue.message)];
    if (issue.code === "invalid_union") return issuesOf(furthest(issue.errors), path);
    return [error(path, issue.message)];
  });
}

const depthOf = (issues: readonly SchemaIssue[]): number => issues.reduce((deepest, issue) => Math.max(deepest, issue.path.length), 0);

const furthest = (alternatives: readonly (readonly SchemaIssue[])[]): readonly SchemaIssue[] =>
  alternatives.reduce((best, other) => (depthOf(other) >= depthOf(best) ? other : best), []);
