/** Limits across conversations, whoever keeps them. */
import type { BucketRule } from "../core/token-bucket.ts";

export type QuotaVerdict =
  | { readonly isAllowed: true }
  /** `isUnknown`: the backend could not be asked, and the policy is closed. The platform must keep the message. */
  | { readonly isAllowed: false; readonly retryAfterMs: number; readonly isUnknown?: true };

/** Limits across conversations (per account, per pool). One contract suite holds every implementation. */
export interface Quota {
  /** Takes one unit of `name`. A backend that is slow or down answers by the configured policy, and never throws. */
  take(name: string, rule: BucketRule): Promise<QuotaVerdict>;
}
