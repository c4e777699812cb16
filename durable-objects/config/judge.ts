/** A text becomes a verdict for the Config object, or a snapshot for an isolate: the same loader, so that they agree. Never throws. */
import type { Catalogue } from "../../src/config/catalogue.ts";
import type { ConfigIssue } from "../../src/config/issue.ts";
import { type LoadedRoutes, loadRoutes, MAX_DOCUMENT_BYTES } from "../../src/config/load.ts";
import { buildRoutes } from "../../src/config/routes.ts";
import { utf8 } from "../../src/core/bytes.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";
import type { Snapshot } from "../../src/pipeline/snapshot.ts";
import { buildRouter } from "../../src/routing/router.ts";
import { catalogue, patterns } from "./catalogue.ts";
import type { AcceptedCopy } from "./kv.ts";
import type { Verdict } from "./state.ts";
import { type Kept, readKept } from "./yesterday.ts";

export function judge(text: string, known: Catalogue = catalogue): Verdict {
  const loaded = load(text, known);
  if (!loaded.ok) return { ok: false, issues: loaded.problem };
  const { instances, pools } = loaded.value.document;
  const members = Object.fromEntries(Object.entries(pools).map(([name, pool]) => [name, pool.instances]));
  return { ok: true, warnings: loaded.value.warnings, instances: Object.keys(instances), pools: members };
}

export interface Compiled {
  readonly snapshot: Snapshot;
  /** Accounts that do not load in this build, and so are not in the snapshot. */
  readonly setAside: readonly string[];
  /** Why the document does not load as it is. */
  readonly reason?: string | undefined;
}

/** The problem is the first reason, with its path. A document accepted by older code can have one. */
export function compile(copy: AcceptedCopy): Result<Compiled, string> {
  const kept = reread(copy.text);
  if (!kept.ok) return fail(firstOf(kept.problem) ?? "");
  try {
    const { document, setAside, issues } = kept.value;
    const snapshot = { routes: buildRoutes(copy.number, document, copy), router: buildRouter(document, patterns) };
    return ok({ snapshot, setAside, reason: firstOf(issues) });
  } catch (error) {
    return fail(`cannot be compiled: ${describe(error)}`);
  }
}

/** What was accepted once, as this build can serve it. */
export const reread = (text: string): Result<Kept, readonly ConfigIssue[]> =>
  readKept(text, (setAside) => load(text, { ...catalogue, setAside }));

const firstOf = (issues: readonly ConfigIssue[]): string | undefined => {
  const first = issues.find((issue) => issue.level === "error");
  return first === undefined ? undefined : `${first.path}: ${first.message}`;
};

/** An operator's text must not be able to stop the object: brackets nested a million deep exhaust a parser's stack. */
function load(text: string, known: Catalogue): Result<LoadedRoutes, readonly ConfigIssue[]> {
  const bytes = text.length > MAX_DOCUMENT_BYTES ? text.length : utf8(text).length;
  if (bytes > MAX_DOCUMENT_BYTES) return refuse(`larger than ${MAX_DOCUMENT_BYTES} bytes`);
  try {
    return loadRoutes(text, known);
  } catch (error) {
    return refuse(`cannot be read: ${describe(error)}`);
  }
}

const refuse = (message: string): Result<never, readonly ConfigIssue[]> => fail([{ level: "error", path: "", message }]);

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));
