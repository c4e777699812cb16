/**
 * Every foreseen failure of the journey, each with its facts. `workers/wire.ts` alone decides what an outsider learns of it;
 * the log carries the whole. Add an arm here and the compiler finds the places that must answer.
 */
export type Problem =
  /** Before verification: the platform is told 4xx, and nothing is stored. */
  | { readonly kind: "unknown-account"; readonly account: string }
  | { readonly kind: "unverified"; readonly account: string; readonly reason: UnverifiedReason }
  | { readonly kind: "shielded"; readonly account: string; readonly retryAfterMs: number }
  | { readonly kind: "body-too-large"; readonly maxBytes: number }
  | { readonly kind: "body-encoded"; readonly encoding: string }
  | { readonly kind: "body-unreadable"; readonly detail: string }
  /** After verification: 2xx with an empty body, and the terminal state `rejected:<reason>`. */
  | { readonly kind: "rejected"; readonly reason: RejectedReason; readonly detail: string }
  /** We cannot keep it: 503 with Retry-After, so that the platform keeps it for us. */
  | { readonly kind: "unconfigured"; readonly detail: string; readonly retryAfterMs: number }
  | { readonly kind: "unstored"; readonly detail: string; readonly retryAfterMs: number }
  /** More than one isolate works on at once, or than this account's share of it. */
  | { readonly kind: "overloaded"; readonly account: string; readonly retryAfterMs: number };

export type UnverifiedReason = "missing" | "mismatch" | "malformed" | "no-secret" | "stale";

export type RejectedReason = "not-utf8" | "not-json" | "too-deep" | "bad-shape";
