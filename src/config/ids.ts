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
