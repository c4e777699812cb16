/** Which instances take the messages of an account, and by which link; and the same the other way round. Read from the document in force. */
import type { Env } from "../../durable-objects/env.ts";
import { isOpenTo } from "../../src/config/ids.ts";
import type { Routes } from "../../src/config/routes.ts";
import type { Account } from "../../src/core/account.ts";
import type { LinkName } from "../../src/core/link-name.ts";
import { linkOf } from "../../src/pipeline/link-of.ts";
import { apiRootOf } from "./addresses.ts";

export interface Linked {
  readonly link: LinkName;
  /** Where the instance's own calls go; null for a link that makes none, and while `PUBLIC_URL` is not set. */
  readonly apiRoot: string | null;
}

export interface LinkedInstance extends Linked {
  readonly name: string;
}

export interface LinkedAccount extends Linked {
  readonly account: string;
}

export const instancesOf = (env: Env, routes: Routes, account: Account): readonly LinkedInstance[] =>
  [...routes.instances.keys()].flatMap((name) => {
    const linked = linkedOf(env, routes, name, account);
    return linked === undefined ? [] : [{ name, ...linked }];
  });

export const accountsOf = (env: Env, routes: Routes, instance: string): readonly LinkedAccount[] =>
  [...routes.accounts.values()].flatMap((account) => {
    const linked = linkedOf(env, routes, instance, account);
    return linked === undefined ? [] : [{ account: account.id, ...linked }];
  });

function linkedOf(env: Env, routes: Routes, instance: string, account: Account): Linked | undefined {
  const link = linkOf(routes, instance, account.id)?.name;
  if (link === "native" || link === "poll") return { link, apiRoot: apiRootOf(env, account, instance) ?? null };
  return link !== undefined && isReached(routes, instance, account) ? { link, apiRoot: null } : undefined;
}

/** Any gateway could be asked over HTTP: those count that a message of the account can be sent to. */
function isReached({ pools, document }: Routes, instance: string, account: Account): boolean {
  const names = new Set([account.pool, ...document.rules.map((rule) => rule.pool)]);
  return [...names].some((name) => {
    const pool = pools.get(name);
    return pool?.instances.includes(instance) === true && isOpenTo(pool, account.channel);
  });
}
