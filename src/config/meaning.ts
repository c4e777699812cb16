/** Checks that a schema cannot make: names that must exist, things that must agree. Reads the whole document, reports everything. */
import type { Catalogue, Check } from "./catalogue.ts";
import { type ConfigIssue, error, issuesOf, warning } from "./issue.ts";
import { checkIdentities, checkQuotas, checkRules } from "./meaning-of-rules.ts";
import { own } from "./own.ts";
import type { PoolConfig, RoutesDocument } from "./schema.ts";

type AccountConfig = RoutesDocument["accounts"][string];

export const checkMeaning: Check = (document, catalogue) =>
  [checkAccounts, checkPools, checkStrangers, checkLinks, checkRules, checkIdentities, checkQuotas].flatMap((check) =>
    check(document, catalogue),
  );

export const channelOf = (accountId: string): string => accountId.slice(0, accountId.indexOf(":"));

/** What of an account belongs to its channel: further fields, and the names under `secrets`. */
export function ownFields(account: AccountConfig): Readonly<Record<string, unknown>> {
  const { pool: _pool, region: _region, residency: _residency, scope: _scope, proactive: _proactive, ...fields } = account;
  return fields;
}

const isOpenTo = (pool: PoolConfig, channel: string): boolean => pool.channels === undefined || pool.channels.includes(channel);

const checkAccounts: Check = (document, catalogue) =>
  Object.entries(document.accounts).flatMap(([id, account]) => [
    ...checkChannel(id, account, catalogue),
    ...checkDefaultPool(id, account, document),
  ]);

function checkChannel(id: string, account: AccountConfig, catalogue: Catalogue): readonly ConfigIssue[] {
  const channel = channelOf(id);
  const at = ["accounts", id];
  const fields = catalogue.channels.get(channel);
  if (fields !== undefined) {
    const checked = fields.safeParse(ownFields(account));
    return checked.success ? [] : issuesOf(checked.error.issues, at);
  }
  if (!catalogue.planned.has(channel)) return [error(at, `no channel is called ${channel}`)];
  return [warning(at, `the channel ${channel} is not built yet: nothing is received for this account`)];
}

function checkDefaultPool(id: string, account: AccountConfig, document: RoutesDocument): readonly ConfigIssue[] {
  const at = ["accounts", id, "pool"];
  const pool = own(document.pools, account.pool);
  if (pool === undefined) return [error(at, `no pool is called ${account.pool}`)];
  return isOpenTo(pool, channelOf(id)) ? [] : [error(at, `the pool ${account.pool} is closed to the channel ${channelOf(id)}`)];
}

const checkPools: Check = (document, catalogue) =>
  Object.entries(document.pools).flatMap(([poolName, pool]) => {
    const at = ["pools", poolName];
    const members = pool.instances.flatMap((instance, index) => {
      const here = [...at, "instances", index];
      if (own(document.instances, instance) === undefined) return [error(here, `no instance is called ${instance}`)];
      return pool.instances.indexOf(instance) === index ? [] : [error(here, `${instance} is listed twice`)];
    });
    const channels = (pool.channels ?? []).flatMap((channel, index) =>
      catalogue.channels.has(channel) || catalogue.planned.has(channel)
        ? []
        : [error([...at, "channels", index], `no channel is called ${channel}`)],
    );
    return [...members, ...channels, ...checkStrategy(pool, [...at, "strategy"], catalogue)];
  });

function checkStrategy(pool: PoolConfig, at: readonly PropertyKey[], catalogue: Catalogue): readonly ConfigIssue[] {
  const { name, ...options } = typeof pool.strategy === "string" ? { name: pool.strategy } : pool.strategy;
  const schema = catalogue.strategies.get(name);
  if (schema === undefined) return [error(at, `no strategy is called ${name}: ${[...catalogue.strategies.keys()].join(", ")}`)];
  const checked = schema.safeParse(options);
  if (!checked.success) return issuesOf(checked.error.issues, at);
  const named: unknown = checked.data["instance"];
  if (typeof named !== "string" || pool.instances.includes(named)) return [];
  return [error([...at, "instance"], `${named} is not an instance of this pool`)];
}

const checkStrangers: Check = (document) =>
  Object.entries(document.instances).flatMap(([name, instance]) =>
    Object.keys(instance.native)
      .filter((account) => own(document.accounts, account) === undefined)
      .map((account) => warning(["instances", name, "native", account], `no account is called ${account}`)),
  );

/** Every instance of a pool must have a link for every account that can reach the pool. */
const checkLinks: Check = (document, catalogue) => {
  const rulePools = new Set(document.rules.map((rule) => rule.pool));
  return Object.entries(document.accounts)
    .filter(([id]) => catalogue.native.has(channelOf(id)))
    .flatMap(([id, account]) => [
      ...unlinked(document, id, account.pool).map(({ at, message }) => error(at, message)),
      ...unlinkedByRules(
        document,
        id,
        [...rulePools].filter((pool) => pool !== account.pool),
      ),
    ]);
};

/** One warning for each account: a large document with many pools would otherwise have accounts times pools of them. */
function unlinkedByRules(document: RoutesDocument, account: string, pools: readonly string[]): readonly ConfigIssue[] {
  const [first, ...others] = pools.flatMap((pool) => unlinked(document, account, pool).slice(0, 1));
  if (first === undefined) return [];
  return [warning(first.at, others.length === 0 ? first.message : `${first.message}, and so with ${others.length} more pools`)];
}

function unlinked(document: RoutesDocument, account: string, poolName: string) {
  const pool = own(document.pools, poolName);
  if (pool === undefined || !isOpenTo(pool, channelOf(account))) return [];
  return pool.instances
    .filter((name) => {
      const instance = own(document.instances, name);
      return instance !== undefined && own(instance.native, account) === undefined;
    })
    .map((name) => ({
      at: ["instances", name, "native"],
      message: `no link for ${account}, whose messages can reach the pool ${poolName}`,
    }));
}
