/** What ids and pools of a document say by themselves. */
import type { PoolConfig } from "./schema.ts";

export const channelOf = (accountId: string): string => accountId.slice(0, accountId.indexOf(":"));

export const isOpenTo = (pool: PoolConfig, channel: string): boolean => pool.channels === undefined || pool.channels.includes(channel);
