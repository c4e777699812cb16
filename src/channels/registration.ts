/**
 * The contract for an account's webhook at the platform: what it should be, how to read what it is, and every field in
 * which the two differ. Pure; the Bot object does the calls with the account's token.
 */
import type { Account } from "../core/account.ts";
import type { PlatformCall } from "./channel.ts";

export interface WebhookState {
  /** Field to value, in the platform's own names; secrets are never here. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly pendingCount?: number;
  readonly lastError?: { readonly message: string; readonly atMs: number };
}

export interface WebhookDifference {
  readonly field: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

export interface Registration {
  /** Purpose of the secret the platform is given: `webhook`, `verify`. */
  readonly purpose: string;
  /** An operator must type that secret into the platform's own pages, so it is shown to whoever has the admin token. */
  readonly isTyped?: boolean;
  /** Where in those pages it is typed, and what else is chosen there: a sentence for the operator. */
  readonly typedAt?: string;
  /** What the platform should have for this account when the edge lives at `publicUrl`. */
  readonly expected: (account: Account, publicUrl: string) => WebhookState;
  /** The call that reads the present state, and how its result reads. */
  readonly show: PlatformCall;
  readonly read: (result: unknown) => WebhookState;
  /** The call that makes it so; `secret` is the webhook secret in the open. */
  readonly set: (account: Account, publicUrl: string, secret: string) => PlatformCall;
  readonly differences: (expected: WebhookState, actual: WebhookState) => readonly WebhookDifference[];
}
