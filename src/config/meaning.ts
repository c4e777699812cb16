/** Checks that a schema cannot make: names that must exist, things that must agree. Reads the whole document, reports everything. */
import type { Catalogue } from "./catalogue.ts";
import { type ConfigIssue, pathOf } from "./issue.ts";
import type { Condition, RoutesDocument } from "./schema.ts";

type Check = (document: RoutesDocument, catalogue: Catalogue) => readonly ConfigIssue[];

export const checkMeaning: Check = (document, catalogue) =>
  [checkAccounts, checkPools, checkInstances, checkRules, checkIdentities, checkQuotas].flatMap((check) => check(document, catalogue));

const error = (path: readonly PropertyKey[], message: string): ConfigIssue => ({ level: "error", path: pathOf(path), message });
const warning = (path: readonly PropertyKey[], message: string): ConfigIssue => ({ level: "warning", path: pathOf(path), message });

export const channelOf = (accountId: string): string => accountId.slice(0, accountId.indexOf(":"));

const checkAccounts: Check = (document, catalogue) =>
  Object.entries(document.accounts).flatMap(([id, account]) => {
    const at = ["accounts", id];
    const issues = checkChannel(id, account, catalogue);
    const pool = document.pools[account.pool];
    if (pool === undefined) return [...issues, error([...at, "pool"], `no pool is called ${account.pool}`)];
    if (pool.channels !== undefined && !pool.channels.includes(channelOf(id))) {
      return [...issues, error([...at, "pool"], `the pool ${account.pool} is closed to the channel ${channelOf(id)}`)];
    }
    return issues;
  });

function checkChannel(id: string, account: RoutesDocument["accounts"][string], catalogue: Catalogue): readonly ConfigIssue[] {
  const channel = channelOf(id);
  const fields = catalogue.channels.get(channel);
  if (fields === undefined) {
    if (catalogue.planned.has(channel))
      return [warning(["accounts", id], `the channel ${channel} is not built yet: nothing is received for this account`)];
    return [error(["accounts", id], `no channel is called ${channel}`)];
  }
  const { pool: _pool, region: _region, residency: _residency, scope: _scope, proactive: _proactive, ...own } = account;
  const checked = fields.safeParse(own);
  return checked.success ? [] : checked.error.issues.map((issue) => error(["accounts", id, ...issue.path], issue.message));
}

const checkPools: Check = (document, catalogue) =>
  Object.entries(document.pools).flatMap(([poolName, pool]) => {
    const at = ["pools", poolName];
    const missing = pool.instances.flatMap((instance, index) =>
      document.instances[instance] === undefined ? [error([...at, "instances", index], `no instance is called ${instance}`)] : [],
    );
    const doubled =
      new Set(pool.instances).size === pool.instances.length ? [] : [error([...at, "instances"], "an instance is listed twice")];
    return [...missing, ...doubled, ...checkStrategy(pool.strategy, [...at, "strategy"], catalogue)];
  });

function checkStrategy(
  strategy: string | { readonly name: string },
  at: readonly PropertyKey[],
  catalogue: Catalogue,
): readonly ConfigIssue[] {
  const { name, ...options } = typeof strategy === "string" ? { name: strategy } : strategy;
  const schema = catalogue.strategies.get(name);
  if (schema === undefined) return [error(at, `no strategy is called ${name}: ${[...catalogue.strategies.keys()].join(", ")}`)];
  const checked = schema.safeParse(options);
  return checked.success ? [] : checked.error.issues.map((issue) => error([...at, ...issue.path], issue.message));
}

/** Every instance of a pool must have a link for every account that can reach the pool. */
const checkInstances: Check = (document) => {
  const linked = Object.entries(document.instances).flatMap(([name, instance]) =>
    Object.keys(instance.native).flatMap((account) =>
      document.accounts[account] === undefined ? [warning(["instances", name, "native", account], `no account is called ${account}`)] : [],
    ),
  );
  const unlinked = Object.entries(document.accounts).flatMap(([id, account]) => unlinkedInstances(document, id, account.pool));
  return [...linked, ...unlinked];
};

function unlinkedInstances(document: RoutesDocument, account: string, defaultPool: string): readonly ConfigIssue[] {
  if (channelOf(account) !== "telegram") return [];
  const pools = new Set([defaultPool, ...document.rules.map((rule) => rule.pool)]);
  return [...pools].flatMap((poolName) => {
    const pool = document.pools[poolName];
    if (pool?.channels !== undefined && !pool.channels.includes(channelOf(account))) return [];
    return (pool?.instances ?? []).flatMap((name) => {
      const instance = document.instances[name];
      if (instance === undefined || instance.native[account] !== undefined) return [];
      const level = poolName === defaultPool ? error : warning;
      return [level(["instances", name, "native"], `no link for ${account}, whose messages can reach the pool ${poolName}`)];
    });
  });
}

const checkRules: Check = (document, catalogue) => {
  const names = document.rules.map((rule) => rule.name);
  return document.rules.flatMap((rule, index) => {
    const at = ["rules", index];
    const pool = document.pools[rule.pool] === undefined ? [error([...at, "pool"], `no pool is called ${rule.pool}`)] : [];
    const doubled = names.indexOf(rule.name) === index ? [] : [error([...at, "name"], `another rule is called ${rule.name}`)];
    return [...pool, ...doubled, ...checkCondition(rule.when, [...at, "when"], { document, catalogue })];
  });
};

function checkCondition(
  when: Condition,
  at: readonly PropertyKey[],
  known: { document: RoutesDocument; catalogue: Catalogue },
): readonly ConfigIssue[] {
  const problem = when.pattern === undefined ? undefined : known.catalogue.patternProblem(when.pattern);
  const pattern = problem === undefined ? [] : [error([...at, "pattern"], problem)];
  const strangers = [when.account ?? []].flat().filter((account) => known.document.accounts[account] === undefined);
  return [...pattern, ...strangers.map((account) => error([...at, "account"], `no account is called ${account}`))];
}

/** Merged people share one object, so their accounts must share a residency; nobody can be two people. */
const checkIdentities: Check = (document) => {
  const owners = new Map<string, string>();
  return Object.entries(document.identities).flatMap(([person, ids]) => {
    const residencies = new Set(ids.map((id) => document.accounts[id.slice(0, id.indexOf("/"))]?.residency));
    const issues = ids.flatMap((id, index) => {
      const at = ["identities", person, index];
      const other = owners.get(id);
      owners.set(id, person);
      if (other !== undefined) return [error(at, `is ${other} already`)];
      return document.accounts[id.slice(0, id.indexOf("/"))] === undefined
        ? [error(at, "write account/sender, with an account of this document")]
        : [];
    });
    return residencies.size > 1 ? [...issues, error(["identities", person], "its accounts differ in residency")] : issues;
  });
};

const checkQuotas: Check = (document) => [
  ...Object.keys(document.limits.perAccount)
    .filter((id) => document.accounts[id] === undefined)
    .map((id) => error(["limits", "perAccount", id], `no account is called ${id}`)),
  ...Object.keys(document.limits.perPool)
    .filter((name) => document.pools[name] === undefined)
    .map((name) => error(["limits", "perPool", name], `no pool is called ${name}`)),
];
