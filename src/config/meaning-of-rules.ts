/** The checks of rules, identities and quotas: the parts of a document that refer to accounts and pools by name. */
import type { Catalogue, Check } from "./catalogue.ts";
import { type ConfigIssue, error, warning } from "./issue.ts";
import { own } from "./own.ts";
import type { Condition, RoutesDocument } from "./schema.ts";

/** The trace calls the account's own pool so. */
const RESERVED_RULE = "default";

export const checkRules: Check = (document, catalogue) => {
  const seen = new Set<string>();
  return document.rules.flatMap((rule, index) => {
    const at = ["rules", index];
    const pool = own(document.pools, rule.pool) === undefined ? [error([...at, "pool"], `no pool is called ${rule.pool}`)] : [];
    const doubled = seen.has(rule.name) ? [error([...at, "name"], `another rule is called ${rule.name}`)] : [];
    const reserved = rule.name === RESERVED_RULE ? [error([...at, "name"], "default is what having no rule is called")] : [];
    seen.add(rule.name);
    return [...pool, ...doubled, ...reserved, ...checkCondition(rule.when, [...at, "when"], { document, catalogue })];
  });
};

interface Known {
  readonly document: RoutesDocument;
  readonly catalogue: Catalogue;
}

function checkCondition(when: Condition, at: readonly PropertyKey[], { document, catalogue }: Known): readonly ConfigIssue[] {
  const problem = when.pattern === undefined ? undefined : catalogue.patternProblem(when.pattern);
  const pattern = problem === undefined ? [] : [error([...at, "pattern"], problem)];
  const keywords = (when.keywords ?? []).flatMap((keyword, index) => {
    const reason = catalogue.keywordProblem(keyword);
    return reason === undefined ? [] : [error([...at, "keywords", index], reason)];
  });
  const accounts = listOf(when.account)
    .filter((id) => own(document.accounts, id) === undefined)
    .map((id) => error([...at, "account"], `no account is called ${id}`));
  const channels = listOf(when.channel)
    .filter((channel) => !catalogue.channels.has(channel) && !catalogue.planned.has(channel))
    .map((channel) => error([...at, "channel"], `no channel is called ${channel}`));
  return [...pattern, ...keywords, ...accounts, ...channels, ...checkIntent(when, at, document)];
}

function checkIntent(
  { intent, minConfidence }: Condition,
  at: readonly PropertyKey[],
  { intents }: RoutesDocument,
): readonly ConfigIssue[] {
  const unknown = listOf(intent)
    .filter((name) => own(intents, name) === undefined)
    .map((name) => error([...at, "intent"], `no intent is called ${name}`));
  if (intent?.length === 0) return [error([...at, "intent"], "names no intent: such a rule never matches")];
  const isAlone = minConfidence !== undefined && intent === undefined;
  return isAlone ? [error([...at, "minConfidence"], "is how sure of an intent: name the intent beside it")] : unknown;
}

const listOf = (value: string | readonly string[] | undefined): readonly string[] => [value ?? []].flat();

/** Merged people share one object, so their accounts must share a residency; nobody can be two people. */
export const checkIdentities: Check = (document) => {
  const owners = new Map<string, string>();
  return Object.entries(document.identities).flatMap(([person, ids]) => {
    const at = ["identities", person];
    const issues = ids.flatMap((id, index) => {
      const owner = owners.get(id);
      owners.set(id, person);
      if (owner !== undefined) return [error([...at, index], `is ${owner} already`)];
      return checkIdentity(document, id, [...at, index]);
    });
    const accounts = ids.map((id) => accountOf(document, id)).filter((account) => account !== undefined);
    const residencies = new Set(accounts.map((account) => account.residency));
    return residencies.size > 1 ? [...issues, error(at, "its accounts differ in residency")] : issues;
  });
};

const accountOf = (document: RoutesDocument, id: string) => own(document.accounts, id.slice(0, Math.max(0, id.indexOf("/"))));

function checkIdentity(document: RoutesDocument, id: string, at: readonly PropertyKey[]): readonly ConfigIssue[] {
  const account = accountOf(document, id);
  if (account === undefined || id.endsWith("/")) return [error(at, "write account/sender, with an account of this document")];
  if (account.scope === "person") return [];
  return [warning(at, `has no effect: the scope of its account is ${account.scope}, not person`)];
}

export const checkQuotas: Check = (document) => [
  ...Object.keys(document.limits.perAccount)
    .filter((id) => own(document.accounts, id) === undefined)
    .map((id) => error(["limits", "perAccount", id], `no account is called ${id}`)),
  ...Object.keys(document.limits.perPool)
    .filter((name) => own(document.pools, name) === undefined)
    .map((name) => error(["limits", "perPool", name], `no pool is called ${name}`)),
];
