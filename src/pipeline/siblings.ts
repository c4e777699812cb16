/**
 * Accounts of one app share a callback, so a delivery to one may speak of another. It may, where the same variable holds the secret
 * that verified it: then the same app signed for both. Anything else is a stranger's.
 */
import type { Account } from "../core/account.ts";
import type { Setting } from "./keep.ts";

/** Under which name a stranger's messages are acknowledged and counted. */
export const FOREIGN = "foreign-address";

export function accountAt(address: string | undefined, home: Pick<Setting, "account" | "channel" | "snapshot">): Account | undefined {
  const { account, channel, snapshot } = home;
  const { siblings } = channel;
  if (address === undefined) return account;
  if (siblings === undefined) return undefined;
  const variable = account.secrets[siblings.purpose];
  return [...snapshot.routes.accounts.values()].find(
    (other) => other.channel === channel.name && siblings.addressOf(other) === address && other.secrets[siblings.purpose] === variable,
  );
}
