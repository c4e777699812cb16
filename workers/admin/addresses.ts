/** The addresses of this edge that others are configured with: where a platform delivers, and where an instance's own calls go. */
import type { Env } from "../../durable-objects/env.ts";
import type { Account } from "../../src/core/account.ts";

const rootOf = ({ PUBLIC_URL }: Env): string | undefined => PUBLIC_URL?.replace(/\/+$/, "");

/** Undefined while `PUBLIC_URL` is not set. */
export function webhookUrlOf(env: Env, account: Account): string | undefined {
  const root = rootOf(env);
  return root === undefined ? undefined : `${root}/webhooks/${account.channel}/${account.name}`;
}

/** What a gateway gets as the root of its platform's API, without the token. Undefined while `PUBLIC_URL` is not set. */
export function apiRootOf(env: Env, account: Account, instance: string): string | undefined {
  const root = rootOf(env);
  return root === undefined ? undefined : `${root}/egress/${account.channel}/${account.name}/${instance}`;
}
