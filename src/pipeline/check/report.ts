/** What `instance check` finds: one line per thing looked at, with what to do where it is not well. Never a secret. */
export type CheckStatus = "ok" | "warn" | "fail" | "unknown";

export interface CheckLine {
  readonly check: string;
  readonly status: CheckStatus;
  readonly detail: string;
  readonly fix?: string;
}

/** Whether what strangers write may be handed to this instance for a pool whose agent is asked over /v1. */
export interface PoolVerdict {
  readonly name: string;
  /** `accepted`: least privilege is not proven, and the document says that this is known. */
  readonly verdict: "ok" | "accepted" | "refused";
  readonly reason: string;
}

export const good = (check: string, detail: string): CheckLine => ({ check, status: "ok", detail });
export const unknown = (check: string, detail: string, fix: string): CheckLine => ({ check, status: "unknown", detail, fix });
export const warn = (check: string, detail: string, fix: string): CheckLine => ({ check, status: "warn", detail, fix });
export const bad = (check: string, detail: string, fix: string): CheckLine => ({ check, status: "fail", detail, fix });
