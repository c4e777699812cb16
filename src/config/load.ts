/**
 * Text to routes document, or every reason why not, each with its path. Never half a document: an error anywhere means that
 * nothing of it is used. Warnings do not stop it.
 */
import { fail, ok, type Result } from "../core/result.ts";
import { type Catalogue, isSetAside } from "./catalogue.ts";
import { channelOf } from "./ids.ts";
import { type ConfigIssue, error, issuesOf } from "./issue.ts";
import { parseJsonc } from "./jsonc.ts";
import { checkMeaning, ownFields } from "./meaning.ts";
import { type RoutesDocument, routesSchema } from "./schema.ts";

/** A KV value may be 25 MiB; a document this large is a mistake, and refusing it is kinder than a slow isolate. */
export const MAX_DOCUMENT_BYTES = 1024 * 1024;

/** Nobody reads more; the last one says how many there are. */
export const MAX_ISSUES = 100;

export interface LoadedRoutes {
  readonly document: RoutesDocument;
  readonly warnings: readonly ConfigIssue[];
}

export function loadRoutes(text: string, catalogue: Catalogue): Result<LoadedRoutes, readonly ConfigIssue[]> {
  if (text.length > MAX_DOCUMENT_BYTES)
    return fail([error([], `larger than ${MAX_DOCUMENT_BYTES} characters: examples of intents can stand in files beside it`)]);
  const parsed = parseJsonc(text);
  if (!parsed.ok) return fail(capped(parsed.problem));
  const checked = routesSchema.safeParse(parsed.value);
  if (!checked.success) return fail(capped(issuesOf(checked.error.issues)));
  const issues = checkMeaning(checked.data, catalogue);
  const errors = issues.filter((issue) => issue.level === "error");
  const warnings = issues.filter((issue) => issue.level === "warning");
  if (errors.length > 0) return fail(capped([...errors, ...warnings]));
  return ok({ document: withChannelFields(checked.data, catalogue), warnings: capped(warnings) });
}

function capped(issues: readonly ConfigIssue[]): readonly ConfigIssue[] {
  const [first] = issues;
  if (first === undefined || issues.length <= MAX_ISSUES) return issues;
  const rest = issues.length - MAX_ISSUES + 1;
  return [...issues.slice(0, MAX_ISSUES - 1), { level: first.level, path: "", message: `and ${rest} more like these` }];
}

/** Accounts as their channel's own schema reads them: its defaults are in the document that is in force. Those set aside are not in it. */
function withChannelFields(document: RoutesDocument, catalogue: Catalogue): RoutesDocument {
  const served = Object.entries(document.accounts).filter(([id]) => !isSetAside(id, catalogue));
  const accounts = served.map(([id, account]) => {
    const fields = catalogue.channels.get(channelOf(id))?.parse(ownFields(account));
    return [id, { ...account, ...fields }] as const;
  });
  return { ...document, accounts: Object.fromEntries(accounts) };
}
