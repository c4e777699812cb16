/** What ids, pools and instances of a document say by themselves. */
import type { InstanceConfig, PoolConfig } from "./schema.ts";

export const channelOf = (accountId: string): string => accountId.slice(0, accountId.indexOf(":"));

export const isOpenTo = (pool: PoolConfig, channel: string): boolean => pool.channels === undefined || pool.channels.includes(channel);

/** How the edge shows itself to a gateway's /v1: one that has a shared token has no other mode. */
export const chatAuthOf = ({ chat, secrets }: InstanceConfig): "trusted-proxy" | "token" =>
  chat.auth ?? (secrets.gateway === undefined ? "trusted-proxy" : "token");
