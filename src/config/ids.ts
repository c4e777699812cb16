/** What ids, pools and instances of a document say by themselves. */
import { own } from "./own.ts";
import type { InstanceConfig, PoolConfig, RoutesDocument } from "./schema.ts";

export const channelOf = (accountId: string): string => accountId.slice(0, accountId.indexOf(":"));

export const isOpenTo = (pool: PoolConfig, channel: string): boolean => pool.channels === undefined || pool.channels.includes(channel);

/** Whether a message of this account can end in this pool: by itself, or because some rule sends there. */
export const canReach = (document: RoutesDocument, account: string, name: string, pool: PoolConfig): boolean =>
  isOpenTo(pool, channelOf(account)) &&
  (own(document.accounts, account)?.pool === name || document.rules.some((rule) => rule.pool === name));

/** How the edge shows itself to a gateway's /v1: one that has a shared token has no other mode. */
export const chatAuthOf = ({ chat, secrets }: InstanceConfig): "trusted-proxy" | "token" =>
  chat.auth ?? (secrets.gateway === undefined ? "trusted-proxy" : "token");

/** All that a turn needs; anything more is the operator's. */
const NARROW_SCOPE = "operator.write";

export const hasNarrowScopes = ({ chat }: InstanceConfig): boolean => chat.scopes.every((scope) => scope === NARROW_SCOPE);

/** Whether a turn in this pool may be asked of this instance: with an agent and narrowed scopes, or because the pool accepts more. */
export const mayAsk = (pool: PoolConfig, instance: InstanceConfig): boolean =>
  pool.acceptsOperatorAuthority || (pool.agent !== undefined && chatAuthOf(instance) === "trusted-proxy" && hasNarrowScopes(instance));
