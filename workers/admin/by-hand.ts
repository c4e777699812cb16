/**
 * What an operator enters in a platform's own pages: the callback's address and, where the platform wants it typed, the secret it
 * will ask for. Known without asking the platform, so it can be shown when that cannot be asked. Only for answers under the admin
 * bearer; it is never logged.
 */
import type { Env } from "../../durable-objects/env.ts";
import { envSecrets } from "../../durable-objects/runtime.ts";
import { channels } from "../../src/channels/registry.ts";
import type { Account } from "../../src/core/account.ts";
import { webhookUrlOf } from "./addresses.ts";

export interface ByHand {
  readonly callbackUrl: string | null;
  /** Only where an operator must type it; null while its variable is not set. */
  readonly verifyToken?: string | null;
  /** The variable that holds it. */
  readonly verifyVariable?: string;
  /** Where in the platform's pages. */
  readonly enterAt?: string;
}

export function byHandOf(env: Env, account: Account): ByHand {
  const callbackUrl = webhookUrlOf(env, account) ?? null;
  const registration = channels.get(account.channel)?.registration;
  if (registration?.isTyped !== true) return { callbackUrl };
  const verifyVariable = account.secrets[registration.purpose] ?? "";
  const verifyToken = envSecrets(env).get(verifyVariable)?.open() ?? null;
  const { typedAt } = registration;
  return { callbackUrl, verifyToken, verifyVariable, ...(typedAt === undefined ? {} : { enterAt: typedAt }) };
}
