/** Limits across conversations, whoever keeps them. */
import type { BucketRule } from "../core/token-bucket.ts";

export type QuotaVerdict = { readonly isAllowed: true } | { readonly isAllowed: false; readonly retryAfterMs: number };

/** Limits across conversations (per account, per pool). One contract suite holds every implementation. */
export interface Quota {
  /** Takes one unit of `name`. A backend that is slow or down answers by the configured policy, and never throws. */
  take(name: string, rule: BucketRule): Promise<QuotaVerdict>;
}
