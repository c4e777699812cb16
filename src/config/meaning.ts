/** Checks that a schema cannot make: names that must exist, things that must agree. Reads the whole document, reports everything. */
import { type Catalogue, type Check, isSetAside } from "./catalogue.ts";
import { channelOf, isOpenTo } from "./ids.ts";
import { type ConfigIssue, error, issuesOf, warning } from "./issue.ts";
import { checkHandovers } from "./meaning-of-handovers.ts";
import { checkIntents } from "./meaning-of-intents.ts";
import { checkLinks } from "./meaning-of-links.ts";
import { checkIdentities, checkQuotas, checkRules } from "./meaning-of-rules.ts";
import { own } from "./own.ts";
import { accountOf } from "./routes.ts";
import type { PoolConfig, RoutesDocument } from "./schema.ts";

type AccountConfig = RoutesDocument["accounts"][string];

export const checkMeaning: Check = (document, catalogue) =>
  [checkAccounts, checkAddresses, checkPools, checkLinks, checkHandovers, checkIntents, checkRules, checkIdentities, checkQuotas].flatMap(
    (check) => check(document, catalogue),
  );

/** What of an account belongs to its channel: further fields, and the names under `secrets`. */
export function ownFields(account: AccountConfig): Readonly<Record<string, unknown>> {
  const { pool: _pool, region: _region, residency: _residency, scope: _scope, proactive: _proactive, ...fields } = account;
  return fields;
}

const checkAccounts: Check = (document, catalogue) =>
  Object.entries(document.accounts).flatMap(([id, account]) =>
    isSetAside(id, catalogue)
      ? [warning(["accounts", id], "does not load in this build: nothing is received for this account")]
      : [...checkChannel(id, account, catalogue), ...checkDefaultPool(id, account, document)],
  );

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

/** Of two accounts at one address nobody could say whose a message is. */
const checkAddresses: Check = (document, catalogue) => {
  const owners = new Map<string, string>();
  return Object.entries(document.accounts).flatMap(([id, account]) => {
    const channel = channelOf(id);
    const address = catalogue.addresses.get(channel)?.(accountOf(id, account));
    if (address === undefined || isSetAside(id, catalogue)) return [];
    const place = `${channel} ${address}`;
    const owner = owners.get(place);
    if (owner === undefined) owners.set(place, id);
    return owner === undefined
      ? []
      : [error(["accounts", id], `${owner} has the same address, ${address}: what is sent there could belong to either`)];
  });
};

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
